#include "test/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

namespace mlp::test {
namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read = ends[0];
    write = ends[1];
  }
  int read = -1;
  int write = -1;
};

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Returns the pointers that exec wants; `words` must outlive them.
std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Returns this process's environment after the added entries: getenv takes the first match.
std::vector<std::string> EnvironmentWith(std::vector<std::string> added) {
  for (char** entry = environ; *entry != nullptr; ++entry) added.emplace_back(*entry);
  return added;
}

pid_t Spawn(std::vector<std::string> arguments, ProcessOptions options, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  if (!options.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> environment = EnvironmentWith(std::move(options.environment));
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, arguments[0].c_str(), &actions, &attributes,
                                 Pointers(arguments).data(), Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + arguments[0] + ": " + strerror(error));
  return pid;
}

std::optional<std::string> LineWith(std::string_view text, const std::string& output) {
  const std::size_t found = output.find(text);
  if (found == std::string::npos) return std::nullopt;
  const std::size_t end = output.find('\n', found);
  if (end == std::string::npos) return std::nullopt;
  const std::size_t before = output.rfind('\n', found);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return output.substr(begin, end - begin);
}

int ExitCode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Process::Process(std::vector<std::string> arguments, ProcessOptions options)
    : command_(Joined(arguments)) {
  Pipe out, err;
  pid_ = Spawn(std::move(arguments), std::move(options), out.write, err.write);
  close(out.write);
  close(err.write);
  drainer_ = std::thread([this, out, err] { Drain(out.read, err.read); });
}

Process::~Process() {
  Signal(SIGKILL);
  drainer_.join();
}

void Process::Signal(int number) {
  std::lock_guard lock(mutex_);
  if (!ended_) kill(pid_, number);
}

std::string Process::WaitForLine(std::string_view text, std::chrono::seconds limit) {
  std::unique_lock lock(mutex_);
  std::optional<std::string> line;
  const auto found_or_ended = [&] {
    line = LineWith(text, result_.out);
    if (!line) line = LineWith(text, result_.err);
    return line || ended_;
  };
  const bool in_time = changed_.wait_for(lock, limit, found_or_ended);
  if (line) return *line;
  Fail(std::string(in_time ? "ended" : "time limit passed") + " without a line that contains \"" +
       std::string(text) + "\"");
}

bool Process::Ended() {
  const std::lock_guard lock(mutex_);
  return ended_;
}

bool Process::Said(std::string_view text) {
  const std::lock_guard lock(mutex_);
  return result_.out.find(text) != std::string::npos || result_.err.find(text) != std::string::npos;
}

ProcessResult Process::Wait(std::chrono::seconds limit) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, limit, [this] { return ended_; })) {
    kill(pid_, SIGKILL);
    Fail("still runs after its time limit; killed");
  }
  return result_;
}

// Reads until the process has closed both outputs, then collects it. The lock is held while it is
// collected, so that Signal can't hit another process with the same id.
void Process::Drain(int out, int err) {
  std::array<pollfd, 2> pipes = {pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
  std::array<char, 4096> buffer;
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    poll(pipes.data(), pipes.size(), -1);
    for (pollfd& pipe : pipes) {
      if (pipe.fd < 0 || pipe.revents == 0) continue;
      const ssize_t count = read(pipe.fd, buffer.data(), buffer.size());
      if (count > 0) {
        std::lock_guard lock(mutex_);
        (&pipe == &pipes[0] ? result_.out : result_.err).append(buffer.data(), count);
      } else if (count == 0 || errno != EINTR) {
        close(std::exchange(pipe.fd, -1));
      }
    }
    changed_.notify_all();
  }
  siginfo_t info;
  while (waitid(P_PID, pid_, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) continue;
  std::lock_guard lock(mutex_);
  int status = 0;
  waitpid(pid_, &status, 0);
  result_.exit_code = ExitCode(status);
  ended_ = true;
  changed_.notify_all();
}

void Process::Fail(std::string_view what) {
  throw std::runtime_error(command_ + ": " + std::string(what) + "\n--- stdout\n" + result_.out +
                           "--- stderr\n" + result_.err);
}

ProcessResult Run(std::vector<std::string> arguments, ProcessOptions options) {
  return Process(std::move(arguments), std::move(options)).Wait();
}

}  // namespace mlp::test
