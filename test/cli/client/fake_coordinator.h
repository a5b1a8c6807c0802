// A coordinator with one recorded job, job-1, that breaks connections when its options say so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

struct FakeCoordinatorOptions {
  int refused_submissions = 0;              // CreateJob calls that fail with UNAVAILABLE first
  int refused_questions = 0;                // GetJob calls, likewise
  absl::Status refusal = absl::OkStatus();  // the answer to every CreateJob call, unless it is OK
  std::size_t break_after = 0;  // events of a stream, then UNAVAILABLE; 0: it does not break
  bool hold = false;            // the stream stays open after round 1, until Release
  std::string parameters = "01234567";
  std::string next = "a second copy of shard 4 goes to node-4 if it has not started by then";
  bool wrong_digest = false;  // of the model
  std::string listen = "127.0.0.1:0";
};

// Serves from its construction to its destruction. Thread-safe.
class FakeCoordinator {
 public:
  explicit FakeCoordinator(FakeCoordinatorOptions options = {});
  ~FakeCoordinator();

  const std::string& address() const;
  // The requests of the CreateJob calls.
  std::vector<v1::CreateJobRequest> submissions() const;
  // The sequence numbers from which the WatchJob calls began.
  std::vector<std::int64_t> watched_from() const;
  // The request of the last EvaluateModel call.
  v1::EvaluateModelRequest evaluated() const;
  v1::Model model() const;

 private:
  class Jobs;

  const std::unique_ptr<Jobs> jobs_;
};

}  // namespace mlp::cli
