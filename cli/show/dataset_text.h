// Datasets in words, for people. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "libmlp/data/schema.h"
#include "mlp/v1/dataset.pb.h"

namespace mlp::cli {

// "512 B", "1.2 MiB".
std::string BytesText(std::int64_t bytes);
// The bytes of all its files.
std::int64_t BytesOf(const v1::Dataset& dataset);
// "4 shards, 100 training rows, 20 validation rows, 8 features, to predict price", or
// "11 shards, 16500 training rows, 3500 validation rows, 16 features, 26 classes".
std::string DescriptionOf(const v1::Dataset& dataset);
// "4 features, 3 classes (a, b, c)", "4 features, to predict price".
std::string ContentText(const Schema& schema);

}  // namespace mlp::cli
