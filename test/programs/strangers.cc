// strangers: what a stranger who reaches the port can do to a coordinator that trains.
//
//   strangers [--only NAME,...] [--seconds S] [--nodes N] [--quiet S] [--slack F]
//
//   nothing     no attack, to compare with
//   idle        1,100 connections that say nothing, held for --seconds, then --nodes nodes at once;
//               the coordinator may open 256 files
//   heartbeats  10,000 heartbeats of invented nodes
//   lost        1,000 invented nodes that registered once; what the coordinator costs at rest
//   bomb        a request of 1,000 MiB of zeros that gzip made small
//   headers     8 connections that send 200 MB of headers each, and never end them
//   large       20 requests of 60 MiB at once
//   readers     6 readers of a model of 99 MiB that do not read; then SIGTERM while 50 do not
//   watches     3,000 watches of health on one connection
//   resets      20,000 calls on one connection that are reset at once
//
// Each has a coordinator of its own, whose two nodes train one job after the other, while an
// observer asks for the list of jobs every 20 ms. A line of each says what came of the attack, the
// coordinator's peak memory during it, how long the observer waited, and the files open before and
// after. Exit code 1 if the peak is 400 MiB or more, an answer took over a second (or, at
// heartbeats and lost, the 99th percentile of them 50 or 10 ms) times --slack, or failed, a job did
// not end with the digest of the undisturbed one, files stayed open, or what the attack itself
// looks at is wrong.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/program/descriptor_limit.h"
#include "test/programs/attacks.h"

namespace mlp::test {
namespace {

constexpr double kLongestAnswer = 1;  // seconds

void Judge(Target& target, const Attack& attack, const AttackSettings& settings) {
  const Answers& answers = target.answers();
  if (target.after().peak >= kMostMemory) target.Blame("much memory");
  if (answers.Within(1) > kLongestAnswer * settings.slack) target.Blame("a late answer");
  if (answers.Within(0.99) > attack.p99 * settings.slack) target.Blame("many late answers");
  for (const auto& [error, count] : answers.unanswered) {
    target.Blame(absl::StrCat(count, " calls unanswered: ", error));
  }
}

void Print(const Target& target, const Attack& attack, const std::string& what) {
  const Answers& answers = target.answers();
  std::printf(
      "%s: %s; peak %.0f MiB (%.0f before); %zu ListJobs: p50 %.1f ms, p99 %.1f ms, largest %.1f "
      "ms; %d jobs; %d files, %d afterwards: %s\n",
      std::string(attack.name).c_str(), what.c_str(), target.after().peak, target.before().memory,
      answers.seconds.size(), 1000 * answers.Within(0.5), 1000 * answers.Within(0.99),
      1000 * answers.Within(1), target.jobs(), target.before().files, target.after().files,
      target.wrong().empty() ? "OK" : absl::StrJoin(target.wrong(), ", ").c_str());
  std::fflush(stdout);
}

// Returns whether the coordinator held out.
bool Run(const Attack& attack, const AttackSettings& settings) {
  try {
    Target target(attack.target);
    std::string what = attack.run(target, settings);
    target.Rest();
    Judge(target, attack, settings);
    if (attack.once_quiet != nullptr) {
      absl::StrAppend(&what, "; ", attack.once_quiet(target, settings));
    }
    Print(target, attack, what);
    return target.wrong().empty();
  } catch (const std::exception& error) {
    std::printf("%s: %s\n", std::string(attack.name).c_str(), error.what());
    return false;
  }
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const Attack& attack : Attacks()) names.emplace_back(attack.name);
  return names;
}

int RunAll(const std::vector<std::string>& names, const AttackSettings& settings) {
  int lost = 0;
  for (const Attack& attack : Attacks()) {
    const bool wanted = std::ranges::find(names, attack.name) != names.end();
    if (wanted && !Run(attack, settings)) ++lost;
  }
  return lost == 0 ? 0 : 1;
}

}  // namespace
}  // namespace mlp::test

int main(int argc, char** argv) {
  CLI::App app("What a stranger who reaches the port can do to a coordinator that trains");
  mlp::test::AttackSettings settings;
  std::vector<std::string> names = mlp::test::Names();
  app.add_option("--only", names, "Attacks")
      ->delimiter(',')
      ->check(CLI::IsMember(mlp::test::Names()));
  app.add_option("--seconds", settings.seconds, "That idle connections are held")
      ->capture_default_str();
  app.add_option("--nodes", settings.nodes, "That register at once")->capture_default_str();
  app.add_option("--quiet", settings.quiet, "Seconds of processor time at rest")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--slack", settings.slack, "Factor for the limits of time")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  mlp::program::RaiseDescriptorLimit();
  return mlp::test::RunAll(names, settings);
}
