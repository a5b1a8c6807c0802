// What operators do with the programs: signals, addresses, variables, probes and limits.

#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "test/support/program_cluster.h"
#include "test/support/scratch.h"

using namespace mlp::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

// A server that needs neither nodes nor a coordinator, on a free port of 127.0.0.1.
std::vector<std::string> ServerCommand(const std::string& program) {
  return {Program(program), "--listen", "127.0.0.1:0", "--data-dir", DatasetsDirectory().string()};
}

std::vector<std::string> HealthCheckOf(const std::string& program, const std::string& listen) {
  return {Program(program), "--healthcheck", "--listen", listen};
}

// Runs a command of the client until its output has `text`; returns the last output.
std::string OutputWith(const std::string& text, const std::vector<std::string>& command) {
  constexpr int kTries = 500;  // some seconds
  std::string out;
  for (int i = 0; i < kTries && out.find(text) == std::string::npos; ++i) out = Run(command).out;
  return out;
}

std::string PortOf(const std::string& address) { return address.substr(address.rfind(':') + 1); }

}  // namespace

TEST_CASE("SIGHUP stops a server in good order, SIGUSR1 and SIGUSR2 do nothing") {
  for (const std::string program : {"mlp-coordinator", "mlp-node"}) {
    Process server(ServerCommand(program));
    const std::string address = ListeningAddress(server);
    server.Signal(SIGUSR1);
    server.Signal(SIGUSR2);
    CHECK(Run(HealthCheckOf(program, address)).exit_code == 0);
    server.Signal(SIGHUP);
    const ProcessResult result = server.Wait();
    INFO(result.err);
    CHECK(result.exit_code == 0);
    CHECK_THAT(result.err, Contains("on signal 1") && Contains("stopped"));
  }
}

TEST_CASE("a server under nohup outlives its terminal") {
  for (const std::string program : {"mlp-coordinator", "mlp-node"}) {
    std::string command = "trap '' HUP; exec";
    for (const std::string& word : ServerCommand(program)) command += " " + word;
    Process server({"sh", "-c", command});
    const std::string address = ListeningAddress(server);
    server.Signal(SIGHUP);
    CHECK(Run(HealthCheckOf(program, address)).exit_code == 0);
    server.Signal(SIGTERM);
    const ProcessResult result = server.Wait();
    CHECK(result.exit_code == 0);
    CHECK_THAT(result.err, Contains("on signal 15"));
  }
}

TEST_CASE("a job log that is moved away is made anew, and goes on there") {
  Scratch directory;
  ProgramClusterOptions options;
  options.log_dir = directory.path() / "logs";
  ProgramCluster cluster(options);
  REQUIRE(cluster.Client({"train", "letters", "--rounds", "100000", "--detach"}).exit_code == 0);
  const auto watch = cluster.StartClient({"watch", "job-1"});
  watch->WaitForLine("round 1/");
  const fs::path log = fs::directory_iterator(options.log_dir)->path();
  fs::rename(log, directory.path() / "moved.jsonl");
  watch->WaitForLine("round 20/");
  CHECK(cluster.StopCoordinator() == 0);  // all is written then
  CHECK_THAT(ContentOf(directory.path() / "moved.jsonl"), Contains("\"sequence\":\"1\""));
  CHECK_THAT(ContentOf(log), Contains("roundValidated") && !Contains("\"sequence\":\"1\""));
}

TEST_CASE("the wrong kind of server at an address is named") {
  Process node(ServerCommand("mlp-node"));
  const std::string node_address = ListeningAddress(node);
  const std::string no_coordinator = "this is an mlp-node, not an mlp-coordinator";
  const ProcessResult jobs = Run({Program("mlp-client"), "--coordinator", node_address, "jobs"});
  CHECK(jobs.exit_code == 1);
  CHECK_THAT(jobs.err, Contains(node_address + ": " + no_coordinator));

  Process lost({Program("mlp-node"), "--listen", "127.0.0.1:0", "--coordinator", node_address});
  CHECK_THAT(lost.WaitForLine("cannot register"), Contains(node_address + ": " + no_coordinator));

  const std::string own = "127.0.0.1:" + std::to_string(FreePort());
  Process coordinator({Program("mlp-coordinator"), "--listen", own, "--data-dir",
                       DatasetsDirectory().string(), "--nodes", own});
  ListeningAddress(coordinator);
  const std::string no_node = "this is an mlp-coordinator, not an mlp-node";
  CHECK_THAT(OutputWith(no_node, {Program("mlp-client"), "--coordinator", own, "nodes"}),
             Contains(no_node));
}

TEST_CASE("every address that a program takes is refused at the start, with the right form") {
  struct Case {
    std::string program;
    std::vector<std::string> arguments;
    std::string variable;  // "NAME=value"; empty: none
    std::string named;     // the option or the variable
  };
  const std::string bad = "http://127.0.0.1:9090";
  const std::vector<Case> cases = {
      {"mlp-client", {"--coordinator", bad, "jobs"}, "", "--coordinator: "},
      {"mlp-client", {"jobs"}, "MLP_COORDINATOR=" + bad, "MLP_COORDINATOR: "},
      {"mlp-node", {"--coordinator", bad}, "", "--coordinator: "},
      {"mlp-node", {}, "MLP_COORDINATOR=" + bad, "MLP_COORDINATOR: "},
      {"mlp-node", {"--listen", bad}, "", "--listen: "},
      {"mlp-node", {}, "MLP_NODE_LISTEN=" + bad, "MLP_NODE_LISTEN: "},
      {"mlp-node", {"--advertise", bad}, "", "--advertise: "},
      {"mlp-coordinator", {"--listen", bad}, "", "--listen: "},
      {"mlp-coordinator", {"--nodes", "localhost:9091," + bad}, "", "--nodes: "},
      {"mlp-coordinator", {}, "MLP_NODES=" + bad, "MLP_NODES: "},
  };
  for (const Case& refused : cases) {
    std::vector<std::string> command{Program(refused.program)};
    command.insert(command.end(), refused.arguments.begin(), refused.arguments.end());
    ProcessOptions options;
    if (!refused.variable.empty()) options.environment = {refused.variable};
    const ProcessResult result = Run(command, options);
    CAPTURE(refused.program, refused.named, result.err);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, Contains(refused.named) && Contains("without http://"));
  }
}

TEST_CASE("a node takes its options from the environment, and says which") {
  ProgramCluster cluster({});
  ProcessOptions options;
  options.environment = {"MLP_COORDINATOR=" + cluster.coordinator_address(),
                         "MLP_NODE_LISTEN=127.0.0.1:0", "MLP_NODE_NAME=of-the-environment"};
  Process node({Program("mlp-node")}, options);
  CHECK_THAT(node.WaitForLine("options from the environment"),
             Contains("MLP_COORDINATOR") && Contains("MLP_NODE_LISTEN, ") &&
                 Contains("MLP_NODE_NAME") && !Contains("of-the-environment"));
  node.WaitForLine("registered with the coordinator as of-the-environment");
}

TEST_CASE("a health check asks the address that the server listens on") {
  for (const std::string host : {"127.0.0.2", "0.0.0.0", "localhost"}) {
    Process coordinator({Program("mlp-coordinator"), "--listen", host + ":0", "--data-dir",
                         DatasetsDirectory().string()});
    const std::string listen = host + ":" + PortOf(ListeningAddress(coordinator));
    CAPTURE(listen);
    CHECK(Run(HealthCheckOf("mlp-coordinator", listen)).exit_code == 0);
  }
}

// A sanitizer does not start under such a limit.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a program that may start no thread says which limit to raise") {
  for (const std::string command : {"mlp-coordinator --listen 127.0.0.1:0",
                                    "mlp-node --coordinator 127.0.0.1:1 --listen 127.0.0.1:0",
                                    "mlp-client --coordinator 127.0.0.1:1 jobs"}) {
    // No stack of that size, in KiB, fits into memory, so no thread can be started.
    const std::string program = command.substr(0, command.find(' '));
    const ProcessResult result = Run({"sh", "-c",
                                      "ulimit -s 137438953472 2>/dev/null || exit 77; exec " +
                                          Program(program) + command.substr(program.size())});
    if (result.exit_code == 77) {
      WARN("skipped: the size of stacks is limited here");
      return;
    }
    CAPTURE(command, result.err);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.err, Contains(program + ": cannot start a thread: ") &&
                               Contains("ulimit -u") && !Contains("terminate"));
  }
}

#endif

TEST_CASE("a state directory may have any name") {
  Scratch directory;
  ProcessOptions here;
  here.directory = directory.path();
  for (const std::string name : {"file:state", "st?a=1", "st%20x"}) {
    std::vector<std::string> command = ServerCommand("mlp-coordinator");
    command.insert(command.end(), {"--state-dir", name});
    Process coordinator(command, here);
    ListeningAddress(coordinator);
    CHECK(fs::exists(directory.path() / name / "coordinator.db"));
  }
}
