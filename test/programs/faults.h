// Faults in a cluster, drawn from a seed, each of which ends after a while: programs that are
// killed (SIGKILL) and started again, or frozen (SIGSTOP) and continued; connections that are cut.
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

// Throws away all that comes to or from that address, or answers it by a reset, until destruction.
// It needs root, and iptables.
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
  int cuts = 0;    // cuts that iptables made
  int relays = 0;  // cuts that relays made

  int sum() const { return kills + freezes + cuts + relays; }
  FaultCounts& operator+=(const FaultCounts& other);
  std::string Text() const;
};

struct FaultKinds {
  bool iptables = false;
  std::set<int> immortal;  // numbers of programs that are frozen and cut off, but never killed
};

// Injects the faults. If the cluster has relays, these break, too.
class Faults {
 public:
  Faults(std::uint64_t seed, FaultInjectedCluster& cluster, FaultKinds kinds = {});

  // Mends the faults that are due and draws the next one. A program that is hurt already is spared.
  void Turn();
  void MendAll();

  // Draws a number from that range, from the same seed.
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
  std::set<int> hurt_;  // numbers of programs, then of relays
  std::multimap<Clock::time_point, std::function<void()>> broken_;
};

}  // namespace mlp::test
