// A dataset as a job needs it. The training rows stay with the nodes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "libmlp/data/schema.h"
#include "libmlp/data/shard.h"

namespace mlp::coordinator {

struct Dataset {
  struct TrainingShard {
    std::string file;
    std::string sha256;  // 32 bytes
    std::size_t rows = 0;
  };
  std::string name;
  std::vector<TrainingShard> shards;
  std::string validation_file;
  std::string validation_sha256;  // 32 bytes
  Shard validation;
  std::size_t features = 0;
  std::size_t classes = 0;               // 1 in regression
  std::vector<std::size_t> class_rows;   // rows of the training shards, by class
  std::shared_ptr<const Schema> schema;  // nullptr: it has none
  std::string schema_sha256;             // 32 bytes; empty if it has none

  bool regression() const { return schema != nullptr && schema->regression(); }
  std::size_t training_rows() const;
  // Returns the SHA-256 over the files' digests, shards first, the schema last, hexadecimal.
  std::string digest() const;
};

}  // namespace mlp::coordinator
