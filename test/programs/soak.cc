// soak: letters jobs, one after the other, on real programs that are hurt meanwhile, and the
// memory, files and threads that the programs that live through it hold.
//
//   soak [--minutes M] [--keep-jobs N] [--seed S]
//
// The coordinator and two of the nodes are never killed: they are frozen, and their connections
// broken by relays. Two nodes are killed as well, jobs are cancelled, clients and watchers killed
// or frozen. The coordinator remembers only a few jobs, so that its memory has to stop growing.
// Samples are taken between jobs, when all is mended and quiet: after a warm-up of a sixth of the
// time, half-way from there, and at the end.
//
// Exit code 1 if a job did not end as it must, a watcher missed an event, the programs do not come
// to rest (jobs, attempts, tasks), one holds more files at the end than after the warm-up, or more
// memory than half-way, beyond a margin.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mlp/v1/cluster.grpc.pb.h"
#include "mlp/v1/job.grpc.pb.h"
#include "test/programs/fault_injected_cluster.h"
#include "test/programs/faults.h"
#include "test/programs/usage.h"
#include "test/programs/watched.h"

namespace mlp::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kCoordinator = FaultInjectedCluster::kCoordinator;
constexpr int kNodes = FaultInjectedCluster::kNodes;
const std::set<int> kImmortal = {kCoordinator, 0, 1};

// The limit at the end, for the memory half-way; a heap's fragments cost more or less from job to
// job.
double MostMemory(double half_way) { return 1.05 * half_way + 4; }

struct SoakOptions {
  double minutes = 30;
  int keep_jobs = 20;
  std::uint64_t seed = 1;
};

void Expect(const std::string& problem) {
  if (!problem.empty()) throw std::runtime_error(problem);
}

// Waits until nothing is in the way.
void Await(const std::function<std::string()>& obstacle) {
  const Clock::time_point limit = Clock::now() + 60s;
  for (std::string what; !(what = obstacle()).empty(); std::this_thread::sleep_for(50ms)) {
    if (Clock::now() > limit) throw std::runtime_error("after a minute still " + what);
  }
}

class Soak {
 public:
  Soak(const SoakOptions& options, std::string digest)
      : options_(options),
        digest_(std::move(digest)),
        cluster_({.load_probability = "0.3",
                  .load_delay = "20ms",
                  .relays = true,
                  .keep_jobs = options.keep_jobs}),
        faults_(options.seed, cluster_, {.immortal = kImmortal}) {}

  // Throws if something is wrong.
  void Run() {
    const auto minutes = [&](double count) {
      return std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double, std::ratio<60>>(count));
    };
    const Clock::time_point begin = Clock::now();
    const Clock::time_point end = begin + minutes(options_.minutes);
    while (Clock::now() < begin + minutes(options_.minutes / 6) || jobs_ <= options_.keep_jobs) {
      RunJob();
    }
    const std::vector<Usage> start = Sample("start");
    const Clock::time_point half_way = Clock::now() + (end - Clock::now()) / 2;
    do RunJob();
    while (Clock::now() < half_way);
    const std::vector<Usage> middle = Sample("middle", start);
    do RunJob();
    while (Clock::now() < end);
    const std::vector<Usage> last = Sample("end", start);
    for (std::size_t i = 0; i < last.size(); ++i) {
      if (last[i].memory > MostMemory(middle[i].memory)) Expect("memory grows");
    }
  }

  std::string Summary() const {
    return absl::StrCat(jobs_, " jobs, ", cancelled_, " of them cancelled, ", orphaned_,
                        " whose client was killed, ", passers_by_, " watchers killed; ",
                        faults_.counts().Text());
  }

 private:
  enum class Misfortune { kNone, kCancelled, kClientKilled };

  void RunJob() {
    faults_.MendAll();
    const std::string id = absl::StrCat("job-", ++jobs_);
    auto client = cluster_.Train();
    client->WaitForLine("\"sequence\"");
    const auto watcher = cluster_.Client({"watch", id});
    watcher->WaitForLine("\"sequence\"");
    const Misfortune misfortune = DrawMisfortune();
    const int fateful = faults_.Between(0, 4);
    std::vector<std::unique_ptr<Process>> passers_by;
    const Clock::time_point limit = Clock::now() + 5min;
    bool cancelled = false;
    for (int turn = 0; !watcher->Ended(); ++turn) {
      if (Clock::now() > limit) throw std::runtime_error(id + " takes too long");
      std::this_thread::sleep_for(faults_.Milliseconds(100, 1000));
      faults_.Turn();
      Pass(id, passers_by);
      if (turn != fateful) continue;
      if (misfortune == Misfortune::kCancelled) cancelled = Cancel(id);
      if (misfortune == Misfortune::kClientKilled) client = nullptr;
    }
    orphaned_ += client == nullptr;
    cancelled_ += cancelled;
    faults_.MendAll();
    passers_by_ += static_cast<int>(passers_by.size());
    for (Process* witness : {watcher.get(), client.get()}) {
      if (witness == nullptr) continue;
      const Watched watched(witness->Wait());
      const std::string problem =
          cancelled ? watched.ProblemOfCancelled() : watched.Problem(digest_);
      if (!problem.empty()) Expect(id + ": " + problem);
    }
  }

  // Most jobs have none.
  Misfortune DrawMisfortune() {
    const int drawn = faults_.Between(0, 4);
    return drawn == 0   ? Misfortune::kCancelled
           : drawn == 1 ? Misfortune::kClientKilled
                        : Misfortune::kNone;
  }

  // Returns whether the job had not ended yet.
  bool Cancel(const std::string& id) {
    faults_.MendAll();
    const ProcessResult result = cluster_.Client({"cancel", id})->Wait();
    if (result.exit_code != 0) Expect("cancel " + id + ": " + result.err);
    return result.out.find("JOB_STATE_SUCCEEDED") == std::string::npos;
  }

  // May start, freeze or kill a watcher; the rest are killed when the job is over.
  void Pass(const std::string& id, std::vector<std::unique_ptr<Process>>& passers_by) {
    const int what = faults_.Between(0, 5);
    if (what < 2) passers_by.push_back(cluster_.Client({"watch", id}));
    if (passers_by.empty()) return;
    if (what == 2) passers_by.front()->Signal(SIGSTOP);
    if (what == 3) {
      ++passers_by_;
      passers_by.pop_back();
    }
  }

  // ---- At rest

  // Waits for rest, and until no program has more files than it had before.
  std::vector<Usage> Sample(const char* when, const std::vector<Usage>& before = {}) {
    faults_.MendAll();
    Await([&] { return Unrest(); });
    if (!before.empty()) Await([&] { return MoreFiles(before); });
    std::vector<Usage> usages;
    for (const int number : kImmortal) {
      usages.push_back(UsageOf(cluster_.program(number).pid()));
      const Usage& usage = usages.back();
      std::printf("%-6s  %-11s  %6.1f MiB  %3d files  %2d threads\n", when, Name(number).c_str(),
                  usage.memory, usage.files, usage.threads);
    }
    std::fflush(stdout);
    return usages;
  }

  static std::string Name(int number) {
    return number == kCoordinator ? "coordinator" : absl::StrCat("node-", number + 1);
  }

  // Returns a job, attempt or task that there still is.
  std::string Unrest() const {
    std::string unrest = RunningJob();
    if (unrest.empty()) unrest = BusyNode();
    for (int number = 0; unrest.empty() && number < kNodes; ++number) {
      const int tasks = cluster_.AskNode(number).active_tasks();
      if (tasks > 0) unrest = absl::StrCat(tasks, " tasks on ", Name(number));
    }
    return unrest;
  }

  std::string RunningJob() const {
    grpc::ClientContext context;
    v1::ListJobsResponse jobs;
    const auto stub = v1::JobService::NewStub(cluster_.channel(kCoordinator));
    if (!stub->ListJobs(&context, {}, &jobs).ok()) return "no list of jobs";
    for (const v1::Job& job : jobs.jobs()) {
      if (job.state() == v1::JOB_STATE_PENDING || job.state() == v1::JOB_STATE_RUNNING) {
        return "a job: " + job.ShortDebugString();
      }
    }
    return "";
  }

  std::string BusyNode() const {
    grpc::ClientContext context;
    v1::ListNodesResponse nodes;
    const auto stub = v1::ClusterService::NewStub(cluster_.channel(kCoordinator));
    if (!stub->ListNodes(&context, {}, &nodes).ok()) return "no list of nodes";
    if (nodes.nodes_size() != kNodes) return absl::StrCat(nodes.nodes_size(), " nodes");
    for (const v1::NodeStatus& node : nodes.nodes()) {
      if (node.state() != v1::NODE_STATE_UP || node.active_attempts() > 0) {
        return "a node that is not at rest: " + node.ShortDebugString();
      }
    }
    return "";
  }

  std::string MoreFiles(const std::vector<Usage>& before) {
    auto usage = before.begin();
    for (const int number : kImmortal) {
      const int files = UsageOf(cluster_.program(number).pid()).files;
      if (files > usage++->files) return absl::StrCat(files, " files open in ", Name(number));
    }
    return "";
  }

  const SoakOptions options_;
  const std::string digest_;
  FaultInjectedCluster cluster_;
  Faults faults_;
  int jobs_ = 0;
  int cancelled_ = 0;
  int orphaned_ = 0;
  int passers_by_ = 0;
};

int RunSoak(const SoakOptions& options) {
  const std::string digest = Watched(FaultInjectedCluster().Train()->Wait()).digest;
  Soak soak(options, digest);
  std::string problem;
  try {
    soak.Run();
  } catch (const std::exception& error) {
    problem = error.what();
  }
  std::printf("%s\n%s\n", soak.Summary().c_str(),
              problem.empty() ? "all as it must be, at rest at the end" : problem.c_str());
  return problem.empty() ? 0 : 1;
}

}  // namespace
}  // namespace mlp::test

int main(int argc, char** argv) {
  CLI::App app("Jobs in a loop with misfortunes, and what the programs hold meanwhile");
  mlp::test::SoakOptions options;
  app.add_option("--minutes", options.minutes)->capture_default_str();
  app.add_option("--keep-jobs", options.keep_jobs, "Of the coordinator")->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return mlp::test::RunSoak(options);
}
