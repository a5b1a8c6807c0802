#include "test/programs/faults.h"

#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mlp::test {
namespace {

constexpr int kPrograms = FaultInjectedCluster::kNodes + 1;

}  // namespace

CutConnections::CutConnections(const std::string& address, bool reset)
    : port_(address.substr(address.rfind(':') + 1)), reset_(reset) {
  Change("-A");
}

CutConnections::~CutConnections() { Change("-D"); }

void CutConnections::Change(const char* how) const {
  const char* what = reset_ ? " -j REJECT --reject-with tcp-reset" : " -j DROP";
  for (const char* side : {" --dport ", " --sport "}) {
    const std::string rule = absl::StrCat("iptables -w ", how, " INPUT -p tcp", side, port_, what);
    if (std::system(rule.c_str()) != 0) std::fprintf(stderr, "failed: %s\n", rule.c_str());
  }
}

FaultCounts& FaultCounts::operator+=(const FaultCounts& other) {
  kills += other.kills;
  freezes += other.freezes;
  cuts += other.cuts;
  relays += other.relays;
  return *this;
}

std::string FaultCounts::Text() const {
  return absl::StrCat(kills, " SIGKILL, ", freezes, " SIGSTOP, ", cuts, " cut off, ", relays,
                      " relays broken");
}

Faults::Faults(std::uint64_t seed, FaultInjectedCluster& cluster, FaultKinds kinds)
    : random_(seed), cluster_(cluster), kinds_(std::move(kinds)) {}

int Faults::Between(int low, int high) {
  return std::uniform_int_distribution<>(low, high)(random_);
}

void Faults::Turn() {
  Mend();
  const int relays = static_cast<int>(cluster_.relays().size());
  const int victim = Between(0, kPrograms + relays - 1);
  const bool freeze = random_() % 2 == 0;
  const bool cut = kinds_.iptables && random_() % 2 == 0;
  if (!hurt_.insert(victim).second) return;
  if (victim >= kPrograms) {
    BreakRelay(victim, *cluster_.relays()[static_cast<std::size_t>(victim - kPrograms)]);
  } else if (cut) {
    CutOff(victim);
  } else if (freeze || kinds_.immortal.contains(victim)) {
    Freeze(victim);
  } else {
    Kill(victim);
  }
}

void Faults::MendAll() {
  for (auto& [when, mend] : std::exchange(broken_, {})) mend();
}

void Faults::Mend() {
  while (!broken_.empty() && broken_.begin()->first <= Clock::now()) {
    const auto mend = broken_.extract(broken_.begin());
    mend.mapped()();
  }
}

void Faults::Later(std::chrono::milliseconds delay, int victim, std::function<void()> mend) {
  broken_.emplace(Clock::now() + delay, [this, victim, mend = std::move(mend)] {
    mend();
    hurt_.erase(victim);
  });
}

void Faults::Kill(int victim) {
  ++counts_.kills;
  cluster_.program(victim).Signal(SIGKILL);
  cluster_.program(victim).Wait();
  Later(Milliseconds(0, 1000), victim, [this, victim] { cluster_.Start(victim); });
}

void Faults::Freeze(int victim) {
  ++counts_.freezes;
  cluster_.program(victim).Signal(SIGSTOP);
  Later(Milliseconds(0, 2500), victim,
        [this, victim] { cluster_.program(victim).Signal(SIGCONT); });
}

void Faults::CutOff(int victim) {
  ++counts_.cuts;
  auto connections = std::make_shared<CutConnections>(cluster_.address(victim), random_() % 2 == 0);
  Later(Milliseconds(0, 2500), victim, [connections]() mutable { connections = nullptr; });
}

// Breaks a relay for longer than it takes to notice that a connection is silent.
void Faults::BreakRelay(int victim, rpc::TcpRelay& relay) {
  using Mode = rpc::TcpRelay::Mode;
  static constexpr Mode kModes[] = {Mode::kHalfOpen, Mode::kDelay, Mode::kRefuse, Mode::kReset};
  ++counts_.relays;
  const Mode mode = kModes[Between(0, 3)];
  relay.Set(mode, Milliseconds(1, 300));
  Later(Milliseconds(0, 5000), victim, [&relay] { relay.Set(Mode::kPass); });
}

}  // namespace mlp::test
