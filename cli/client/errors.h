// The program's exit codes, and its error messages.
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

// The exit code after a call to the coordinator that ended with `error`, which is not OK.
int ExitCodeOf(const absl::Status& error);
// One line, without its end, that says what was wrong, where, and what to do. `address` is the
// coordinator's. A field goes by the name of the option that sets it.
std::string ErrorText(const absl::Status& error, std::string_view address);

}  // namespace mlp::cli
