// `mlp-client sweep` itself, against a coordinator whose jobs end at once, or on its own cluster.
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "test/cli/client/client_program.h"
#include "test/cli/sweep/fake_jobs.h"
#include "test/support/process.h"
#include "test/support/scratch.h"

namespace mlp::cli {
namespace {

using Catch::Contains;
using test::Process;
using test::ProcessResult;

// A directory with a sweep's file, to run it in.
class SweepDirectory {
 public:
  explicit SweepDirectory(const std::string& rates) {
    Write("dataset = \"l\"\n[try]\nlearning-rate = [" + rates + "]\n");
  }

  void Write(const std::string& text) const { scratch_.Write("s.toml", text); }
  std::vector<std::string> Command(const std::string& address,
                                   std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {kClient, "--coordinator", address, "sweep", "s.toml"});
    return more;
  }
  ProcessResult Run(const std::string& address, std::vector<std::string> more = {}) const {
    return test::Run(Command(address, std::move(more)), here());
  }
  test::ProcessOptions here() const {
    test::ProcessOptions options;
    options.directory = path();
    return options;
  }
  std::string Content(const std::filesystem::path& file) const {
    return test::ContentOf(path() / file);
  }
  const std::filesystem::path& path() const { return scratch_.path(); }

 private:
  test::Scratch scratch_;
};

TEST_CASE("a sweep trains each setting once, ranks them and writes files") {
  const FakeJobs jobs;
  const SweepDirectory place("0.25, 0.125, 0.5");
  const ProcessResult result = place.Run(jobs.address(), {"--out", "out"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK(jobs.jobs().size() == 3);
  CHECK_THAT(result.out, Contains("trial 2 of 3  learning-rate 0.125  accuracy 0.8750") &&
                             Contains("learning-rate  accuracy  time    job\n"
                                      "0.125          0.8750    0.00 s  job-2\n"
                                      "0.25           0.7500    0.00 s  job-1\n"
                                      "0.5            0.5000    0.00 s  job-3\n") &&
                             Contains("mlp-client --coordinator " + jobs.address() +
                                      " train l --learning-rate 0.125\n") &&
                             Contains("Written to out: results.csv, report.html"));
  CHECK_THAT(place.Content("out/results.csv"), Contains("2,2,0.125,0,succeeded,0.875,"));
  CHECK_THAT(place.Content("out/report.html"), Contains("<svg") && Contains("s.toml"));
}

TEST_CASE("the same sweep again submits nothing, under another name everything") {
  const FakeJobs jobs;
  const SweepDirectory place("0.25, 0.125, 0.5");
  const ProcessResult first = place.Run(jobs.address());
  CHECK(place.Run(jobs.address()).out == first.out);
  CHECK(jobs.jobs().size() == 3);
  CHECK(place.Run(jobs.address(), {"--name", "again"}).exit_code == 0);
  CHECK(jobs.jobs().size() == 6);
  CHECK(std::distance(std::filesystem::directory_iterator(place.path() / "sweeps-out"), {}) == 2);
}

TEST_CASE("trials that fail or are refused are shown with the reason and stop nothing") {
  const FakeJobs jobs;
  const SweepDirectory place("2, 0.25, -1");
  const ProcessResult result = place.Run(jobs.address());
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out,
             Contains("trial 1 of 3  learning-rate 2  FAILED: the parameters are not finite") &&
                 Contains("not trained: --learning-rate: must be greater than 0") &&
                 Contains("\n0.25           0.7500    0.00 s  job-2\n2              -"));
  const SweepDirectory hopeless("2, 3");
  CHECK(hopeless.Run(jobs.address()).exit_code == 1);
}

TEST_CASE("a sweep keeps four jobs queued at most") {
  FakeJobs jobs({.hold_after = 1});
  const SweepDirectory place("0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8");
  Process client(place.Command(jobs.address()), place.here());
  client.WaitForLine("trial 1 of 8");
  jobs.Release();
  CHECK(client.Wait().exit_code == 0);
  CHECK(jobs.jobs().size() == 8);
  CHECK(jobs.most_running() == 4);
}

TEST_CASE("an interrupted sweep says how to go on and trains nothing twice when it does") {
  FakeJobs jobs({.hold_after = 2});
  const SweepDirectory place("0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8");
  const std::vector<std::string> options = {"--name", "n", "--out", "o"};
  Process client(place.Command(jobs.address(), options), place.here());
  client.WaitForLine("trial 2 of 8");
  client.Signal(SIGINT);
  const ProcessResult result = client.Wait();
  CHECK(result.exit_code == 130);
  CHECK_THAT(result.err, Contains("interrupted after 2 of 8 trials; job-3") &&
                             Contains("go on. Go on with all: mlp-client --coordinator " +
                                      jobs.address() + " sweep s.toml --name n --out o\n"));
  CHECK_THAT(place.Content("o/report.html"), Contains("Only 2 of 8 trials have ended."));
  jobs.Release();
  CHECK(place.Run(jobs.address(), options).exit_code == 0);
  CHECK(jobs.jobs().size() == 8);
  CHECK_THAT(place.Content("o/report.html"), !Contains("Only"));
}

TEST_CASE("a sweep waits for a full queue") {
  const FakeJobs jobs({.full = 2});
  const ProcessResult result = SweepDirectory("0.1, 0.2").Run(jobs.address());
  CHECK(result.exit_code == 0);
  CHECK(result.err == "mlp-client: the queue is full; waiting for it\n");
}

TEST_CASE("a job that the coordinator has lost is submitted again, but not for ever") {
  const FakeJobs jobs({.lose = 1});
  const ProcessResult result = SweepDirectory("0.1, 0.2").Run(jobs.address());
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, Contains("the coordinator has lost job-1, trial 1; submitting it again"));
  const FakeJobs forgetful({.lose = 4});
  CHECK_THAT(SweepDirectory("0.1, 0.2").Run(forgetful.address()).out,
             Contains("the coordinator has lost it 4 times"));
}

TEST_CASE("a dataset that is not there ends a sweep at once") {
  const FakeJobs jobs({.no_dataset = true});
  const ProcessResult result = SweepDirectory("0.1, 0.2").Run(jobs.address());
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Contains("no dataset l"));
  CHECK(result.out.empty());
}

TEST_CASE("a sweep's JSON has an object a trial, a setting and the sweep") {
  const FakeJobs jobs;
  const SweepDirectory place("0.25, 2");
  const ProcessResult result = place.Run(jobs.address(), {"--json"});
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 5);
  CHECK_THAT(result.out, Contains("\"kind\":\"trial\"") && Contains("\"learning-rate\":\"0.25\"") &&
                             Contains("\"median_score\":0.75") && Contains("\"failed\":1") &&
                             Contains("\"problem\":\"the parameters are not finite\"") &&
                             Contains("\"kind\":\"sweep\"") &&
                             Contains("\"best_command\":\"mlp-client"));
}

TEST_CASE("a sweep's file that is wrong is refused before anything is submitted") {
  const FakeJobs jobs;
  const SweepDirectory place("0.1, \"fast\"");
  const ProcessResult result = place.Run(jobs.address());
  CHECK(result.exit_code == 2);
  CHECK(result.err == "mlp-client: s.toml:3: try.learning-rate: 'fast' is not one of FLOAT\n");
  CHECK(jobs.jobs().empty());
  CHECK(place.Run(jobs.address(), {"--name", "a/b"}).exit_code == 2);
}

TEST_CASE("results that cannot be written are an error, and the table is printed all the same") {
  const FakeJobs jobs;
  const SweepDirectory place("0.25");
  const ProcessResult result = place.Run(jobs.address(), {"--out", "s.toml/out"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Contains("cannot make the directory s.toml/out"));
  CHECK_THAT(result.out, Contains("0.25           0.7500"));
}

TEST_CASE("a sweep runs on a cluster of its own") {
  const SweepDirectory place("");
  place.Write("dataset = \"" MLP_SOURCE_DIR
              "/datasets/letters\"\nrepeats = 2\n[settings]\nsolver = \"adam\"\nrounds = 2\n"
              "[try]\nhidden = [8, 16]\n");
  const ProcessResult result =
      test::Run({kClient, "sweep", "s.toml", "--local", "2"}, place.here());
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("trial 4 of 4  hidden 16, seed 2") &&
                             Contains("median accuracy") &&
                             Contains("mlp-client train --local 2 " MLP_SOURCE_DIR
                                      "/datasets/letters --solver adam --rounds 2 --hidden "));
}

}  // namespace
}  // namespace mlp::cli
