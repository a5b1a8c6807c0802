// The nodes that have registered and have not been reached at their addresses yet. Whoever reaches
// the coordinator's port can register any number of names, so there is a limit to them, and a lower
// one for each host that they come from. Nodes that were reached once count no more, so that no
// stranger takes a place of theirs. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/base/retry_after.h"

namespace mlp::coordinator {

class Strangers {
 public:
  static constexpr std::size_t kMost = 1000;
  static constexpr std::size_t kMostOfHost = 256;
  // Nodes that live are reached within much less than that, and make room.
  static constexpr std::chrono::seconds kRetry{1};

  // ResourceExhausted, with a retry delay, if there is no room for one more from `host`.
  absl::Status RoomFor(const std::string& host) const {
    if (count_ >= kMost) return Full(absl::StrCat(kMost, " nodes have"), "");
    const auto found = of_host_.find(host);
    if (found == of_host_.end() || found->second < kMostOfHost) return absl::OkStatus();
    return Full(absl::StrCat(kMostOfHost, " nodes of ", host.empty() ? "one host" : host, " have"),
                " for one host");
  }
  void Add(const std::string& host) {
    ++count_;
    ++of_host_[host];
  }
  // There was an Add of `host` before.
  void Remove(const std::string& host) {
    --count_;
    const auto found = of_host_.find(host);
    if (--found->second == 0) of_host_.erase(found);
  }
  std::size_t count() const { return count_; }

 private:
  static absl::Status Full(const std::string& who, const std::string& limit) {
    return WithRetryAfter(absl::ResourceExhaustedError(absl::StrCat(
                              who,
                              " registered and could not be reached at their addresses so "
                              "far, which is the limit",
                              limit)),
                          kRetry);
  }

  std::size_t count_ = 0;
  std::map<std::string, std::size_t> of_host_;  // > 0 each
};

}  // namespace mlp::coordinator
