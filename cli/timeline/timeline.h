// `mlp-client timeline JOB`: shows what each attempt of a job spent its time on, and why.
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

// Prints the table of attempts unless files are asked for; with --json, prints an object for each
// attempt in any case. Shows a job that still runs as far as it has come.
int Run(const Session& session, const TimelineCommand& command);

// True if `job` means a file: it ends in ".jsonl", has a directory in it, or is a file here.
bool NamesJobLog(const std::string& job);

}  // namespace mlp::cli
