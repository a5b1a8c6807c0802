#include "services/program/uncaught.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <system_error>

namespace mlp::program {
namespace {

const char* program_name = "";
std::terminate_handler handler_before = nullptr;

// Tells whether the exception that ends the program says that a thread could not be started.
bool LacksThreads() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::filesystem::filesystem_error&) {
    return false;
  } catch (const std::system_error& error) {
    return error.code() == std::errc::resource_unavailable_try_again;
  } catch (...) {
    return false;
  }
  return false;
}

// Nothing is unwound: what is half built, such as a pool with some of its threads, could not be
// destroyed.
[[noreturn]] void Explain() {
  if (LacksThreads()) {
    std::fprintf(stderr,
                 "%s: cannot start a thread: Resource temporarily unavailable; raise the limit of "
                 "processes and threads (ulimit -u, or pids.max of the container)\n",
                 program_name);
    _exit(1);
  }
  if (handler_before != nullptr) handler_before();
  std::abort();
}

}  // namespace

void ExplainUncaught(const char* program) {
  program_name = program;
  handler_before = std::set_terminate(Explain);
}

}  // namespace mlp::program
