#include "test/programs/watched.h"

#include <regex>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace mlp::test {

Watched::Watched(const ProcessResult& result) : exit_code(result.exit_code), err(result.err) {
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    static const std::regex sequence("^\\{\"sequence\":\"(\\d+)\"");
    std::smatch found;
    if (std::regex_search(line, found, sequence)) {
      sequences.push_back(std::stoll(found[1]));
      events.push_back(line);
    } else {
      last = line;
    }
  }
  static const std::regex digest_field("\"modelDigest\":\"([0-9a-f]{64})\"");
  std::smatch found;
  if (std::regex_search(last, found, digest_field)) digest = found[1];
}

std::string Watched::Problem(const std::string& expected_digest) const {
  if (exit_code != 0) return absl::StrCat("exit code ", exit_code, ": ", err, last);
  if (std::string problem = ProblemWithEvents(); !problem.empty()) return problem;
  if (digest != expected_digest) return "digest " + digest + " instead of " + expected_digest;
  return "";
}

std::string Watched::ProblemOfCancelled() const {
  if (last.find("\"JOB_STATE_CANCELLED\"") == std::string::npos) {
    return "not cancelled: " + err + last;
  }
  return ProblemWithEvents();
}

std::string Watched::ProblemWithEvents() const {
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    if (sequences[i] != static_cast<std::int64_t>(i) + 1) {
      return absl::StrCat("event ", sequences[i], " in place ", i + 1);
    }
  }
  return sequences.empty() ? "no events" : "";
}

}  // namespace mlp::test
