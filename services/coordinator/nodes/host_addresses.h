// The addresses of one configured host that are nodes: which to add and which to drop after each
// look-up of its name. Pure.
//
// Every address that the name has is a node, but of one family only if nodes answer there: a
// process that listens on both would be listed twice, and one that listens on one is down at the
// other. As long as none answers, all addresses are tried. An address that the name has no more is
// dropped when nothing has answered there for some minutes.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlp::coordinator {

class HostAddresses {
 public:
  using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;
  // Says whether a node answers at an address.
  using Answers = std::function<bool(const std::string& address)>;
  static constexpr std::chrono::minutes kDropAfter{10};

  // `found` is what the name resolves to, host:port; IPv6 addresses have brackets. Returns the
  // addresses to add; each is one of present() from then on.
  std::vector<std::string> Found(TimePoint now, const std::vector<std::string>& found,
                                 const Answers& answers);
  // Returns those of present() to drop; they are so until Dropped.
  std::vector<std::string> ToDrop(TimePoint now) const;
  void Dropped(const std::string& address) { present_.erase(address); }

 private:
  // The time from which on an address is of no use; nullopt: it is of use.
  using Present = std::map<std::string, std::optional<TimePoint>>;
  Present present_;
};

}  // namespace mlp::coordinator
