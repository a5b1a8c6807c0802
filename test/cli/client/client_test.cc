// The program itself, against a coordinator that plays a recording, or none.
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "services/base/field_error.h"
#include "test/cli/all_commands.h"
#include "test/cli/client/client_program.h"
#include "test/cli/client/fake_coordinator.h"
#include "test/support/process.h"
#include "test/support/scratch.h"

namespace mlp::cli {
namespace {

using Catch::Contains;
using test::ContentOf;
using test::Process;
using test::ProcessResult;
using test::Scratch;

TEST_CASE("help goes to standard output and wrong usage to the error output") {
  const ProcessResult help = test::Run({kClient, "train", "--help"});
  CHECK(help.exit_code == 0);
  CHECK_THAT(help.out, Contains("Example"));
  const ProcessResult wrong = test::Run({kClient, "train", "letters", "--rounds", "x"});
  CHECK(wrong.exit_code == 2);
  CHECK_THAT(wrong.err, Contains("--rounds"));
  CHECK(wrong.out.empty());
  CHECK(test::Run({kClient}).exit_code == 2);
  CHECK_THAT(test::Run({kClient, "--version"}).out, Contains("mlp-client"));
}

// Each command that needs a coordinator.
const std::vector<std::string> kCommands[] = {
    {"train", "letters"},
    {"jobs"},
    {"job", "job-1"},
    {"watch", "job-1"},
    {"cancel", "job-1"},
    {"nodes"},
    {"model", "job-1"},
    {"evaluate", "job-1", "rows.txt"},
    {"nodes", "rm", "a"},
    {"drain", "a"},
    {"undrain", "a"},
    {"explain", "job-1"},
    {"timeline", "job-1"},
    {"rm", "job-1"},
    {"predict", "job-1", "/dev/null"},
    {"model", "export", "job-1"},
    {"model", "import", MLP_SOURCE_DIR "/fuzz/corpus/model_file/fruit.mlp"},
    {"model", "ls"},
    {"model", "rm", "letters"},
    {"dataset", "put", MLP_SOURCE_DIR "/test/recorded/tiny"},
    {"dataset", "ls"},
    {"dataset", "rm", "letters"},
    {"dataset", "show", "no-such-dataset"},
    {"sweep", MLP_SOURCE_DIR "/experiments/letters-sweep.toml"}};

TEST_CASE("every command is tried without a coordinator, unless it needs none") {
  const std::set<std::string> need_none = {"dataset split", "experiment", "replay"};
  for (const std::string& name : AllCommands()) {
    INFO(name);
    const bool tried = std::ranges::any_of(kCommands, [&name](const auto& command) {
      return absl::StrJoin(command, " ").append(" ").starts_with(name + " ");
    });
    CHECK(tried != need_none.contains(name));
  }
}

TEST_CASE(
    "with nothing listening every command tries for a moment, ends with 3 and says what to do") {
  std::vector<std::unique_ptr<Process>> clients;  // all at once: each waits
  for (const auto& command : kCommands) {
    clients.push_back(std::make_unique<Process>(ClientOf("127.0.0.1:1", command)));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    CAPTURE(kCommands[i]);
    const ProcessResult result = clients[i]->Wait();
    CHECK(result.exit_code == 3);
    CHECK_THAT(result.err, Contains("no coordinator listens at 127.0.0.1:1 yet; trying for 2 s") &&
                               Contains("cannot reach the coordinator at 127.0.0.1:1") &&
                               Contains("is it running?"));
    CHECK(result.out.empty());
  }
}

TEST_CASE("a client that is started before its coordinator listens waits for it") {
  const std::string address = FakeCoordinator().address();  // a port that is free again
  Process client(ClientOf(address, {"train", "letters", "--detach"}));
  client.WaitForLine("no coordinator listens at " + address);
  FakeCoordinator coordinator({.listen = address});
  const ProcessResult result = client.Wait();
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("job-1 submitted"));
  CHECK(coordinator.submissions().size() == 1);
}

TEST_CASE("an interrupt ends the wait for a coordinator") {
  Process client(ClientOf("127.0.0.1:1", {"jobs"}));
  client.WaitForLine("no coordinator listens");
  client.Signal(SIGINT);
  CHECK(client.Wait().exit_code == 130);
}

TEST_CASE("explain says what a job waits for and what comes next, in two lines or in JSON") {
  FakeCoordinator coordinator;
  const ProcessResult result = RunClient(coordinator.address(), {"explain", "job-1"});
  CHECK(result.exit_code == 0);
  CHECK(result.out ==
        "job-1, round 7 of 30: waits for shard 4 on node-2, held up or queued there for 1.2 s\n"
        "next: in 0.3 s, a second copy of shard 4 goes to node-4 if it has not started by then\n");
  const ProcessResult json = RunClient(coordinator.address(), {"explain", "job-1", "--json"});
  CHECK_THAT(json.out, Catch::StartsWith("{\"waitingFor\":\"job-1, round 7 of 30: ") &&
                           Contains("\"since\":\"1970-01-01T00:16:40Z\"") &&
                           Contains("\"nextTime\":\"1970-01-01T00:16:41.500Z\""));
  const ProcessResult unknown = RunClient(coordinator.address(), {"explain", "job-2"});
  CHECK(unknown.exit_code == 1);
  CHECK(unknown.err == "mlp-client: there is no job job-2\n");
}

TEST_CASE("what the coordinator says moves no cursor and forges no line") {
  const std::string text = "goes\x1b[2J on\nmlp-client: FORGED \u202e";
  FakeCoordinator coordinator({.refusal = absl::InvalidArgumentError(text), .next = text});
  const ProcessResult said = RunClient(coordinator.address(), {"explain", "job-1"});
  CHECK_THAT(said.out, Contains("next: in 0.3 s, goes\\x1b[2J on\\nmlp-client: FORGED \\u202e\n"));
  const ProcessResult json = RunClient(coordinator.address(), {"explain", "job-1", "--json"});
  CHECK_THAT(json.out, Contains("goes\\u001b[2J on\\nmlp-client: FORGED \\u202e"));
  const ProcessResult refused = RunClient(coordinator.address(), {"train", "tiny"});
  CHECK(refused.err == "mlp-client: goes\\x1b[2J on\\nmlp-client: FORGED \\u202e\n");
}

TEST_CASE("a text that is not UTF-8 is refused by its option, and nothing else is said") {
  FakeCoordinator coordinator;
  const ProcessResult id =
      RunClient(coordinator.address(), {"train", "tiny", "--request-id", "\xff"});
  CHECK(id.exit_code == 1);
  CHECK(id.err == "mlp-client: --request-id: '\\xff' is not text in UTF-8\n");
  const ProcessResult dataset = RunClient(coordinator.address(), {"train", "d\xe9"});
  CHECK(dataset.err == "mlp-client: DATASET: 'd\\xe9' is not text in UTF-8\n");
  CHECK(coordinator.submissions().empty());
}

TEST_CASE("the environment says where the coordinator is") {
  const ProcessResult result = test::Run(
      {kClient, "jobs"}, {.environment = {"MLP_COORDINATOR=127.0.0.1:2"}, .directory = {}});
  CHECK(result.exit_code == 3);
  CHECK_THAT(result.err, Contains("127.0.0.1:2"));
}

TEST_CASE("train submits, follows and sums up") {
  FakeCoordinator coordinator;
  const ProcessResult result =
      RunClient(coordinator.address(), {"train", MLP_SOURCE_DIR "/datasets/letters/"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("job-1 submitted: letters") &&
                             Contains("2 rounds of 10 epochs\n") && Contains("round 2/2") &&
                             Contains("validation error 0.3331 (1166 of 3500 rows") &&
                             Contains("2 nodes") && Contains("model digest     c0ffee"));
  CHECK(result.err.empty());
  REQUIRE(coordinator.submissions().size() == 1);
  const v1::CreateJobRequest request = coordinator.submissions()[0];
  CHECK(request.spec().dataset() == "letters");
  CHECK_THAT(request.request_id(),
             Catch::Matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST_CASE("a submission that was not answered is repeated with the same id") {
  FakeCoordinator coordinator({.refused_submissions = 2});
  const ProcessResult result = RunClient(coordinator.address(), {"train", "letters", "--detach"});
  CHECK(result.exit_code == 0);
  const auto submissions = coordinator.submissions();
  REQUIRE(submissions.size() == 3);
  CHECK(submissions[0].request_id() == submissions[2].request_id());
  CHECK(coordinator.watched_from().empty());
}

TEST_CASE("what the coordinator answers is said in its words, and not asked again for a field") {
  const absl::Status busy = absl::UnavailableError("the disk is busy; try again");
  FakeCoordinatorOptions options;
  std::string said = "mlp-client: the disk is busy; try again\n";
  std::size_t asked = 3;
  SECTION("of nothing in particular") { options.refusal = busy; }
  SECTION("of a field") {
    options.refusal = AtField("spec.dataset", busy);
    said = "mlp-client: DATASET: the disk is busy; try again\n";
    asked = 1;
  }
  const FakeCoordinator coordinator(options);
  const ProcessResult result = RunClient(coordinator.address(), {"train", "letters", "--detach"});
  CHECK(result.exit_code == 1);
  CHECK(result.err == said);
  CHECK(coordinator.submissions().size() == asked);
}

TEST_CASE("a broken stream is said and mended") {
  FakeCoordinator coordinator({.break_after = 12});
  const ProcessResult result =
      RunClient(coordinator.address(), {"train", "letters", "--request-id", "mine"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, Contains("lost the coordinator") && Contains("trying again"));
  CHECK_THAT(result.out, Contains("job-1 SUCCEEDED"));
  CHECK(coordinator.submissions()[0].request_id() == "mine");
}

TEST_CASE("a coordinator that is lost right after the last event is asked again for the summary") {
  FakeCoordinator coordinator({.refused_questions = 1});
  const ProcessResult result = RunClient(coordinator.address(), {"train", "letters"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("job-1 SUCCEEDED"));
  CHECK(result.err == "mlp-client: no answer from the coordinator at " + coordinator.address() +
                          ": the connection broke; trying again\n");
}

TEST_CASE("JSON output is one object a line and ends with the job") {
  FakeCoordinator coordinator;
  const ProcessResult result = RunClient(coordinator.address(), {"--json", "train", "l"});
  CHECK(result.exit_code == 0);
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 22);
  CHECK_THAT(result.out, Catch::StartsWith("{\"sequence\":\"1\""));
  const std::string last = result.out.substr(result.out.rfind("\n{") + 1);
  CHECK_THAT(last, Catch::StartsWith("{\"job\":{") && Contains("\"modelDigest\":\"c0ffee\""));
}

TEST_CASE("JSON output is one object a line where a model is written, too") {
  FakeCoordinator coordinator;
  const Scratch directory;
  const std::string file = (directory.path() / "letters.mlp").string();
  const std::vector<std::string> commands[] = {{"--json", "train", "letters", "--save", file},
                                               {"--json", "model", "export", "job-1", "-o", file}};
  for (const auto& command : commands) {
    CAPTURE(command);
    const ProcessResult result = test::Run(ClientOf(coordinator.address(), command));
    CHECK(result.exit_code == 0);
    std::istringstream lines(result.out);
    std::string last;
    for (std::string line; std::getline(lines, line); last = line) {
      CHECK_THAT(line, Catch::StartsWith("{") && Catch::EndsWith("}"));
    }
    CHECK_THAT(last, Contains("\"file\":\"" + file + "\"") && Contains("\"modelDigest\":\"") &&
                         Contains("\"bytes\":" + std::to_string(ContentOf(file).size())));
  }
}

TEST_CASE("an interrupt detaches and says how to go on") {
  FakeCoordinator coordinator({.hold = true});
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const std::string command = signal == SIGTERM ? "watch" : "train";
    Process client(ClientOf(coordinator.address(), {command, "job-1"}));
    client.WaitForLine("round 1/2");
    client.Signal(signal);
    const ProcessResult result = client.Wait();
    CHECK(result.exit_code == 130);
    CHECK_THAT(result.err,
               Contains("job-1 goes on") && Contains(" watch job-1") && Contains(" cancel job-1"));
    CHECK_THAT(result.out, !Contains("SUCCEEDED"));
  }
}

const std::string kLetters = MLP_SOURCE_DIR "/datasets/letters";

TEST_CASE("a local cluster trains the reference's job without any service") {
  const std::vector<std::string> job = {kClient,    "train",     "--local",  "3", kLetters,
                                        "--preset", "reference", "--rounds", "2"};
  const ProcessResult alone = test::Run(job);
  CHECK(alone.exit_code == 0);
  CHECK_THAT(alone.out, Contains("job-1 SUCCEEDED") && Contains("rows of validate_letters.txt"));

  std::vector<std::string> loaded = job;
  loaded.insert(loaded.end(), {"--load-probability", "0.8", "--load-delay", "1ms"});
  const ProcessResult slow = test::Run(loaded);
  CHECK(slow.exit_code == 0);
  const auto digest = [](const std::string& out) { return out.substr(out.find("model digest")); };
  CHECK(digest(slow.out) == digest(alone.out));
}

TEST_CASE("an interrupt ends a local job and its cluster") {
  Process client({kClient, "train", "--local", "1", kLetters, "--rounds", "100000"});
  client.WaitForLine("round 1/100000");
  client.Signal(SIGINT);
  const ProcessResult result = client.Wait();
  CHECK(result.exit_code == 130);
  CHECK_THAT(result.err, Contains("interrupted; the job and its cluster stop"));
}

TEST_CASE("a local cluster that can't be says why") {
  const ProcessResult no_data = test::Run({kClient, "train", "--local", "1", "no/such/dataset"});
  CHECK(no_data.exit_code == 1);
  CHECK_THAT(no_data.err, Contains("no directory no/such/dataset"));
  const ProcessResult file =
      test::Run({kClient, "train", "--local", "1", kLetters + "/train_letters1.txt"});
  CHECK(file.exit_code == 1);
  CHECK_THAT(file.err, Contains("train_letters1.txt is a file; `mlp-client dataset split "));
  const ProcessResult no_nodes = test::Run({kClient, "train", "--local", "0", kLetters});
  CHECK(no_nodes.exit_code == 2);
  CHECK_THAT(no_nodes.err, Contains("cannot start the local cluster"));
  const ProcessResult no_chance =
      test::Run({kClient, "train", "--local", "1", kLetters, "--load-probability", "1.5"});
  CHECK(no_chance.exit_code == 2);
  CHECK_THAT(no_chance.err, Contains("probability"));
}

TEST_CASE("an unknown job is the request's failure") {
  FakeCoordinator coordinator;
  const ProcessResult result = RunClient(coordinator.address(), {"watch", "job-2"});
  CHECK(result.exit_code == 1);
  CHECK(result.err == "mlp-client: there is no job job-2\n");
}

TEST_CASE("a model is written whole") {
  FakeCoordinator coordinator;
  const Scratch directory;
  const std::string file = (directory.path() / "letters.model").string();
  const ProcessResult result = RunClient(coordinator.address(), {"model", "job-1", "-o", file});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("model digest"));
  CHECK(ContentOf(file) == coordinator.model().SerializeAsString());
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
  CHECK(RunClient(coordinator.address(), {"model", "job-1"}).out ==
        coordinator.model().SerializeAsString());
}

TEST_CASE("a damaged or unknown model leaves no file") {
  FakeCoordinator coordinator({.wrong_digest = true});
  const Scratch directory;
  const std::string file = (directory.path() / "letters.model").string();
  const ProcessResult damaged = RunClient(coordinator.address(), {"model", "job-1", "-o", file});
  CHECK(damaged.exit_code == 1);
  CHECK_THAT(damaged.err, Contains("damaged"));
  CHECK(RunClient(coordinator.address(), {"model", "job-2", "-o", file}).exit_code == 1);
  CHECK(directory.empty());
}

TEST_CASE("a model that can't be written is an error that names the file") {
  FakeCoordinator coordinator;
  const Scratch directory;
  const std::string file = (directory.path() / "missing" / "letters.model").string();
  const ProcessResult result = RunClient(coordinator.address(), {"model", "job-1", "-o", file});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Contains("cannot write " + file));
}

TEST_CASE("evaluate measures a file that is here and asks the coordinator about others") {
  FakeCoordinator coordinator;
  const Scratch directory;
  const std::filesystem::path file = directory.path() / "rows.txt";
  std::ofstream(file) << "1,0\n2,0\n";
  const ProcessResult here = RunClient(coordinator.address(), {"evaluate", "job-1", file.string()});
  CHECK(here.exit_code == 0);
  CHECK_THAT(here.out, Contains("error 0.0000 (0 of 2 rows of rows.txt wrong), accuracy 1.0000"));
  CHECK(coordinator.evaluated().file().empty());
  const ProcessResult there =
      RunClient(coordinator.address(), {"evaluate", "job-1", "letters/train_letters11.txt"});
  CHECK(there.exit_code == 0);
  CHECK(there.out ==
        "error 0.3280 (492 of 1500 rows of train_letters11.txt wrong), accuracy 0.6720, loss "
        "1234.5000, model digest c0ffee\n");
  CHECK(there.err.empty());
  CHECK(coordinator.evaluated().file() == "letters/train_letters11.txt");
  const ProcessResult nowhere =
      RunClient(coordinator.address(), {"evaluate", "job-2", "missing.txt"});
  CHECK(nowhere.exit_code == 1);
  CHECK(nowhere.err ==
        "mlp-client: no file missing.txt is here; asking the coordinator for it in its data "
        "directory\n"
        "mlp-client: there is no job job-2\n");
}

}  // namespace
}  // namespace mlp::cli
