// mlp-node: the program.

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "libmlp/training.h"
#include "services/base/duration_text.h"
#include "services/node/node_server.h"
#include "services/rpc/program.h"

namespace {

using mlp::node::NodeServer;
using mlp::node::NodeServerOptions;

constexpr const char* kDefaultDataDir = "datasets";

constexpr const char* kFooter = R"(
Example:
  mlp-node --listen 0.0.0.0:9091 --data-dir datasets --load-probability 0.2 --load-delay 3s
  mlp-node --coordinator coordinator:9090 --cache-dir /var/cache/mlp

The reference system's form works too: port and load probability, data in ./datasets:
  mlp-node 9091 0.2

Exit codes: 0 stopped as asked, 1 could not start, 2 wrong usage.)";

struct Arguments {
  NodeServerOptions options;
  std::string data_dir;
  std::string cache_dir;
  std::string load_delay = "3s";
  std::string log_level = "info";
  bool healthcheck = false;
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
      ->capture_default_str();
  app.add_option("--load-seed", arguments.options.load_seed,
                 "Seed of rejections and delays: the same seed, the same misfortunes")
      ->capture_default_str();
}

void DeclareData(CLI::App& app, Arguments& arguments) {
  app.add_option("--data-dir", arguments.data_dir,
                 "Directory whose subdirectories are datasets (default: ./datasets, where it is "
                 "there)");
  app.add_option("--coordinator", arguments.options.coordinator,
                 "host:port of the coordinator, from which shards are fetched that the data "
                 "directory lacks");
  app.add_option("--cache-dir", arguments.cache_dir,
                 "Directory of this node's own to keep fetched shards in (default: memory only)");
  app.add_option("--cache-bytes", arguments.options.cache_bytes,
                 "Most bytes in --cache-dir; the least recently used shards go first")
      ->capture_default_str();
  app.add_option("--memory-bytes", arguments.options.memory_bytes,
                 "Memory for parsed shards, in bytes")
      ->capture_default_str();
}

void Declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--listen", arguments.options.listen,
                 "Address to serve on; port 0 takes any free one")
      ->capture_default_str();
  DeclareData(app, arguments);
  app.add_option("--name", arguments.options.name,
                 "Name, unique within the cluster (default: host name and port)");
  DeclareLoad(app, arguments);
  app.add_option("--log-level", arguments.log_level, "trace, debug, info, warn or error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  app.add_flag("--healthcheck", arguments.healthcheck,
               "Ask the node at --listen's port on this machine whether it serves; exit 0 or 1");
  app.add_option("port", arguments.port, "As the reference system takes it: --listen 0.0.0.0:PORT")
      ->check(CLI::Range(0, 65535));
  app.add_option("probability", arguments.probability,
                 "As the reference system takes it: --load-probability")
      ->check(CLI::Range(0.0, 1.0));
  app.set_version_flag("--version", std::string("mlp-node ") + MLP_VERSION);
  app.footer(kFooter);
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
  return options;
}

// "in datasets, else from host:9090".
std::string DataText(const NodeServerOptions& options) {
  std::string text;
  if (options.data_dir) text = absl::StrCat("in ", options.data_dir->string());
  if (options.coordinator.empty()) return text;
  return absl::StrCat(text, text.empty() ? "" : ", else ", "from ", options.coordinator);
}

int Serve(const NodeServerOptions& options) {
  const std::string description =
      absl::StrCat("version ", MLP_VERSION, ", arithmetic ", std::string(mlp::ArithmeticId()),
                   ", data ", DataText(options), ", load probability ", options.load_probability);
  const auto start = [&] { return NodeServer::Start(options); };
  return mlp::rpc::ServeUntilSignal(start, options.listen, description);
}

}  // namespace

int main(int argc, char** argv) {
  mlp::rpc::StartLog("mlp-node");
  CLI::App app("Trains shards for a coordinator, one at a time.");
  Arguments arguments;
  Declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  spdlog::set_level(spdlog::level::from_str(arguments.log_level));

  const auto options = OptionsFrom(arguments);
  if (!options.ok()) return mlp::rpc::Fail(options.status());
  if (arguments.healthcheck) return mlp::rpc::HealthCheck(options->listen, "mlp.v1.NodeService");
  return Serve(*options);
}
