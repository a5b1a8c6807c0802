// What goes wrong in a cluster under faults, drawn from a seed, and comes right after a while:
// programs that are killed (SIGKILL) and started again, or frozen (SIGSTOP) and continued;
// connections that are cut.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "test/programs/fault_injected_cluster.h"

namespace mlp::test {

// What comes to or from that address is thrown away, or answered by a reset, until destruction.
// As root, with iptables.
class CutConnections {
 public:
  CutConnections(const std::string& address, bool reset);
  CutConnections(const CutConnections&) = delete;
  CutConnections& operator=(const CutConnections&) = delete;
  ~CutConnections();

 private:
  void Change(const char* how) const;

  const std::string port_;
  const bool reset_;
};

struct FaultCounts {
  int kills = 0;
  int freezes = 0;
  int cuts = 0;    // by iptables
  int relays = 0;  // by relays

  int sum() const { return kills + freezes + cuts + relays; }
  FaultCounts& operator+=(const FaultCounts& other);
  std::string Text() const;
};

struct FaultKinds {
  bool iptables = false;
  std::set<int> immortal;  // numbers of programs that are frozen and cut off, but never killed
};

// Where the cluster has relays, these break, too.
class Faults {
 public:
  Faults(std::uint64_t seed, FaultInjectedCluster& cluster, FaultKinds kinds = {});

  // Mends what is due and draws the next fault. One who is hurt already is spared.
  void Turn();
  void MendAll();

  // From that range, of the same seed.
  int Between(int low, int high);
  std::chrono::milliseconds Milliseconds(int low, int high) {
    return std::chrono::milliseconds(Between(low, high));
  }
  const FaultCounts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::steady_clock;

  void Later(std::chrono::milliseconds delay, int victim, std::function<void()> mend);
  void Mend();
  void Kill(int victim);
  void Freeze(int victim);
  void CutOff(int victim);
  void BreakRelay(int victim, rpc::TcpRelay& relay);

  std::mt19937_64 random_;
  FaultInjectedCluster& cluster_;
  const FaultKinds kinds_;
  FaultCounts counts_;
  std::set<int> hurt_;  // programs, then relays
  std::multimap<Clock::time_point, std::function<void()>> broken_;
};

}  // namespace mlp::test
