// siege: the letters job on real programs that are killed, frozen and cut off while it runs.
//
//   siege [--runs N] [--first S]       N runs; each kills (SIGKILL) and freezes (SIGSTOP) the
//                                      coordinator and nodes at least five times, as its seed draws
//   siege --relays ...                 the same through relays that break connections: refused,
//                                      half-open, late, reset in the middle of a message
//   siege --everything ...             the same of a job with every option of training on
//   siege --network ...                the same in a network of its own, in which connections to a
//                                      program are also cut: packets vanish, or are answered by a
//                                      reset. As root, with iptables
//   siege --coordinator-kills N        only the coordinator is killed, N times, at drawn moments;
//                                      prints how fast jobs went on and what was trained again
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
#include <exception>
#include <optional>
#include <random>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "test/programs/fault_injected_cluster.h"
#include "test/programs/faults.h"
#include "test/programs/watched.h"

namespace mlp::test {
namespace {

constexpr int kLeastFaults = 5;

std::string Undisturbed(bool everything = false) {
  return Watched(FaultInjectedCluster({.everything = everything}).Train()->Wait()).digest;
}

// ---- The network

bool Run(const std::string& command) { return std::system(command.c_str()) == 0; }

// Moves this process, and those that it starts, to a network that nobody else has.
bool EnterOwnNetwork() { return unshare(CLONE_NEWNET) == 0 && Run("ip link set lo up"); }

// ---- Everything is killed, frozen and cut off

struct FaultInjector {
  bool iptables = false;
  bool relays = false;
  bool everything = false;
};

// Runs one job; returns what went wrong, or empty, and in `counts` what was done to it. Throws if a
// program does not do what the harness waits for.
std::string RunSiege(std::uint64_t seed, const FaultInjector& injector, const std::string& digest,
                     FaultCounts& counts) {
  FaultInjectedCluster cluster(
      {.load_probability = "0.7", .relays = injector.relays, .everything = injector.everything});
  Faults faults(seed, cluster, {.iptables = injector.iptables, .immortal = {}});
  const auto client = cluster.Train();
  client->WaitForLine("\"sequence\"");  // a client that finds no coordinator at all gives up
  const auto watcher = cluster.Client({"watch", "job-1"});
  watcher->WaitForLine("\"sequence\"");
  while (!client->Ended()) {
    std::this_thread::sleep_for(faults.Milliseconds(100, 700));
    if (!client->Ended()) faults.Turn();
  }
  faults.MendAll();
  counts += faults.counts();
  std::string problem = Watched(client->Wait()).Problem(digest);
  if (problem.empty()) {
    problem = Watched(watcher->Wait()).Problem(digest);
    if (!problem.empty()) problem = "second watcher: " + problem;
  }
  if (problem.empty() && faults.counts().sum() < kLeastFaults)
    problem = "the job was over too soon";
  return problem;
}

int RunSieges(int runs, std::uint64_t first, const FaultInjector& injector) {
  const std::string digest = Undisturbed(injector.everything);
  FaultCounts counts;
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(runs); ++seed) {
    std::string problem;
    try {
      problem = RunSiege(seed, injector, digest, counts);
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (problem.empty()) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), problem.c_str());
    return 1;
  }
  std::printf("%d runs, %s: all SUCCEEDED with digest %s, no gap\n", runs, counts.Text().c_str(),
              digest.c_str());
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

// The times at which a job went on after its coordinator was started again.
struct Resumption {
  double node_joined = 0;  // the first node, seconds after the coordinator took the job up again
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

// The result of one job and one kill: the shards that the nodes trained beyond the job's need;
// there is no resumption if the job was over.
struct KillResult {
  std::string problem;
  std::optional<Resumption> resumption;
  std::int64_t trained_again = 0;
};

KillResult KillOnce(std::mt19937_64& random, const std::string& expected) {
  FaultInjectedCluster cluster({.hedging = false});
  const auto client = cluster.Train();
  client->WaitForLine("\"roundStarted\"");
  std::this_thread::sleep_for(
      std::chrono::microseconds(std::uniform_int_distribution<>(0, 900'000)(random)));
  cluster.program(FaultInjectedCluster::kCoordinator).Signal(SIGKILL);
  cluster.program(FaultInjectedCluster::kCoordinator).Wait();
  cluster.Start(FaultInjectedCluster::kCoordinator);
  KillResult result;
  const Watched watched(client->Wait());
  result.problem = watched.Problem(expected);
  result.resumption = ResumptionIn(watched);
  for (int number = 0; number < FaultInjectedCluster::kNodes; ++number) {
    result.trained_again += cluster.AskNode(number).finished_tasks();
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
      static_cast<long long>(most), static_cast<double>(sum) / kills, FaultInjectedCluster::kNodes);
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
  mlp::test::FaultInjector injector;
  app.add_flag("--relays", injector.relays, "Break connections, too, by relays");
  app.add_flag("--everything", injector.everything, "A job with every option of training");
  app.add_flag("--network", injector.iptables,
               "Cut connections, too, in a network of its own (as root)");
  CLI11_PARSE(app, argc, argv);
  if (injector.iptables && !mlp::test::EnterOwnNetwork()) {
    std::fprintf(stderr, "siege: no network of its own: this needs root, and the ip command\n");
    return 1;
  }
  if (kills > 0) return mlp::test::RunKills(kills, first);
  return mlp::test::RunSieges(runs, first, injector);
}
