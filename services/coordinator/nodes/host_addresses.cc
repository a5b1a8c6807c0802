#include "services/coordinator/nodes/host_addresses.h"

#include <algorithm>
#include <iterator>

namespace mlp::coordinator {
namespace {

bool IsIpv6(const std::string& address) { return address.starts_with('['); }

// Returns the addresses of the family of which one answers, IPv4 first; all if none does.
std::vector<std::string> Useful(const std::vector<std::string>& found,
                                const HostAddresses::Answers& answers) {
  for (const bool ipv6 : {false, true}) {
    std::vector<std::string> family;
    std::ranges::copy_if(found, std::back_inserter(family),
                         [ipv6](const std::string& each) { return IsIpv6(each) == ipv6; });
    if (std::ranges::any_of(family, answers)) return family;
  }
  return found;
}

}  // namespace

std::vector<std::string> HostAddresses::Found(TimePoint now, const std::vector<std::string>& found,
                                              const Answers& answers) {
  std::vector<std::string> useful = Useful(found, answers);
  for (auto& [address, useless_from] : present_) {
    const bool is_useful = std::ranges::find(useful, address) != useful.end();
    const bool has_it = std::ranges::find(found, address) != found.end();
    if (is_useful || answers(address)) {
      useless_from.reset();
    } else if (has_it) {
      useless_from = now;  // the other family works
    } else if (!useless_from) {
      useless_from = now + kDropAfter;
    }
  }
  std::erase_if(useful, [this](const std::string& each) { return present_.contains(each); });
  for (const std::string& address : useful) present_.emplace(address, std::nullopt);
  return useful;
}

std::vector<std::string> HostAddresses::ToDrop(TimePoint now) const {
  std::vector<std::string> useless;
  for (const auto& [address, useless_from] : present_) {
    if (useless_from && *useless_from <= now) useless.push_back(address);
  }
  return useless;
}

}  // namespace mlp::coordinator
