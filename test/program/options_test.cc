#include "services/program/options.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace mlp::program {
namespace {

// A variable of this process while it lives.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_(std::move(name)) {
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const std::string name_;
};

// A program with an option of each kind.
struct Sample {
  Sample() {
    app.add_option("--listen", listen)->check(AddressCheck(AddressUse::kListen));
    app.add_option("--data-dir", data_dir);
    app.add_option("--slots", slots)->check(CLI::Range(0, 1000));
    app.add_option("--nodes", nodes)->envname("SAMPLE_LIST");
    app.add_flag("--healthcheck", healthcheck);
    app.add_option("port", port);
    TakeFromEnvironment(app, "a-sample");
  }
  // Returns what the user reads; empty if the command line is right.
  std::string Parse(std::vector<std::string> arguments) {
    try {
      app.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
      return NamingVariables(app, error.what());
    }
    return "";
  }

  CLI::App app;
  std::string listen, data_dir, nodes;
  int slots = 0;
  int port = 0;
  bool healthcheck = false;
};

TEST_CASE("an option comes from the variable of its program and name") {
  const Variable data_dir("A_SAMPLE_DATA_DIR", "/data");
  const Variable slots("A_SAMPLE_SLOTS", "3");
  const Variable nodes("SAMPLE_LIST", "a:1");
  const Variable no_listen("A_SAMPLE_LISTEN", "");
  Sample sample;
  CHECK(sample.Parse({}).empty());
  CHECK(sample.data_dir == "/data");
  CHECK(sample.slots == 3);
  CHECK(sample.nodes == "a:1");
  CHECK(VariablesTaken(sample.app) ==
        std::vector<std::string>{"A_SAMPLE_DATA_DIR", "A_SAMPLE_SLOTS", "SAMPLE_LIST"});
  CHECK_THAT(sample.app.help(), Catch::Contains("A_SAMPLE_DATA_DIR"));
}

TEST_CASE("what the command line says comes before the environment") {
  const Variable slots("A_SAMPLE_SLOTS", "3");
  Sample sample;
  CHECK(sample.Parse({"4", "--slots"}).empty());  // CLI11 takes them from the end
  CHECK(sample.slots == 4);
  CHECK(VariablesTaken(sample.app).empty());
}

TEST_CASE("flags, and arguments without a name, do not come from the environment") {
  const Variable port("A_SAMPLE_PORT", "tcp://10.0.0.1:9091");  // as Kubernetes sets it
  const Variable flag("A_SAMPLE_HEALTHCHECK", "true");
  Sample sample;
  CHECK(sample.Parse({}).empty());
  CHECK(sample.port == 0);
  CHECK_FALSE(sample.healthcheck);
}

TEST_CASE("a bad value from the environment is blamed on its variable, another on its option") {
  {
    const Variable listen("A_SAMPLE_LISTEN", "http://0.0.0.0:9090");
    CHECK_THAT(Sample().Parse({}),
               Catch::StartsWith("A_SAMPLE_LISTEN: ") && Catch::Contains("without http://"));
    CHECK_THAT(Sample().Parse({"::1:9090", "--listen"}),
               Catch::StartsWith("--listen: ") && Catch::Contains("write [::1]:9090"));
  }
  const Variable slots("A_SAMPLE_SLOTS", "many");
  CHECK_THAT(Sample().Parse({}), Catch::Contains("A_SAMPLE_SLOTS") && !Catch::Contains("--slots"));
}

TEST_CASE("an option whose name begins like another's is not taken for it") {
  const Variable nodes("SAMPLE_LIST", "a:1");
  Sample sample;
  CHECK(sample.Parse({}).empty());
  CHECK(NamingVariables(sample.app, "--nodes-file: x") == "--nodes-file: x");
  CHECK(NamingVariables(sample.app, "--nodes: x") == "SAMPLE_LIST: x");
}

}  // namespace
}  // namespace mlp::program
