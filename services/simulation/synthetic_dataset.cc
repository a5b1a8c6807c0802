#include "services/simulation/synthetic_dataset.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/dataset.h"

namespace mlp::simulation {

std::shared_ptr<const coordinator::Dataset> SyntheticDataset(int shards) {
  auto dataset = std::make_shared<coordinator::Dataset>();
  dataset->name = "given";
  dataset->features = 1;
  dataset->classes = 2;
  const std::string digest = Sha256(std::string_view());
  for (int shard = 1; shard <= shards; ++shard) {
    dataset->shards.push_back({absl::StrCat("train_", shard), digest, 1});
  }
  dataset->validation_file = "validate";
  dataset->validation_sha256 = digest;
  dataset->validation.features = xt::zeros<double>({1, 1});
  dataset->validation.labels = xt::zeros<std::int32_t>({1});
  return dataset;
}

}  // namespace mlp::simulation
