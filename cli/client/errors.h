// How the program ends, and what it says when it ends badly.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace mlp::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;  // the job or the request
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnreachable = 3;
inline constexpr int kExitInterrupted = 130;

// A call to the coordinator ended with `error`, which is not OK.
int ExitCodeOf(const absl::Status& error);
// What was wrong, where, and what to do, for the coordinator at `address`. One line, no end. A
// field goes by the name of the option that sets it.
std::string ErrorText(const absl::Status& error, std::string_view address);

}  // namespace mlp::cli
