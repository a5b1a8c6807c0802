// chaos: a job under drawn misfortunes, again and again.
//
//   chaos [--seeds N] [--first S] [--threads T]   N seeds from S on, each run twice
//   chaos --seed S [--trace]                      one of them, with what happened
//   chaos --crashes                               a coordinator that crashes after each of its
//                                                 turns; no more is trained again than one shard a
//                                                 node
//   chaos --everything …                          the same of a job with every option of training
//
// Every run must end with the digest of the run without faults, every shard counted exactly once in
// every round, within bounded time; both runs of a seed must take the same course. Exit code 0, or
// 1 with the command that repeats the first failure.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "test/programs/chaos/world.h"
#include "test/support/tiny_data.h"

namespace {

using mlp::chaos::Outcome;
using mlp::chaos::RunWorld;
using mlp::chaos::WorldOptions;

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 2000;
  int threads = 2;
  std::uint64_t seed = 0;
  bool trace = false;
  bool crashes = false;
  bool everything = false;
};

WorldOptions OptionsFrom(const Arguments& arguments) {
  WorldOptions options;
  options.everything = arguments.everything;
  return options;
}

std::string FaultFreeDigest(const Arguments& arguments) {
  WorldOptions options = OptionsFrom(arguments);
  options.faulty = false;
  return RunWorld(options).digest;
}

// Returns what is wrong; empty if nothing is.
std::string ProblemOf(const Outcome& outcome, const std::string& digest) {
  if (!outcome.problem.empty()) return outcome.problem;
  if (outcome.digest == digest) return "";
  return absl::StrCat("digest ", outcome.digest, " instead of ", digest);
}

std::string ProblemOfSeed(const Arguments& arguments, std::uint64_t seed, const std::string& digest,
                          Outcome& outcome) {
  WorldOptions options = OptionsFrom(arguments);
  options.seed = seed;
  outcome = RunWorld(options);
  std::string problem = ProblemOf(outcome, digest);
  if (problem.empty() && RunWorld(options).trace != outcome.trace) {
    problem = "the second run took another course";
  }
  return problem;
}

int RunOne(const Arguments& arguments, const std::string& program) {
  WorldOptions options = OptionsFrom(arguments);
  options.seed = arguments.seed;
  options.trace = arguments.trace;
  const std::string digest = FaultFreeDigest(arguments);
  const Outcome outcome = RunWorld(options);
  const std::string problem = ProblemOf(outcome, digest);
  const std::chrono::duration<double> time = outcome.time;
  std::printf("seed %llu: %s; %d faults, %lld turns, %.1f s of virtual time, trace %016llx\n",
              static_cast<unsigned long long>(arguments.seed),
              problem.empty() ? "OK" : problem.c_str(), outcome.faults,
              static_cast<long long>(outcome.turns), time.count(),
              static_cast<unsigned long long>(outcome.trace));
  if (!problem.empty())
    std::printf("again: %s --seed %llu --trace\n", program.c_str(),
                static_cast<unsigned long long>(arguments.seed));
  return problem.empty() ? 0 : 1;
}

int RunMany(const Arguments& arguments, const std::string& program) {
  const std::string digest = FaultFreeDigest(arguments);
  std::atomic<std::uint64_t> next = arguments.first;
  const std::uint64_t end = arguments.first + arguments.seeds;
  std::atomic<bool> failed = false;
  std::atomic<std::int64_t> faults = 0;
  std::mutex mutex;
  const auto work = [&] {
    for (std::uint64_t seed = next++; seed < end && !failed; seed = next++) {
      Outcome outcome;
      const std::string problem = ProblemOfSeed(arguments, seed, digest, outcome);
      faults += outcome.faults;
      if (problem.empty()) continue;
      const std::lock_guard lock(mutex);
      failed = true;
      std::printf("seed %llu: %s\nagain: %s --seed %llu --trace\n",
                  static_cast<unsigned long long>(seed), problem.c_str(), program.c_str(),
                  static_cast<unsigned long long>(seed));
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < arguments.threads; ++i) threads.emplace_back(work);
  threads.clear();
  if (failed) return 1;
  std::printf("%llu seeds from %llu on, twice each: all succeeded with digest %s, %lld faults\n",
              static_cast<unsigned long long>(arguments.seeds),
              static_cast<unsigned long long>(arguments.first), digest.c_str(),
              static_cast<long long>(faults));
  return 0;
}

int RunCrashes(const Arguments& arguments) {
  WorldOptions options = OptionsFrom(arguments);
  options.faulty = false;
  options.hedging = false;  // trains a shard once if nothing is lost
  options.seed = 2;
  const Outcome whole = RunWorld(options);
  std::int64_t most_again = 0;
  for (std::int64_t turn = 1; turn <= whole.turns; ++turn) {
    options.crash_after_turns = turn;
    const Outcome outcome = RunWorld(options);
    std::string problem = ProblemOf(outcome, whole.digest);
    const std::int64_t again = outcome.trained - whole.trained;
    most_again = std::max(most_again, again);
    if (again > whole.machines) problem = absl::StrCat(again, " shards were trained again");
    if (problem.empty()) continue;
    std::printf("crash after turn %lld: %s\n", static_cast<long long>(turn), problem.c_str());
    return 1;
  }
  std::printf(
      "a crash of the coordinator after each of %lld turns: digest %s every time, at most %lld "
      "shards trained again (%d nodes)\n",
      static_cast<long long>(whole.turns), whole.digest.c_str(), static_cast<long long>(most_again),
      whole.machines);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A job under drawn misfortunes, in virtual time");
  Arguments arguments;
  app.add_option("--seeds", arguments.seeds, "How many")->capture_default_str();
  app.add_option("--first", arguments.first, "The first one")->capture_default_str();
  app.add_option("--threads", arguments.threads)->capture_default_str();
  CLI::Option* one = app.add_option("--seed", arguments.seed, "Only this one");
  app.add_flag("--trace", arguments.trace, "Tell what happened")->needs(one);
  app.add_flag("--crashes", arguments.crashes, "A crash after each turn");
  app.add_flag("--everything", arguments.everything, "A job with every option of training");
  CLI11_PARSE(app, argc, argv);
  mlp::test::TinyData::Path();
  if (arguments.crashes) return RunCrashes(arguments);
  return one->count() > 0 ? RunOne(arguments, argv[0]) : RunMany(arguments, argv[0]);
}
