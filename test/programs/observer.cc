#include "test/programs/observer.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <sstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"

namespace mlp::test {

double Answers::Within(double share) const {
  if (seconds.empty()) return 0;
  const auto last = static_cast<double>(seconds.size() - 1);
  return seconds[static_cast<std::size_t>(share * last)];
}

Observer::Observer(const std::string& address)
    : program_({absl::StrCat(MLP_BIN_DIR, "/observe"), address}) {}

Answers Observer::Stop() {
  program_.Signal(SIGTERM);
  const ProcessResult result = program_.Wait();
  if (result.exit_code != 0) {
    throw std::runtime_error(absl::StrCat("the observer ended with ", result.exit_code));
  }
  Answers answers;
  std::istringstream lines(result.out);
  std::string how;
  std::string rest;
  while (lines >> how && std::getline(lines >> std::ws, rest)) {
    if (how == "answered") {
      answers.seconds.push_back(std::stod(rest));
    } else {
      ++answers.unanswered[rest];
    }
  }
  std::ranges::sort(answers.seconds);
  return answers;
}

}  // namespace mlp::test
