// One file per job, `<directory>/<prefix><job id>.jsonl`: its events as JSON, one a line, in the
// words of mlp.v1.JobEvent. The prefix keeps apart coordinators that count their jobs from 1 each.
// A job's first event begins its file anew.
//
// Appending never waits: events gather while a worker writes earlier ones. The rest is written on
// destruction, when the loop has ended. A file that cannot be written is reported once in the
// program's log, and the jobs go on without it.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "services/async/thread_workers.h"
#include "services/coordinator/store/journal.h"

namespace mlp::coordinator {

class FileJobLog final : public JobLog {
 public:
  // `post` runs a callback on the loop thread, or drops it once the loop has ended.
  FileJobLog(std::filesystem::path directory, std::string prefix, async::ThreadWorkers::Post post)
      : directory_(std::move(directory)), prefix_(std::move(prefix)), writer_(1, std::move(post)) {}
  ~FileJobLog() override;

  void Append(const std::string& job_id, const JobEvent& event) override;

 private:
  using Lines = std::vector<std::pair<std::string, JobEvent>>;  // job id, event

  void WriteGathered();
  bool Write(const Lines& lines) const;

  const std::filesystem::path directory_;
  const std::string prefix_;
  Lines gathered_;
  bool writing_ = false;
  bool reported_ = false;
  async::ThreadWorkers writer_;  // one thread keeps the lines in order
};

// Forgets all events, for a coordinator without a log directory.
class NoJobLog final : public JobLog {
 public:
  void Append(const std::string&, const JobEvent&) override {}
};

}  // namespace mlp::coordinator
