#include "services/base/repeat_limit.h"

#include <algorithm>
#include <utility>

namespace mlp {

std::optional<std::int64_t> RepeatLimit::Take(const std::string& kind, TimePoint now) {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end()) {
    if (kinds_.size() == kMaxKinds) {
      kinds_.erase(std::ranges::min_element(kinds_, {},
                                            [](const auto& entry) { return entry.second.said; }));
    }
    kinds_.emplace(kind, Kind{now});
    return 0;
  }
  Kind& known = found->second;
  if (now - known.said < pause_) {
    ++known.left_out;
    return std::nullopt;
  }
  known.said = now;
  return std::exchange(known.left_out, 0);
}

}  // namespace mlp
