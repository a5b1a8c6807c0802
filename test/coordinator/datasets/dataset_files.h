// Datasets for tests of the code that stores them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/base/sha256.h"
#include "services/coordinator/job/dataset_record.h"

namespace mlp::coordinator {

using Texts = std::map<std::string, std::string>;  // by file name

// Two features, two classes, two shards, in the order of their numbers.
inline const Texts kTinyTexts = {{"train_2.txt", "0,0,0\n0,1,1\n"},
                                 {"train_10.txt", "1,0,1\n"},
                                 {"validate_tiny.txt", "1,1,0\n"}};

inline std::vector<DatasetFile> FilesOf(const Texts& texts) {
  std::vector<DatasetFile> files;
  for (const auto& [name, text] : texts) {
    files.push_back({name, Sha256(text), static_cast<std::int64_t>(text.size())});
  }
  return files;
}

}  // namespace mlp::coordinator
