// A table of text, and a field of one in CSV. Pure.
#pragma once

#include <string>
#include <vector>

namespace mlp::report {

// A heading and rows of as many cells.
struct TextTable {
  std::vector<std::string> heading;
  std::vector<std::vector<std::string>> rows;
};

// Returns `field` in the form of RFC 4180.
std::string Csv(const std::string& field);

}  // namespace mlp::report
