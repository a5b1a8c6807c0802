// mlp-coordinator: the program.

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "libmlp/data/dataset_files.h"
#include "libmlp/kernels/kernels.h"
#include "services/base/duration_text.h"
#include "services/base/field_error.h"
#include "services/base/machine_memory.h"
#include "services/coordinator/coordinator_server.h"
#include "services/coordinator/scheduler/policy.h"
#include "services/program/allocator.h"
#include "services/program/memory_bounds.h"
#include "services/program/options.h"
#include "services/program/server_program.h"
#include "services/program/signals.h"
#include "services/program/uncaught.h"

namespace {

namespace fs = std::filesystem;
namespace program = mlp::program;
using mlp::coordinator::CoordinatorServerOptions;

constexpr const char* kDefaultDataDir = "datasets";
constexpr const char* kDefaultNodesFile = "compute_nodes.txt";

// The policies that the reference system has numbers for, from 1 on. Others get none.
constexpr std::array<std::string_view, 4> kNumbered = {"random", "least-load", "pull",
                                                       "power-of-two"};

constexpr const char* kFooter = R"(
Example:
  mlp-coordinator --listen 0.0.0.0:9090 --data-dir datasets --nodes localhost:9091,localhost:9092
Nodes may come and go by themselves instead: mlp-node --coordinator HOST:9090

The reference system's form works too: port, scheduling policy (1 random, 2 least load, 3 pull,
4 power of two), nodes from compute_nodes.txt:
  mlp-coordinator 9090 1

SIGTERM, SIGINT and SIGHUP stop the coordinator; with --state-dir its jobs go on at the next start.

Exit codes: 0 stopped as asked, 1 could not start, 2 wrong usage.)";

struct Arguments {
  std::string listen = "0.0.0.0:9090";
  std::string data_dir;
  std::string nodes;
  std::string nodes_file;
  std::string log_dir;
  std::string default_policy = "pull";
  std::size_t keep_jobs = 1000;
  int keep_checkpoints = 2;
  std::string state_dir;
  std::int64_t upload_bytes = CoordinatorServerOptions().upload_bytes;
  std::string heartbeat_interval = "1s";
  mlp::coordinator::LeaseTerms lease_terms;
  // The reference system's form: PORT [POLICY].
  std::optional<int> port;
  std::string policy;
};

// "random (1), least-load (2), …": all names.
std::string PolicyWords() {
  std::string words;
  for (const std::string_view name : mlp::coordinator::PolicyNames()) {
    absl::StrAppend(&words, words.empty() ? "" : ", ", std::string(name));
    const auto* const numbered = std::find(kNumbered.begin(), kNumbered.end(), name);
    if (numbered == kNumbered.end()) continue;
    absl::StrAppend(&words, " (", numbered - kNumbered.begin() + 1, ")");
  }
  return words;
}

void DeclareLeases(CLI::App& app, Arguments& arguments) {
  app.add_option("--heartbeat-interval", arguments.heartbeat_interval,
                 "How often nodes that register (mlp-node --coordinator) say that they live")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--suspect-after", arguments.lease_terms.suspect_after,
                 "Missed heartbeats after which a node gets nothing new")
      ->capture_default_str();
  app.add_option("--dead-after", arguments.lease_terms.dead_after,
                 "Missed heartbeats after which its work goes to others")
      ->capture_default_str();
}

void Declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--listen", arguments.listen, "Address to serve on; port 0 takes any free one")
      ->type_name("HOST:PORT")
      ->check(program::AddressCheck(mlp::AddressUse::kListen))
      ->capture_default_str();
  app.add_option("--data-dir", arguments.data_dir,
                 "Directory whose subdirectories are datasets (default: ./datasets, if it is "
                 "there)")
      ->type_name("DIR");
  app.add_option("--nodes", arguments.nodes,
                 "Nodes: host:port,host:port; a name may stand for several")
      ->type_name("HOST:PORT,…")
      ->envname("MLP_NODES");
  app.add_option("--nodes-file", arguments.nodes_file,
                 "File of host,port lines (default: compute_nodes.txt, if it is there)")
      ->type_name("FILE");
  DeclareLeases(app, arguments);
  app.add_option("--log-dir", arguments.log_dir,
                 "Directory for job logs, one file of JSON lines a job")
      ->type_name("DIR");
  app.add_option("--default-policy", arguments.default_policy,
                 "Scheduling policy of jobs that name none: " + PolicyWords())
      ->type_name("POLICY")
      ->capture_default_str();
  app.add_option(
         "--state-dir", arguments.state_dir,
         "Directory for what must survive: jobs, models, datasets. After a restart jobs go on "
         "where they were (default: none, they end with this process)")
      ->type_name("DIR")
      ->envname("MLP_STATE_DIR");
  app.add_option("--upload-bytes", arguments.upload_bytes,
                 "Most bytes in --state-dir of files that were sent and are in no dataset yet; a "
                 "dataset that is put must fit")
      ->type_name("BYTES")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--keep-checkpoints", arguments.keep_checkpoints,
                 "Rounds of a running job whose parameters are kept in --state-dir")
      ->check(CLI::Range(2, 100'000))
      ->capture_default_str();
  app.add_option("--keep-jobs", arguments.keep_jobs, "Ended jobs to remember")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("port", arguments.port, "As the reference system takes it: --listen 0.0.0.0:PORT")
      ->check(CLI::Range(0, 65535));
  app.add_option("policy", arguments.policy,
                 "As the reference system takes it: --default-policy, by its number too")
      ->type_name("POLICY");
}

std::string PolicyName(const std::string& given) {
  for (std::size_t i = 0; i < kNumbered.size(); ++i) {
    if (given == absl::StrCat(i + 1)) return std::string(kNumbered[i]);
  }
  return given;
}

// Returns the nodes of --nodes, and of the file that was named or lies where one is expected.
absl::StatusOr<std::vector<mlp::Address>> Nodes(const Arguments& arguments) {
  auto nodes = mlp::coordinator::ParseNodeList(arguments.nodes);
  if (!nodes.ok()) return mlp::WithContext("--nodes", nodes.status());
  std::string file = arguments.nodes_file;
  if (file.empty() && arguments.nodes.empty() && fs::exists(kDefaultNodesFile))
    file = kDefaultNodesFile;
  if (file.empty()) return nodes;
  const auto text = mlp::ReadFile(file);
  if (!text.ok())
    return absl::InvalidArgumentError(absl::StrCat("--nodes-file: ", text.status().message()));
  const auto listed = mlp::coordinator::ParseNodeFile(*text, file);
  if (!listed.ok()) return mlp::WithContext("--nodes-file", listed.status());
  nodes->insert(nodes->end(), listed->begin(), listed->end());
  return nodes;
}

absl::StatusOr<mlp::coordinator::LeaseTerms> LeaseTermsFrom(const Arguments& arguments) {
  mlp::coordinator::LeaseTerms terms = arguments.lease_terms;
  const auto interval = mlp::ParseDuration(arguments.heartbeat_interval);
  if (!interval.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--heartbeat-interval: ", interval.status().message()));
  }
  terms.interval = *interval;
  if (absl::Status status = CheckLeaseTerms(terms); !status.ok()) return status;
  return terms;
}

absl::StatusOr<CoordinatorServerOptions> OptionsFrom(Arguments arguments) {
  if (arguments.port) arguments.listen = absl::StrCat("0.0.0.0:", *arguments.port);
  if (!arguments.policy.empty()) arguments.default_policy = arguments.policy;
  auto nodes = Nodes(arguments);
  if (!nodes.ok()) return nodes.status();
  const auto terms = LeaseTermsFrom(arguments);
  if (!terms.ok()) return terms.status();
  CoordinatorServerOptions options;
  options.lease_terms = *terms;
  options.listen = arguments.listen;
  std::error_code error;
  if (!arguments.data_dir.empty()) {
    options.data_dir = arguments.data_dir;
  } else if (fs::is_directory(kDefaultDataDir, error)) {
    options.data_dir = kDefaultDataDir;
  }
  if (!arguments.state_dir.empty()) options.state_dir = arguments.state_dir;
  options.upload_bytes = arguments.upload_bytes;
  options.nodes = *std::move(nodes);
  if (!arguments.log_dir.empty()) options.log_dir = arguments.log_dir;
  options.default_policy = PolicyName(arguments.default_policy);
  options.keep_jobs = arguments.keep_jobs;
  options.keep_checkpoints = arguments.keep_checkpoints;
  options.memory = [] { return mlp::Tightest(program::MemoryBounds(), program::HeldFreedBytes()); };
  return options;
}

std::string DescriptionOf(const CoordinatorServerOptions& options) {
  return absl::StrCat(
      "version ", MLP_VERSION, ", arithmetic ", std::string(mlp::ArithmeticId()),
      ", instruction set ", std::string(InstructionSetName(mlp::ChosenInstructionSet())),
      ", data in ", options.data_dir ? options.data_dir->string() : "none", ", state in ",
      options.state_dir ? options.state_dir->string() : "memory only", ", ", options.nodes.size(),
      " node address(es) configured, default policy ", options.default_policy);
}

int Serve(const CoordinatorServerOptions& options) {
  constexpr auto kGrace = std::chrono::seconds(5);
  program::BlockTerminationSignals();
  const auto server = mlp::coordinator::CoordinatorServer::Start(options);
  if (!server.ok()) return program::Fail(server.status());
  program::LogListening(options.listen, (*server)->port());
  spdlog::info(DescriptionOf(options));
  const int signal = program::WaitForTerminationSignal();
  spdlog::info("stopping on signal {}", signal);
  (*server)->Stop(kGrace);
  spdlog::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  program::ExplainUncaught("mlp-coordinator");
  program::HoldLittleFreedMemory();
  program::ServerProgram self(
      {"mlp-coordinator", "coordinator", "mlp.v1.JobService",
       "Takes training jobs, has nodes train their shards, averages, validates.", kFooter});
  Arguments arguments;
  Declare(self.app(), arguments);
  if (const auto exit_code = self.Parse(argc, argv)) return *exit_code;

  const auto options = OptionsFrom(arguments);
  if (!options.ok()) return self.Refuse(options.status());
  if (self.healthcheck()) return self.HealthCheck(options->listen);
  return Serve(*options);
}
