// Reads what a coordinator wrote with --log-dir: the log of one job.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "absl/status/statusor.h"
#include "mlp/v1/job.pb.h"

namespace mlp::cli {

inline constexpr std::size_t kMaxJobLogBytes = std::size_t{1} << 30;
inline constexpr std::size_t kMaxJobLogLineBytes = std::size_t{1} << 20;

// The job's events: one mlp.v1.JobEvent as JSON a line, numbered 1, 2, 3 …, at least one. Skips
// nothing. Texts are made Printable (cli/client/message_text.h). NotFound if there is no such file.
// InvalidArgument, with the file and often the line, if a line is no event (such as one that was
// cut off), its number is not the next one, or a limit is exceeded.
absl::StatusOr<std::vector<v1::JobEvent>> ReadJobLog(const std::filesystem::path& file);

}  // namespace mlp::cli
