// Fuzzes a request to store files: PlanDatasetRequest, and so CommitDatasetRequest, which has the
// same fields.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/mutate_message.h"
#include "services/coordinator/api/dataset_proto.h"
#include "services/coordinator/job/dataset_record.h"

namespace mlp::coordinator {
namespace {

using fuzz::Check;

void CheckOrdered(std::vector<DatasetFile> asked, const std::vector<DatasetFile>& files) {
  Check(files.size() == asked.size() && files.size() >= 2, "every file, a shard and another");
  const std::size_t last = files.size() - (IsSchema(files.back()) ? 2 : 1);
  Check(files[last].name.starts_with("validate_"), "the validation file comes after the shards");
  for (const DatasetFile& file : files) {
    Check(file.name.find('/') == std::string::npos, "names lead nowhere else");
    Check(file.sha256.size() == 32 && file.bytes >= 1, "digests and lengths are ones");
  }
  std::ranges::reverse(asked);
  const auto again = InOrder(std::move(asked));
  Check(again.ok() && *again == files, "the order is that of the names alone");
}

void Test(const v1::PlanDatasetRequest& request) {
  if (CheckStoredName(request.name()).ok()) {
    Check(request.name().find('/') == std::string::npos && request.name().front() != '.',
          "a dataset's name is no path");
  }
  const auto files = InOrder(FromProto(request.files()));
  if (files.ok()) {
    CheckOrdered(FromProto(request.files()), *files);
  } else {
    Check(absl::IsInvalidArgument(files.status()), "bad files are INVALID_ARGUMENT");
  }
}

}  // namespace
}  // namespace mlp::coordinator

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlp::v1::PlanDatasetRequest request;
  if (request.ParseFromArray(data, static_cast<int>(size))) mlp::coordinator::Test(request);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  mlp::v1::PlanDatasetRequest request;
  return mlp::fuzz::MutateMessage(request, data, size, max_size, seed);
}
