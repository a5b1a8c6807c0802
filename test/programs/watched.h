// The output of `mlp-client --json watch` or `train`: events as JSON, one a line, then the job.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/support/process.h"

namespace mlp::test {

struct Watched {
  explicit Watched(const ProcessResult& result);

  // Returns why this is not a job that SUCCEEDED with that digest, and with its events each once
  // and in order; empty if it is.
  std::string Problem(const std::string& expected_digest) const;
  // Returns the same for a job that was cancelled.
  std::string ProblemOfCancelled() const;

  int exit_code;
  std::string err;
  std::vector<std::int64_t> sequences;
  std::vector<std::string> events;
  std::string last;
  std::string digest;

 private:
  std::string ProblemWithEvents() const;
};

}  // namespace mlp::test
