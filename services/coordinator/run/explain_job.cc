#include "services/coordinator/run/explain_job.h"

#include "absl/strings/str_cat.h"
#include "services/base/duration_text.h"
#include "services/coordinator/run/run_round.h"

namespace mlp::coordinator {
namespace {

std::string RoundOf(const Job& job, int round) {
  return absl::StrCat("round ", round, " of ", job.spec.rounds);
}

void ExplainTraining(const Job& job, const JobStage& stage, Explanation& said) {
  if (stage.runner == nullptr) {
    said.waiting_for = absl::StrCat(job.id, ": goes on after a restart of the coordinator, ",
                                    job.detail.empty() ? "its data is read" : job.detail);
    said.next = absl::StrCat("round ", job.rounds_done + 1, " starts");
    return;
  }
  said = stage.runner->Explain();
  if (said.waiting_for.empty()) said.waiting_for = "goes on at once";  // between two turns
  said.waiting_for = absl::StrCat(job.id, ", ", RoundOf(job, stage.round), ": ", said.waiting_for);
}

void ExplainCancelling(const Job& job, const JobStage& stage, bool stopping,
                       const std::string& duration, Explanation& said) {
  said.waiting_for =
      absl::StrCat(job.id, ", after ", RoundOf(job, stage.round),
                   ": waits for the end of attempts that it cancelled ", duration, " ago");
  said.next = stopping ? "the job is CANCELLED" : "the job ends when its model is validated";
}

void ExplainValidating(const Job& job, const JobStage& stage, const std::string& duration,
                       Explanation& said) {
  const bool next_round = stage.round < job.spec.rounds && stage.runner != nullptr;
  said.waiting_for = absl::StrCat(
      job.id, ", after ", RoundOf(job, stage.round), ": waits for the validation of ",
      stage.runner == nullptr ? "the last model" : "the model before it", ", for ", duration);
  said.next = next_round ? absl::StrCat("round ", stage.round + 1, " starts") : "the job ends";
}

}  // namespace

Explanation ExplainRunning(const Job& job, const JobStage& stage, bool stopping, TimePoint now) {
  Explanation said;
  said.time = now;
  said.since = stage.since;
  const std::string duration = RoughDuration(now - stage.since);
  switch (stage.phase) {
    case JobStage::Phase::kTraining:
      ExplainTraining(job, stage, said);
      break;
    case JobStage::Phase::kValidating:
      ExplainValidating(job, stage, duration, said);
      break;
    case JobStage::Phase::kCancelling:
      ExplainCancelling(job, stage, stopping, duration, said);
      break;
  }
  return said;
}

Explanation ExplainPending(const Job& job, const QueuePlace& place, TimePoint now) {
  Explanation said;
  said.time = now;
  said.since = job.create_time;
  said.waiting_for = absl::StrCat(job.id, " is number ", place.ahead.size() + 1, " in the queue");
  if (!place.running.empty()) {
    absl::StrAppend(&said.waiting_for, ", behind ", place.running, ", which is in ",
                    place.stands_at);
  }
  absl::StrAppend(&said.waiting_for, "; it has waited for ", RoughDuration(now - job.create_time));
  const std::string& before = place.ahead.empty() ? place.running : place.ahead.back();
  said.next = absl::StrCat(
      job.id, " starts ", before.empty() ? "at once" : absl::StrCat("when ", before, " has ended"));
  if (!place.running.empty()) {
    absl::StrAppend(&said.next, "; mlp-client explain ", place.running,
                    " says what that one waits for");
  }
  return said;
}

std::string QueuedBehind(const QueuePlace& place) {
  const std::size_t jobs = place.ahead.size() + (place.running.empty() ? 0 : 1);
  if (jobs == 0) return "";
  const std::string& first = place.running.empty() ? place.ahead.front() : place.running;
  if (jobs == 1) return absl::StrCat("queued behind ", first);
  return absl::StrCat("queued behind ", first, " and ", jobs - 1, " more");
}

Explanation ExplainEnded(const Job& job, TimePoint now) {
  Explanation said;
  said.time = now;
  said.since = job.end_time;
  said.waiting_for = absl::StrCat(job.id, " waits for nothing: it ", JobStateName(job.state), " ",
                                  RoughDuration(now - job.end_time.value_or(now)), " ago",
                                  job.detail.empty() ? "" : ": ", job.detail);
  return said;
}

}  // namespace mlp::coordinator
