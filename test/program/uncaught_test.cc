#include "services/program/uncaught.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace mlp::program {
namespace {

struct End {
  int status = 0;  // as waitpid has it
  std::string err;
};

// Runs `body` in a process of its own, in which nobody catches what it throws.
End RunUncaught(const std::function<void()>& body) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // Catch2 handles it
    dup2(ends[1], STDERR_FILENO);
    ExplainUncaught("mlp-node");
    [&]() noexcept { body(); }();
    _exit(0);
  }
  close(ends[1]);
  End end;
  std::array<char, 512> buffer{};
  for (ssize_t count = 0; (count = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    end.err.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  waitpid(child, &end.status, 0);
  return end;
}

TEST_CASE("a thread that cannot be started ends the program with the limit to raise") {
  const End end = RunUncaught([] {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  });
  CHECK(WIFEXITED(end.status));
  CHECK(WEXITSTATUS(end.status) == 1);
  CHECK_THAT(end.err, Catch::StartsWith("mlp-node: cannot start a thread: ") &&
                          Catch::Contains("ulimit -u") && Catch::Contains("pids.max"));
}

TEST_CASE("another exception that nobody catches aborts the program") {
  const End end = RunUncaught([] { throw std::runtime_error("something else"); });
  CHECK(WIFSIGNALED(end.status));
  CHECK(WTERMSIG(end.status) == SIGABRT);
  CHECK_THAT(end.err, Catch::Contains("something else") && !Catch::Contains("thread"));
}

}  // namespace
}  // namespace mlp::program
