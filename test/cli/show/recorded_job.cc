#include "test/cli/show/recorded_job.h"

#include <google/protobuf/util/json_util.h>

#include <stdexcept>
#include <string>

namespace mlp::cli {
namespace {

constexpr const char* kSubmitted = R"({
  "id": "job-1", "state": "JOB_STATE_PENDING", "createTime": "2024-05-31T12:00:00Z",
  "spec": {"dataset": "letters", "rounds": 2, "epochs": 10, "hiddenLayerSizes": [20],
           "activation": "ACTIVATION_UNRECTIFIED_RELU", "precision": "PRECISION_FLOAT64",
           "learningRate": 0.0001, "tolerance": 0.2, "policy": "POLICY_PULL", "maxRetries": 100,
           "initialization": "INITIALIZATION_REFERENCE", "seed": 1},
  "model": {"layerSizes": [16, 20, 26], "activation": "ACTIVATION_UNRECTIFIED_RELU"},
  "shards": 2, "trainingRows": 3000})";

constexpr const char* kFinished = R"({
  "state": "JOB_STATE_SUCCEEDED", "startTime": "2024-05-31T12:00:02Z",
  "endTime": "2024-05-31T12:00:10Z", "roundsDone": 2,
  "validation": {"rowsSource": "validate_letters.txt", "rows": 3500, "wrongRows": 1166,
                 "error": 0.33314285714285713, "loss": 4000},
  "statistics": {"attempts": 6, "rejections": 1, "failures": 1, "computeTime": "4s",
                 "heldUpTime": "0.500s"},
  "modelDigest": "c0ffee"})";

constexpr const char* kEvents[] = {
    R"("00Z", "nodeJoined": {"node": "a"})",
    R"("00Z", "waiting": {"reason": "no node is up"})",
    R"("02Z", "waiting": {})",
    R"("02Z", "stateChanged": {"state": "JOB_STATE_RUNNING"})",
    R"("02Z", "round": 1, "roundStarted": {"shards": 2})",
    R"("02Z", "round": 1, "attemptDispatched": {"attempt": 1, "shard": 0, "node": "a"})",
    R"("02Z", "round": 1, "attemptDispatched": {"attempt": 2, "shard": 1, "node": "b"})",
    R"("03Z", "round": 1, "attemptFinished": {"attempt": 1, "shard": 0, "node": "a"})",
    R"("03Z", "nodeLeft": {"node": "b", "reason": "connection reset"})",
    R"("03Z", "round": 1, "attemptFailed": {"attempt": 2, "shard": 1, "node": "b",
                                            "reason": "node b is gone"})",
    R"("04Z", "nodeJoined": {"node": "c"})",
    R"("05Z", "round": 1, "attemptRejected": {"attempt": 3, "shard": 1, "node": "c"})",
    R"("06Z", "round": 1, "attemptFinished": {"attempt": 4, "shard": 1, "node": "c"})",
    R"("06Z", "round": 1, "roundFinished": {"trainingError": 0.5, "epochsRun": 20})",
    R"("06Z", "round": 2, "roundStarted": {"shards": 2})",
    R"("07Z", "round": 1, "roundValidated": {"validation": {"rows": 3500, "wrongRows": 1750,
                                             "error": 0.5, "rowsSource": "validate_letters.txt"}})",
    R"("08Z", "round": 2, "attemptFinished": {"attempt": 5, "shard": 0, "node": "a"})",
    R"("09Z", "round": 2, "attemptFinished": {"attempt": 6, "shard": 1, "node": "c"})",
    R"("09Z", "round": 2, "roundFinished": {"trainingError": 0.328, "epochsRun": 20})",
    R"("10Z", "round": 2, "roundValidated": {"validation": {"rows": 3500, "wrongRows": 1166,
                               "error": 0.33314285714285713, "rowsSource": "validate_letters.txt"}})",
    R"("10Z", "stateChanged": {"state": "JOB_STATE_SUCCEEDED", "modelDigest": "c0ffee"})",
};

template <class Message>
Message Parse(const std::string& json) {
  Message message;
  if (!google::protobuf::util::JsonStringToMessage(json, &message).ok()) {
    throw std::runtime_error("not valid: " + json);
  }
  return message;
}

}  // namespace

v1::Job SubmittedJob() { return Parse<v1::Job>(kSubmitted); }

v1::Job FinishedJob() {
  v1::Job job = SubmittedJob();
  job.MergeFrom(Parse<v1::Job>(kFinished));
  return job;
}

std::vector<v1::JobEvent> RecordedEvents() {
  std::vector<v1::JobEvent> events;
  for (const char* event : kEvents) {
    // The record begins with the seconds of its time.
    std::string json = std::string("{\"time\": \"2024-05-31T12:00:") + (event + 1) + "}";
    events.push_back(Parse<v1::JobEvent>(json));
    events.back().set_sequence(static_cast<int>(events.size()));
  }
  return events;
}

}  // namespace mlp::cli
