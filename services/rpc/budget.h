// A limit of something that calls hold (bytes, or places), for all of a server's clients together
// and for the clients of each host, so that one host leaves something to the others.
//
// A large claim leaves a share free, which small claims may take: whoever sends large messages does
// not keep small ones out. Claims must end before their budget. Loop thread only. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace mlp::rpc {

struct BudgetLimits {
  std::size_t all = 0;
  std::size_t host = 0;      // of one host's clients together
  std::size_t small = 0;     // the largest claim that may take what is reserved
  std::size_t reserved = 0;  // what larger claims leave free, of `all` and of `host`
};

class Budget {
 private:
  struct Host {
    std::size_t claims = 0;
    std::size_t amount = 0;
  };
  using Hosts = std::map<std::string, Host>;

 public:
  explicit Budget(const BudgetLimits& limits) : limits_(limits) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // What one call holds, until the claim's end.
  class Claim {
   public:
    // Claims nothing yet. `host` is that of the call, see HostOf.
    Claim(Budget& budget, const std::string& host);
    ~Claim();
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

    // Makes the claim `amount`. False, and the claim stays what it was, if it would grow beyond the
    // limits.
    bool Resize(std::size_t amount);
    std::size_t amount() const { return amount_; }

   private:
    Budget& budget_;
    const Hosts::iterator host_;
    std::size_t amount_ = 0;
  };

  const BudgetLimits& limits() const { return limits_; }
  std::size_t claimed() const { return claimed_; }
  // Number of hosts that have claims: no more is remembered of any.
  std::size_t hosts() const { return hosts_.size(); }

 private:
  const BudgetLimits limits_;
  std::size_t claimed_ = 0;
  Hosts hosts_;  // those with claims
};

// Returns the host of a call's peer, "ipv4:10.0.0.1" for "ipv4:10.0.0.1:41234". Clients on a unix
// socket are one host.
std::string HostOf(std::string_view peer);

// The errors of a call that finds a budget spent, ResourceExhausted with advice to try again. The
// first is for bytes of requests and answers, the second for places, such as "health watches".
absl::Status BytesSpent(const BudgetLimits& limits);
absl::Status PlacesTaken(std::string_view what, const BudgetLimits& limits);

}  // namespace mlp::rpc
