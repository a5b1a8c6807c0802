// siege: the letters job on real programs that are killed, frozen and cut off while it runs.
//
//   siege [--runs N] [--first S]       N runs; each kills (SIGKILL) and freezes (SIGSTOP) the
//                                      coordinator and nodes at least five times, as its seed draws
//   siege --network ...                the same in a network of its own, where connections to a
//                                      program are also cut: packets vanish, or are answered by a
//                                      reset. As root, with iptables
//   siege --coordinator-kills N        only the coordinator is killed, N times, at drawn moments;
//                                      tells how fast jobs went on and what was trained again
//
// Every run must end SUCCEEDED with the digest of an undisturbed one, and every watcher must have
// seen all events, each once and in order. Exit code 0, or 1 with the seed that failed.

#include <sched.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mlp/v1/node.grpc.pb.h"
#include "services/rpc/channel.h"
#include "test/e2e/program_cluster.h"
#include "test/e2e/scratch.h"

namespace mlp::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kNodes = 4;
constexpr int kLeastFaults = 5;

struct Settings {
  std::string load_probability = "0";
  bool hedging = true;
};

// A coordinator with a state directory and nodes that register with it.
class Programs {
 public:
  explicit Programs(const Settings& settings) : settings_(settings) {
    StartCoordinator();
    for (int number = 0; number < kNodes; ++number) {
      nodes_.emplace_back();
      StartNode(number);
    }
  }

  void StartCoordinator() {
    coordinator_ = std::make_unique<Process>(std::vector<std::string>{
        Program("mlp-coordinator"), "--listen", address_, "--data-dir",
        DatasetsDirectory().string(), "--state-dir", (directory_.path() / "state").string()});
    coordinator_->WaitForLine("listening on");
  }
  void StartNode(int number) {
    node(number) = std::make_unique<Process>(std::vector<std::string>{
        Program("mlp-node"), "--listen", "127.0.0.1:0", "--data-dir", DatasetsDirectory().string(),
        "--name", "node-" + std::to_string(number + 1), "--coordinator", address_,
        "--load-probability", settings_.load_probability, "--load-delay", "200ms"});
  }
  std::unique_ptr<Process>& node(int number) { return nodes_[static_cast<std::size_t>(number)]; }
  std::string NodeAddress(int number) { return ListeningAddress(*node(number)); }
  std::unique_ptr<Process>& coordinator() { return coordinator_; }
  const std::string& coordinator_address() const { return address_; }

  std::unique_ptr<Process> Client(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {Program("mlp-client"), "--coordinator", address_, "--json"});
    return std::make_unique<Process>(arguments);
  }
  std::unique_ptr<Process> Train() const {
    std::vector<std::string> arguments{"train",     "letters",       "--preset",
                                       "reference", "--max-retries", "100000"};
    if (!settings_.hedging) arguments.insert(arguments.end(), {"--hedge", "off"});
    return Client(std::move(arguments));
  }

 private:
  const Settings settings_;
  Scratch directory_;
  const std::string address_ = "127.0.0.1:" + std::to_string(FreePort());
  std::unique_ptr<Process> coordinator_;
  std::vector<std::unique_ptr<Process>> nodes_;
};

// What a watcher printed: events as JSON, one a line, then the job.
struct Watched {
  explicit Watched(const ProcessResult& result) : exit_code(result.exit_code), err(result.err) {
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
      static const std::regex sequence("^\\{\"sequence\":\"(\\d+)\"");
      std::smatch found;
      if (std::regex_search(line, found, sequence)) {
        sequences.push_back(std::stoll(found[1]));
        events.push_back(line);
      } else {
        last = line;
      }
    }
    static const std::regex digest_field("\"modelDigest\":\"([0-9a-f]{64})\"");
    std::smatch found;
    if (std::regex_search(last, found, digest_field)) digest = found[1];
  }

  std::string Problem(const std::string& expected) const {
    if (exit_code != 0) return "exit code " + std::to_string(exit_code) + ": " + err + last;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      if (sequences[i] != static_cast<std::int64_t>(i) + 1) {
        return "event " + std::to_string(sequences[i]) + " in place " + std::to_string(i + 1);
      }
    }
    if (sequences.empty()) return "no events";
    if (digest != expected) return "digest " + digest + " instead of " + expected;
    return "";
  }

  int exit_code;
  std::string err;
  std::vector<std::int64_t> sequences;
  std::vector<std::string> events;
  std::string last;
  std::string digest;
};

// Shards that a node has trained since it was started.
std::int64_t FinishedTasks(const std::string& address) {
  const auto stub = v1::NodeService::NewStub(rpc::MakeChannel(address));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + 10s);
  v1::GetNodeResponse response;
  const grpc::Status status = stub->GetNode(&context, v1::GetNodeRequest(), &response);
  if (!status.ok()) throw std::runtime_error("GetNode: " + status.error_message());
  return response.finished_tasks();
}

std::string Undisturbed() {
  Programs programs({});
  return Watched(programs.Train()->Wait()).digest;
}

// ---- The network

bool Run(const std::string& command) { return std::system(command.c_str()) == 0; }

// Moves this process, and those that it starts, to a network that nobody else has.
bool EnterOwnNetwork() { return unshare(CLONE_NEWNET) == 0 && Run("ip link set lo up"); }

// What comes to or from that address is thrown away, or answered by a reset, until destruction.
class CutConnections {
 public:
  CutConnections(const std::string& address, bool reset)
      : port_(address.substr(address.rfind(':') + 1)), reset_(reset) {
    Change("-A");
  }
  CutConnections(const CutConnections&) = delete;
  CutConnections& operator=(const CutConnections&) = delete;
  ~CutConnections() { Change("-D"); }

 private:
  void Change(const char* how) const {
    const char* what = reset_ ? " -j REJECT --reject-with tcp-reset" : " -j DROP";
    for (const char* side : {" --dport ", " --sport "}) {
      const std::string rule =
          absl::StrCat("iptables -w ", how, " INPUT -p tcp", side, port_, what);
      if (!Run(rule)) std::fprintf(stderr, "failed: %s\n", rule.c_str());
    }
  }

  const std::string port_;
  const bool reset_;
};

// ---- Everything is killed, frozen and cut off

class Siege {
 public:
  Siege(std::uint64_t seed, bool network)
      : network_(network), random_(seed), programs_({.load_probability = "0.7", .hedging = true}) {}

  // What went wrong; empty: nothing.
  std::string Run(const std::string& expected) {
    const auto client = programs_.Train();
    client->WaitForLine("\"sequence\"");  // one that finds no coordinator at all gives up
    const auto watcher = programs_.Client({"watch", "job-1"});
    watcher->WaitForLine("\"sequence\"");
    while (!client->Ended()) {
      std::this_thread::sleep_for(Between(100, 700));
      if (client->Ended()) break;
      Mend();
      DoHarm();
    }
    for (auto& [when, mend] : broken_) mend();
    std::string problem = Watched(client->Wait()).Problem(expected);
    if (problem.empty()) {
      problem = Watched(watcher->Wait()).Problem(expected);
      if (!problem.empty()) problem = "second watcher: " + problem;
    }
    if (problem.empty() && faults < kLeastFaults) problem = "the job was over too soon";
    return problem;
  }

  int faults = 0;
  int kills = 0;
  int cuts = 0;

 private:
  std::chrono::milliseconds Between(int low, int high) {
    return std::chrono::milliseconds(std::uniform_int_distribution<>(low, high)(random_));
  }
  void Later(int low, int high, std::function<void()> mend) {
    broken_.emplace(Clock::now() + Between(low, high), std::move(mend));
  }
  void Mend() {
    while (!broken_.empty() && broken_.begin()->first <= Clock::now()) {
      broken_.begin()->second();
      broken_.erase(broken_.begin());
    }
  }
  // One that is down or frozen is left alone until it is mended.
  void DoHarm() {
    const int victim = std::uniform_int_distribution<>(0, kNodes)(random_);
    const bool freeze = random_() % 2 == 0;
    const bool cut = network_ && random_() % 2 == 0;
    if (!hurt_.insert(victim).second) return;
    ++faults;
    if (cut) return CutOff(victim);
    kills += !freeze;
    Process& process = victim == kNodes ? *programs_.coordinator() : *programs_.node(victim);
    process.Signal(freeze ? SIGSTOP : SIGKILL);
    if (freeze) {
      return Later(0, 2500, [this, victim, &process] {
        process.Signal(SIGCONT);
        hurt_.erase(victim);
      });
    }
    process.Wait();
    Later(0, 1000, [this, victim] {
      if (victim == kNodes) {
        programs_.StartCoordinator();
      } else {
        programs_.StartNode(victim);
      }
      hurt_.erase(victim);
    });
  }

  void CutOff(int victim) {
    ++cuts;
    const std::string address =
        victim == kNodes ? programs_.coordinator_address() : programs_.NodeAddress(victim);
    auto connections = std::make_shared<CutConnections>(address, random_() % 2 == 0);
    Later(0, 2500, [this, victim, connections]() mutable {
      connections = nullptr;
      hurt_.erase(victim);
    });
  }

  const bool network_;
  std::mt19937_64 random_;
  Programs programs_;
  std::set<int> hurt_;
  std::multimap<Clock::time_point, std::function<void()>> broken_;
};

int RunSieges(int runs, std::uint64_t first, bool network) {
  const std::string digest = Undisturbed();
  int faults = 0;
  int kills = 0;
  int cuts = 0;
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(runs); ++seed) {
    Siege siege(seed, network);
    const std::string problem = siege.Run(digest);
    faults += siege.faults;
    kills += siege.kills;
    cuts += siege.cuts;
    if (problem.empty()) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), problem.c_str());
    return 1;
  }
  std::printf("%d runs, %d SIGKILL, %d SIGSTOP, %d cut off: all SUCCEEDED with digest %s, no gap\n",
              runs, kills, faults - kills - cuts, cuts, digest.c_str());
  return 0;
}

// ---- Only the coordinator is killed

// Seconds since the epoch of an event's "time".
double TimeOf(const std::string& event) {
  static const std::regex time("\"time\":\"[0-9-]+T(\\d+):(\\d+):([0-9.]+)Z\"");
  std::smatch found;
  if (!std::regex_search(event, found, time)) return 0;
  return std::stod(found[1]) * 3600 + std::stod(found[2]) * 60 + std::stod(found[3]);
}

// How a job went on after its coordinator was started again.
struct Resumption {
  double node_joined = 0;  // the first one, seconds after the coordinator took the job up again
  double dispatched = 0;   // the first shard, likewise
};

std::optional<Resumption> ResumptionIn(const Watched& watched) {
  const auto after = [&](std::size_t from, const char* what) {
    while (from < watched.events.size() && watched.events[from].find(what) == std::string::npos) {
      ++from;
    }
    return from;
  };
  const std::size_t resumed = after(0, "\"resumed\"");
  const std::size_t joined = after(resumed, "\"nodeJoined\"");
  const std::size_t dispatched = after(resumed, "\"attemptDispatched\"");
  if (dispatched == watched.events.size()) return std::nullopt;
  Resumption resumption;
  const double begin = TimeOf(watched.events[resumed]);
  resumption.node_joined = TimeOf(watched.events[joined]) - begin;
  resumption.dispatched = TimeOf(watched.events[dispatched]) - begin;
  return resumption;
}

// One job, one kill. What the nodes trained beyond what the job needed; nullopt: the job was over.
struct KillResult {
  std::string problem;
  std::optional<Resumption> resumption;
  std::int64_t trained_again = 0;
};

KillResult KillOnce(std::mt19937_64& random, const std::string& expected) {
  Programs programs({.load_probability = "0", .hedging = false});
  const auto client = programs.Train();
  client->WaitForLine("\"roundStarted\"");
  std::this_thread::sleep_for(
      std::chrono::microseconds(std::uniform_int_distribution<>(0, 900'000)(random)));
  programs.coordinator()->Signal(SIGKILL);
  programs.coordinator()->Wait();
  programs.StartCoordinator();
  KillResult result;
  const Watched watched(client->Wait());
  result.problem = watched.Problem(expected);
  result.resumption = ResumptionIn(watched);
  for (int number = 0; number < kNodes; ++number) {
    result.trained_again += FinishedTasks(programs.NodeAddress(number));
  }
  result.trained_again -= 30 * 11;
  return result;
}

int RunKills(int kills, std::uint64_t seed) {
  const std::string digest = Undisturbed();
  std::mt19937_64 random(seed);
  Resumption longest;
  double longest_gap = 0;
  std::int64_t most = 0, sum = 0;
  for (int kill = 0; kill < kills;) {
    const KillResult result = KillOnce(random, digest);
    if (!result.problem.empty()) {
      std::printf("kill %d: %s\n", kill + 1, result.problem.c_str());
      return 1;
    }
    if (!result.resumption) continue;  // the job was over
    ++kill;
    longest.node_joined = std::max(longest.node_joined, result.resumption->node_joined);
    longest.dispatched = std::max(longest.dispatched, result.resumption->dispatched);
    longest_gap =
        std::max(longest_gap, result.resumption->dispatched - result.resumption->node_joined);
    most = std::max(most, result.trained_again);
    sum += result.trained_again;
  }
  std::printf(
      "%d kills of the coordinator: all SUCCEEDED with digest %s, no gap\n"
      "at most %.2f s until the first node was back, %.2f s until the first shard was sent, %.3f s "
      "between them\nshards that nodes trained again: at most %lld after one kill, %.2f on average "
      "(%d nodes)\n",
      kills, digest.c_str(), longest.node_joined, longest.dispatched, longest_gap,
      static_cast<long long>(most), static_cast<double>(sum) / kills, kNodes);
  return 0;
}

}  // namespace
}  // namespace mlp::test

int main(int argc, char** argv) {
  CLI::App app("The letters job on programs that are killed and frozen while it runs");
  int runs = 3;
  std::uint64_t first = 1;
  app.add_option("--runs", runs)->capture_default_str();
  app.add_option("--first", first, "The first seed")->capture_default_str();
  int kills = 0;
  app.add_option("--coordinator-kills", kills, "Kill only the coordinator, so often");
  bool network = false;
  app.add_flag("--network", network, "Cut connections, too, in a network of its own (as root)");
  CLI11_PARSE(app, argc, argv);
  if (network && !mlp::test::EnterOwnNetwork()) {
    std::fprintf(stderr, "siege: no network of its own: this needs root, and the ip command\n");
    return 1;
  }
  if (kills > 0) return mlp::test::RunKills(kills, first);
  return mlp::test::RunSieges(runs, first, network);
}
