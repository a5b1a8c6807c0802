// A summary of a table in numbers. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/client/output.h"
#include "libmlp/data/table.h"

namespace mlp::cli {

struct Range {
  double least = 0;
  double mean = 0;
  double greatest = 0;
};

struct ColumnSummary {
  std::string name;
  std::size_t missing = 0;
  Range range;                         // of a column of numbers, as they were before standardising
  std::vector<std::string> texts;      // of a column of texts, else none
  std::vector<std::size_t> text_rows;  // by text
};

struct TableSummary {
  std::size_t rows = 0;
  std::size_t features = 0;
  std::vector<ColumnSummary> columns;
  std::string label;
  std::vector<std::string> classes;     // none in regression
  std::vector<std::size_t> class_rows;  // by class
  Range targets;                        // in regression
};

TableSummary Summarize(const Schema& schema, const Table& table);

// The summary for people, and as a line of JSON without its end. `name` is that of the table.
void PrintText(const Terminal& terminal, const std::string& name, const TableSummary& summary);
std::string JsonOf(const std::string& name, const TableSummary& summary);

}  // namespace mlp::cli
