// A dataset of two shards for tests whose nodes do not train: only its shape counts.
#pragma once

#include <memory>
#include <string>

#include "libmlp/data/shard.h"
#include "services/coordinator/job/dataset.h"

namespace mlp::coordinator {

inline std::shared_ptr<const Dataset> TwoShards() {
  auto dataset = std::make_shared<Dataset>();
  dataset->name = "two";
  dataset->shards = {{"train_1.txt", std::string(32, 'x'), 1},
                     {"train_2.txt", std::string(32, 'y'), 1}};
  dataset->validation = ParseShard("1,2,0\n3,4,1\n", "validate_two.txt").value();
  dataset->validation_file = "validate_two.txt";
  dataset->features = 2;
  dataset->classes = 2;
  return dataset;
}

}  // namespace mlp::coordinator
