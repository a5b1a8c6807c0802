// Fuzzes a request to train: CreateJobRequest.
#include <cstdint>

#include "fuzz/check.h"
#include "fuzz/mutate_message.h"
#include "services/coordinator/job/job_spec.h"
#include "services/coordinator/proto/job_proto.h"

namespace mlp::coordinator {
namespace {

using fuzz::Check;

void CheckAccepted(const JobSpec& spec) {
  Job job;
  job.spec = spec;
  const auto again = FromProto(ToProto(job).spec(), "random");
  Check(again.ok() && *again == spec, "a specification travels unchanged");
  const auto model = ModelFor(spec, 16, 26);
  Check(!model.ok() || CheckModelSpec(*model).ok(), "a shape within limits");
  const TrainingOptions options = TrainingOptionsOf(spec, {3, 5}, spec.rounds);
  Check(options.epochs >= 1, "at least one epoch");
  Check(options.learning_rate >= 0, "a learning rate that is not negative");
}

void Test(const v1::CreateJobRequest& request) {
  const auto spec = FromProto(request.spec(), "pull");
  if (!spec.ok()) return Check(absl::IsInvalidArgument(spec.status()), "INVALID_ARGUMENT");
  if (const absl::Status status = CheckJobSpec(*spec); !status.ok()) {
    return Check(absl::IsInvalidArgument(status), "beyond a limit is INVALID_ARGUMENT");
  }
  CheckAccepted(*spec);
}

}  // namespace
}  // namespace mlp::coordinator

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlp::v1::CreateJobRequest request;
  if (request.ParseFromArray(data, static_cast<int>(size))) mlp::coordinator::Test(request);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  mlp::v1::CreateJobRequest request;
  return mlp::fuzz::MutateMessage(request, data, size, max_size, seed);
}
