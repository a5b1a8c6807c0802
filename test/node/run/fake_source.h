// A source of shards that the test controls.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/async/wait.h"
#include "services/base/sha256.h"
#include "services/node/run/shard_source.h"

namespace mlp::node {

class FakeSource final : public ShardSource {
 public:
  explicit FakeSource(async::Clock& clock) : clock_(clock) {}

  // Adds `text`; returns its digest.
  std::string Add(const std::string& text) {
    const std::string digest = Sha256(text);
    files[digest] = text;
    return digest;
  }

  // Returns the file after `takes`.
  async::Task<absl::StatusOr<std::string>> Fetch(std::string sha256,
                                                 std::stop_token stop) override {
    asked.push_back(sha256);
    const bool go_on = co_await async::SleepFor(clock_, takes, std::move(stop));
    if (!go_on) co_return absl::CancelledError("stopped");
    if (!failure.ok()) co_return failure;
    const auto found = files.find(sha256);
    if (found == files.end()) co_return absl::FailedPreconditionError("no such file here");
    co_return found->second;
  }

  std::map<std::string, std::string> files;  // keyed by digest
  absl::Status failure;                      // the result of every fetch, unless it is OK
  async::Duration takes{};
  std::vector<std::string> asked;

 private:
  async::Clock& clock_;
};

}  // namespace mlp::node
