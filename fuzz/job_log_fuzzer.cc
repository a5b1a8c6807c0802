// Fuzzes a job's log: each event, and the replay of all of them.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/mutate_message.h"
#include "job_log.pb.h"
#include "services/coordinator/job/replay.h"
#include "services/coordinator/proto/job_event_proto.h"
#include "services/coordinator/proto/job_proto.h"

namespace mlp::coordinator {
namespace {

using fuzz::Check;

void CheckTravels(const JobEvent& event) {
  const v1::JobEvent proto = ToProto(event);
  const auto again = FromProto(proto);
  Check(again.ok(), "an event that was read can be written and read again");
  Check(ToProto(*again).SerializeAsString() == proto.SerializeAsString(),
        "an event travels unchanged");
}

// A small limit, so that the fuzzer makes progress; the test is that there is a limit.
constexpr std::int64_t kMaxWork = 2000;

// Returns false if they are not a job's records.
bool TestReplay(const std::vector<JobEvent>& records) {
  const auto result = Replay(records, kMaxWork);
  if (!result.ok()) {
    Check(absl::IsInvalidArgument(result.status()), "no job's records: INVALID_ARGUMENT");
    return false;
  }
  const auto records_count = static_cast<std::int64_t>(records.size());
  Check(result->events + result->decisions <= records_count, "what is counted was recorded");
  Check(result->first_differences.size() <= kMaxDifferencesKept, "few differences are kept");
  return true;
}

void Test(const fuzz::JobLog& log) {
  std::vector<JobEvent> records;
  Job job;
  for (const v1::JobEvent& proto : log.events()) {
    auto event = FromProto(proto);
    if (!event.ok()) {
      Check(absl::IsInvalidArgument(event.status()), "a bad event is INVALID_ARGUMENT");
      continue;
    }
    CheckTravels(*event);
    Apply(job, *event);
    records.push_back(*std::move(event));
  }
  if (TestReplay(records)) return;
  // Most mutations are refused because time goes back; here it does not.
  std::ranges::stable_sort(records, {}, &JobEvent::time);
  TestReplay(records);
}

}  // namespace
}  // namespace mlp::coordinator

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlp::fuzz::JobLog log;
  if (log.ParseFromArray(data, static_cast<int>(size))) mlp::coordinator::Test(log);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  mlp::fuzz::JobLog log;
  return mlp::fuzz::MutateMessage(log, data, size, max_size, seed);
}
