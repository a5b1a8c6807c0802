// A dataset that exists in name only, for nodes whose workload is synthetic.
#pragma once

#include <memory>

namespace mlp::coordinator {
struct Dataset;
}  // namespace mlp::coordinator

namespace mlp::simulation {

// A dataset of so many shards of one row, with one feature, two classes, and a validation row.
std::shared_ptr<const coordinator::Dataset> SyntheticDataset(int shards);

}  // namespace mlp::simulation
