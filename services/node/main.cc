// mlp-node: the program.

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "libmlp/kernels/kernels.h"
#include "services/base/duration_text.h"
#include "services/base/machine_memory.h"
#include "services/node/node_server.h"
#include "services/program/allocator.h"
#include "services/program/memory_bounds.h"
#include "services/program/options.h"
#include "services/program/server_program.h"
#include "services/program/signals.h"
#include "services/program/uncaught.h"

namespace {

namespace program = mlp::program;
using mlp::node::NodeServer;
using mlp::node::NodeServerOptions;

constexpr const char* kDefaultDataDir = "datasets";

constexpr const char* kFooter = R"(
Examples:
  mlp-node --coordinator localhost:9090 --listen 0.0.0.0:0 --name node-1
  mlp-node --listen 0.0.0.0:9091 --data-dir datasets --load-probability 0.2 --load-delay 3s
  mlp-node --coordinator coordinator:9090 --cache-dir /var/cache/mlp

The reference system's form works too: port and load probability, data in ./datasets:
  mlp-node 9091 0.2

SIGTERM, SIGINT and SIGHUP drain the node: it takes nothing new, finishes what it has, leaves. A
second one ends it at once.

Exit codes: 0 stopped as asked, 1 could not start, 2 wrong usage.)";

struct Arguments {
  NodeServerOptions options;
  std::string data_dir;
  std::string cache_dir;
  std::string load_delay = "3s";
  std::string drain_timeout = "8s";
  // The reference system's form: PORT [PROBABILITY].
  std::optional<int> port;
  std::optional<double> probability;
};

void DeclareLoad(CLI::App& app, Arguments& arguments) {
  app.add_option("--load-probability", arguments.options.load_probability,
                 "How often a task is rejected and, independently, held up; 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--load-delay", arguments.load_delay, "How long a task is held up, such as 20ms")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--load-seed", arguments.options.load_seed,
                 "Seed of rejections and delays: the same seed, the same misfortunes")
      ->capture_default_str();
}

void DeclareData(CLI::App& app, Arguments& arguments) {
  app.add_option("--data-dir", arguments.data_dir,
                 "Directory whose subdirectories are datasets (default: ./datasets, if it is "
                 "there)")
      ->type_name("DIR");
  app.add_option("--cache-dir", arguments.cache_dir,
                 "Directory of this node's own to keep fetched shards in (default: memory only)")
      ->type_name("DIR");
  app.add_option("--cache-bytes", arguments.options.cache_bytes,
                 "Most bytes in --cache-dir; the least recently used shards go first")
      ->type_name("BYTES")
      ->capture_default_str();
  app.add_option("--memory-bytes", arguments.options.memory_bytes,
                 "Memory for parsed shards, in bytes")
      ->type_name("BYTES")
      ->capture_default_str();
}

void DeclareMembership(CLI::App& app, Arguments& arguments) {
  app.add_option("--coordinator", arguments.options.coordinator,
                 "Register with the coordinator at HOST:PORT, keep a lease there, and fetch shards "
                 "from it (default: the coordinator knows the node by --nodes)")
      ->type_name("HOST:PORT")
      ->envname("MLP_COORDINATOR")
      ->check(program::AddressCheck(mlp::AddressUse::kConnect));
  app.add_option("--name", arguments.options.name,
                 "Name, unique within the cluster (default: host name and port)")
      ->type_name("NAME");
  app.add_option("--advertise", arguments.options.advertise,
                 "HOST:PORT where the coordinator connects to this node; :PORT stands for the "
                 "host that it sees (default: that, with the port of --listen)")
      ->type_name("HOST:PORT")
      ->check(program::AddressCheck(mlp::AddressUse::kAdvertise));
  app.add_option("--threads", arguments.options.threads,
                 "Threads that a task computes on at most, if its model is large enough for it "
                 "to pay; to the same bits")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--slots", arguments.options.slots,
                 "Tasks to hold at once at most; 0: as many as a job says")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--drain-timeout", arguments.drain_timeout,
                 "How long SIGTERM lets tasks go on that the node has")
      ->type_name("DURATION")
      ->capture_default_str();
}

void Declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--listen", arguments.options.listen,
                 "Address to serve on; port 0 takes any free one")
      ->type_name("HOST:PORT")
      ->check(program::AddressCheck(mlp::AddressUse::kListen))
      ->capture_default_str();
  DeclareData(app, arguments);
  DeclareMembership(app, arguments);
  DeclareLoad(app, arguments);
  app.add_option("port", arguments.port, "As the reference system takes it: --listen 0.0.0.0:PORT")
      ->check(CLI::Range(0, 65535));
  app.add_option("probability", arguments.probability,
                 "As the reference system takes it: --load-probability")
      ->check(CLI::Range(0.0, 1.0));
}

absl::StatusOr<NodeServerOptions> OptionsFrom(const Arguments& arguments) {
  NodeServerOptions options = arguments.options;
  std::error_code error;
  if (!arguments.data_dir.empty()) {
    options.data_dir = arguments.data_dir;
  } else if (std::filesystem::is_directory(kDefaultDataDir, error)) {
    options.data_dir = kDefaultDataDir;
  }
  if (!arguments.cache_dir.empty()) options.cache_dir = arguments.cache_dir;
  const auto delay = mlp::ParseDuration(arguments.load_delay);
  if (!delay.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--load-delay: ", delay.status().message()));
  }
  options.load_delay = *delay;
  if (arguments.port) options.listen = absl::StrCat("0.0.0.0:", *arguments.port);
  if (arguments.probability) options.load_probability = *arguments.probability;
  options.memory = [] { return mlp::Tightest(program::MemoryBounds(), program::HeldFreedBytes()); };
  return options;
}

// Returns "in datasets, else from host:9090", say.
std::string DataText(const NodeServerOptions& options) {
  std::string text;
  if (options.data_dir) text = absl::StrCat("in ", options.data_dir->string());
  if (options.coordinator.empty()) return text;
  return absl::StrCat(text, text.empty() ? "" : ", else ", "from ", options.coordinator);
}

// Drains the node until all is finished, the time is up, or another signal comes. Returns the grace
// for the rest.
std::chrono::milliseconds Drain(NodeServer& server, std::chrono::nanoseconds timeout) {
  std::future<bool> drained = server.Drain(timeout);
  while (drained.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    if (!program::TerminationSignalWithin(std::chrono::milliseconds(20))) continue;
    spdlog::warn("ends at once: a second signal");
    return std::chrono::milliseconds(0);
  }
  if (drained.get()) return std::chrono::seconds(5);  // results may still be on their way
  spdlog::warn("the tasks that are left are given up: --drain-timeout is over");
  return std::chrono::milliseconds(0);
}

int Serve(const NodeServerOptions& options, std::chrono::nanoseconds drain_timeout) {
  program::BlockTerminationSignals();
  const auto server = NodeServer::Start(options);
  if (!server.ok()) return program::Fail(server.status());
  program::LogListening(options.listen, (*server)->port());
  spdlog::info("version {}, arithmetic {}, instruction set {}, data {}, load probability {}, {}",
               MLP_VERSION, std::string(mlp::ArithmeticId()),
               std::string(InstructionSetName(mlp::ChosenInstructionSet())), DataText(options),
               options.load_probability,
               options.coordinator.empty() ? "waits for a coordinator to call"
                                           : "registers with " + options.coordinator);
  std::optional<int> signal;
  while (!(signal = program::TerminationSignalWithin(std::chrono::seconds(10)))) {
    program::GiveBackManyFreedPages();
  }
  spdlog::info("draining on signal {}", *signal);
  (*server)->Stop(Drain(**server, drain_timeout));
  spdlog::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  program::ExplainUncaught("mlp-node");
  program::HoldFreedPages();
  program::ServerProgram self({"mlp-node", "node", "mlp.v1.NodeService",
                               "Trains shards for a coordinator, one at a time.", kFooter});
  Arguments arguments;
  Declare(self.app(), arguments);
  if (const auto exit_code = self.Parse(argc, argv)) return *exit_code;

  const auto options = OptionsFrom(arguments);
  if (!options.ok()) return self.Refuse(options.status());
  if (self.healthcheck()) return self.HealthCheck(options->listen);
  const auto drain_timeout = mlp::ParseDuration(arguments.drain_timeout);
  if (!drain_timeout.ok()) {
    return self.Refuse(absl::InvalidArgumentError(
        absl::StrCat("--drain-timeout: ", drain_timeout.status().message())));
  }
  return Serve(*options, *drain_timeout);
}
