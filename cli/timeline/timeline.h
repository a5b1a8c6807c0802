// `mlp-client timeline JOB`: what each attempt of a job spent its time on, and why.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct TimelineCommand {
  std::string job;  // an id, or the path of a job log
  std::optional<std::filesystem::path> csv;
  std::optional<std::filesystem::path> html;
  std::optional<std::filesystem::path> chrome_trace;
};

// Prints the table of attempts (with --json: an object each) unless files are asked for. A job that
// still runs is shown as far as it has come.
int Run(const Session& session, const TimelineCommand& command);

// Whether `job` means a file: it ends in ".jsonl", has a directory in it, or is one here.
bool NamesJobLog(const std::string& job);

}  // namespace mlp::cli
