#include "services/rpc/budget.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "services/base/retry_after.h"

namespace mlp::rpc {
namespace {

constexpr std::chrono::seconds kRetry{1};
constexpr std::size_t kMebibyte = std::size_t{1} << 20;

}  // namespace

Budget::Claim::Claim(Budget& budget, const std::string& host)
    : budget_(budget), host_(budget.hosts_.try_emplace(host).first) {
  ++host_->second.claims;
}

Budget::Claim::~Claim() {
  Resize(0);
  if (--host_->second.claims == 0) budget_.hosts_.erase(host_);
}

bool Budget::Claim::Resize(std::size_t amount) {
  if (amount > amount_) {
    const BudgetLimits& limits = budget_.limits_;
    const std::size_t more = amount - amount_;
    const std::size_t leave = amount > limits.small ? limits.reserved : 0;
    if (more + leave > limits.all - budget_.claimed_) return false;
    if (more + leave > limits.host - host_->second.amount) return false;
  }
  budget_.claimed_ += amount - amount_;
  host_->second.amount += amount - amount_;
  amount_ = amount;
  return true;
}

std::string HostOf(std::string_view peer) {
  if (peer.starts_with("unix:")) return "unix";
  return std::string(peer.substr(0, peer.rfind(':')));
}

absl::Status BytesSpent(const BudgetLimits& limits) {
  return WithRetryAfter(absl::ResourceExhaustedError(absl::StrCat(
                            "requests and answers are under way that take all of ",
                            limits.all / kMebibyte, " MiB, or of the ", limits.host / kMebibyte,
                            " MiB that one host may take; try again later")),
                        kRetry);
}

absl::Status PlacesTaken(std::string_view what, const BudgetLimits& limits) {
  return WithRetryAfter(absl::ResourceExhaustedError(absl::StrCat(
                            limits.all, " ", std::string(what), " are open, or ", limits.host,
                            " from one host, which is the limit; try again later")),
                        kRetry);
}

}  // namespace mlp::rpc
