// The outline of a schema in JSON: which objects, lists and texts stand where.
//
// libprotobuf's parser goes on after a value that is out of place, and makes a message with its
// path for each of them: a second of processor time a megabyte of "[[[[". This check comes before
// it and stops at the first one.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace mlp::wire {

// Checks that lists and objects nest as a schema's do and that lists have nothing but what they are
// for: objects in "columns", texts in all others. InvalidArgument names line and column of what is
// out of place. What is no JSON may pass. Takes one pass, and no memory.
absl::Status CheckSchemaOutline(std::string_view json);

}  // namespace mlp::wire
