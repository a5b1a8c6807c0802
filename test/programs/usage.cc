#include "test/programs/usage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace mlp::test {
namespace {

std::filesystem::path DirectoryOf(pid_t process) { return absl::StrCat("/proc/", process); }

// Returns the processor time out of the line of /proc/PID/stat, in which the name of the program,
// in parentheses, may have blanks.
double ProcessorSeconds(const std::string& line) {
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string other;
  for (int field = 3; field < 14; ++field) fields >> other;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

Usage UsageOf(pid_t process) {
  const std::filesystem::path directory = DirectoryOf(process);
  Usage usage;
  std::ifstream status(directory / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) usage.memory = std::stod(line.substr(6)) / 1024;
    if (line.starts_with("VmHWM:")) usage.peak = std::stod(line.substr(6)) / 1024;
    if (line.starts_with("Threads:")) usage.threads = std::stoi(line.substr(8));
  }
  std::ifstream stat(directory / "stat");
  if (std::string line; std::getline(stat, line)) usage.processor = ProcessorSeconds(line);
  std::error_code ended;
  using Files = std::filesystem::directory_iterator;
  usage.files = static_cast<int>(std::distance(Files(directory / "fd", ended), Files()));
  return usage;
}

void ForgetPeak(pid_t process) {
  std::ofstream peak(DirectoryOf(process) / "clear_refs");
  peak << 5 << std::flush;
  if (!peak) throw std::runtime_error(absl::StrCat("no peak of process ", process));
}

}  // namespace mlp::test
