// A child process under test: started by posix_spawn, both outputs captured, never left behind.
//
// Every failure of the harness itself (a program that can't be started, a time limit) throws
// std::runtime_error with the command and its output so far, which fails the test that runs it.
// One thread uses a Process; an inner thread drains the outputs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mlp::test {

struct ProcessOptions {
  std::vector<std::string> environment;  // "NAME=value", added to this process's own
  std::filesystem::path directory;       // directory to start in; empty: this process's own
};

struct ProcessResult {
  int exit_code = 0;  // 128 + the signal's number if a signal ended it, as in a shell
  std::string out;
  std::string err;
};

class Process {
 public:
  // Starts `arguments[0]`, the program: a path, or a name that is looked up in PATH. Its standard
  // input is empty; no signal is blocked or ignored.
  explicit Process(std::vector<std::string> arguments, ProcessOptions options = {});
  // Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  // Sends it a signal; does nothing once it has ended.
  void Signal(int number);
  // Returns the first whole line on either output that contains `text`, as soon as it is there.
  // Throws if the process ends without it or `limit` has passed.
  std::string WaitForLine(std::string_view text, std::chrono::seconds limit = DefaultLimit());
  // True if it has ended, or has written `text` on either output, so far.
  bool Ended();
  bool Said(std::string_view text);
  // Waits for its end. Kills it and throws if `limit` has passed.
  ProcessResult Wait(std::chrono::seconds limit = DefaultLimit());

 private:
  static constexpr std::chrono::seconds DefaultLimit() { return std::chrono::seconds(60); }
  void Drain(int out, int err);
  [[noreturn]] void Fail(std::string_view what);  // call it with mutex_ held

  std::string command_;
  pid_t pid_ = 0;
  std::thread drainer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  ProcessResult result_;
  bool ended_ = false;
};

// Runs a program to its end.
ProcessResult Run(std::vector<std::string> arguments, ProcessOptions options = {});

}  // namespace mlp::test
