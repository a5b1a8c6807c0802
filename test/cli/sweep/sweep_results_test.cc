#include <google/protobuf/util/time_util.h>

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "cli/sweep/plan_file.h"
#include "cli/sweep/report.h"
#include "cli/sweep/results.h"
#include "cli/sweep/scatter.h"

namespace mlp::cli::sweep {
namespace {

using Catch::Contains;
using google::protobuf::util::TimeUtil;

Plan PlanWithRepeats(int repeats) {
  return ParsePlan("dataset = \"<letters>\"\nrepeats = " + std::to_string(repeats) +
                       "\n[try]\nlearning-rate = [0.1, 0.01, 0.001]\n",
                   "s.toml")
      .value();
}

v1::Job JobWith(double error, const std::string& id) {
  v1::Job job;
  job.set_id(id);
  job.set_state(v1::JOB_STATE_SUCCEEDED);
  job.mutable_spec()->set_seed(1);
  job.mutable_validation()->set_error(error);
  job.mutable_validation()->set_rows(100);
  *job.mutable_start_time() = TimeUtil::SecondsToTimestamp(100);
  *job.mutable_end_time() = TimeUtil::SecondsToTimestamp(102);
  job.set_rounds_done(7);
  job.set_model_digest("c0ffee");
  return job;
}

v1::Job Failed(const std::string& detail) {
  v1::Job job;
  job.set_id("job-9");
  job.set_state(v1::JOB_STATE_FAILED);
  job.set_detail(detail);
  return job;
}

// Three outcomes out of order, as trials end.
std::vector<Outcome> Three() {
  return {OutcomeOf(1, JobWith(0.25, "job-2")),
          OutcomeOf(0, Failed("the loss is not finite, at all")),
          OutcomeOf(2, JobWith(0.5, "job-3"))};
}

TEST_CASE("the best setting comes first, what failed last with its reason") {
  const Plan plan = PlanWithRepeats(1);
  const auto table = ResultsTable(plan, Ranked(plan, Three()), "accuracy");
  CHECK(table.heading == std::vector<std::string>{"learning-rate", "accuracy", "time", "job", ""});
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[0] == std::vector<std::string>{"0.01", "0.7500", "2.00 s", "job-2", ""});
  CHECK(table.rows[1] == std::vector<std::string>{"0.001", "0.5000", "2.00 s", "job-3", ""});
  CHECK(table.rows[2] ==
        std::vector<std::string>{"0.1", "-", "-", "-", "the loss is not finite, at all"});
}

TEST_CASE("of several seeds the median counts, and those that failed are told") {
  const Plan plan = PlanWithRepeats(3);
  std::vector<Outcome> outcomes;
  for (std::size_t trial = 0; trial < 3; ++trial) {
    outcomes.push_back(OutcomeOf(trial, JobWith(0.1 * static_cast<double>(trial + 1), "job-1")));
  }
  outcomes.push_back(OutcomeOf(3, JobWith(0.01, "job-4")));
  outcomes.push_back(OutcomeOf(4, JobWith(0.69, "job-5")));
  outcomes.push_back(OutcomeOf(5, Failed("no node")));
  const std::vector<Standing> standings = Ranked(plan, outcomes);
  REQUIRE(standings.size() == 2);
  CHECK(standings[0].setting == 0);
  CHECK(standings[0].score == Approx(0.8));
  CHECK(standings[1].score == Approx(0.65));  // between the two
  CHECK(standings[1].best->trial == 3);
  const auto table = ResultsTable(plan, standings, "accuracy");
  CHECK(table.rows[1] == std::vector<std::string>{"0.01", "0.6500", "0.3100 - 0.9900", "2.00 s",
                                                  "job-4", "1 of 3 failed: no node"});
}

TEST_CASE("equal scores keep the order of the plan, whatever the order in which they ended") {
  const Plan plan = PlanWithRepeats(1);
  const auto standings =
      Ranked(plan, {OutcomeOf(2, JobWith(0.5, "c")), OutcomeOf(0, JobWith(0.5, "a")),
                    OutcomeOf(1, JobWith(0.5, "b"))});
  CHECK(standings[0].setting == 0);
  CHECK(standings[1].setting == 1);
  CHECK(standings[2].setting == 2);
}

TEST_CASE("the score is the best round's with early stopping and the last round's without") {
  v1::Job job = JobWith(0.4, "job-1");
  job.mutable_best_validation()->set_error(0.3);
  CHECK(ScoreOf(OutcomeOf(0, job)) == Approx(0.6));
  job.mutable_spec()->set_early_stopping(true);
  CHECK(ScoreOf(OutcomeOf(0, job)) == Approx(0.7));
}

TEST_CASE("with early stopping the best round's score must be finite, not the last round's") {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  v1::Job job = JobWith(kNaN, "job-1");
  job.mutable_best_validation()->set_error(0.3);
  CHECK(OutcomeOf(0, job).problem == "has no finite score");
  job.mutable_spec()->set_early_stopping(true);
  CHECK(OutcomeOf(0, job).problem.empty());
  CHECK(ScoreOf(OutcomeOf(0, job)) == Approx(0.7));
  job.mutable_validation()->set_error(0.4);
  job.mutable_best_validation()->set_error(kNaN);
  CHECK(OutcomeOf(0, job).problem == "has no finite score");
  CHECK_FALSE(ScoreOf(OutcomeOf(0, job)));
}

TEST_CASE("in regression the score is R^2") {
  v1::Job job = JobWith(0, "job-1");
  job.mutable_model()->set_output(v1::OUTPUT_IDENTITY);
  job.mutable_validation()->set_loss(10);
  job.mutable_validation()->set_total_squares(80);
  CHECK(ScoreName({OutcomeOf(0, job)}) == "R^2");
  CHECK(ScoreOf(OutcomeOf(0, job)) == Approx(0.75));
  CHECK(ScoreName(Three()) == "accuracy");
  job.mutable_validation()->set_loss(std::numeric_limits<double>::infinity());
  CHECK(OutcomeOf(0, job).problem == "has no finite score");
}

TEST_CASE("a cancelled trial and one without validation have no score") {
  v1::Job job = JobWith(0.1, "job-1");
  job.set_state(v1::JOB_STATE_CANCELLED);
  CHECK(OutcomeOf(0, job).problem == "cancelled");
  job.set_state(v1::JOB_STATE_SUCCEEDED);
  job.clear_validation();
  CHECK(OutcomeOf(0, job).problem == "was not validated");
}

TEST_CASE("results as CSV have a row a trial in the plan's order") {
  std::vector<Outcome> outcomes = Three();
  outcomes[2] = {.trial = 2, .job = {}, .problem = "spec.learning_rate must be > 0"};
  CHECK(ResultsCsv(PlanWithRepeats(1), outcomes) ==
        "trial,setting,learning-rate,seed,state,score,rounds,seconds,job,model_digest,problem\n"
        "1,1,0.1,0,failed,,0,0.000,job-9,,\"the loss is not finite, at all\"\n"
        "2,2,0.01,1,succeeded,0.75,7,2.000,job-2,c0ffee,\n"
        "3,3,0.001,,refused,,,,,,spec.learning_rate must be > 0\n");
}

TEST_CASE(
    "the page has a picture for each setting, the table and the command, and no foreign HTML") {
  const std::string page =
      ReportHtml(PlanWithRepeats(1), Three(), "Sweep of <s>.toml", "mlp-client train x", "2 of 3");
  CHECK_THAT(page, Contains("<title>Sweep of &lt;s&gt;.toml</title>") &&
                       Contains("on &lt;letters&gt;") &&
                       Contains("<code>mlp-client train x</code>") &&
                       Contains("class=\"warning\">2 of 3<") &&
                       Contains("aria-label=\"accuracy by learning-rate\"") &&
                       Contains("<td>the loss is not finite, at all</td>"));
  CHECK_THAT(page, !Contains("<letters>") && !Contains("http"));
  CHECK_THAT(page, Contains("learning-rate 0.01: accuracy 0.7500, job-2"));
}

int CountOf(const std::string& what, const std::string& text) {
  int count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST_CASE("a picture has a circle for each point and marks for its scale") {
  const std::string wide =
      Scatter("learning-rate", "accuracy",
              {{"0.001", 0.5, "a"}, {"0.1", 0.9, "b", true}, {"0.01", 0.7, "c"}});
  CHECK(CountOf("<circle", wide) == 3);
  CHECK(CountOf("class=\"known\"", wide) == 1);
  CHECK_THAT(wide, Contains(">0.001<") && Contains(">0.01<") && Contains(">0.1<"));
  CHECK_THAT(wide, Contains("cx=\"475.00\""));  // 0.01 is in the middle of a logarithmic scale
  const std::string words =
      Scatter("activation", "accuracy", {{"relu", 0.5, "<a>"}, {"tanh", 0.5, ""}});
  CHECK(words.find(">relu<") < words.find(">tanh<"));
  const std::string layers =
      Scatter("hidden", "accuracy", {{"64,32", 0, ""}, {"128", 0.5, ""}, {"64", 0, ""}});
  CHECK(layers.find(">64,32<") < layers.find(">128<"));
  CHECK_THAT(layers, !Contains(">-0<"));
  CHECK_THAT(words, Contains(">relu<") && Contains(">tanh<") && Contains("&lt;a&gt;"));
  CHECK_THAT(Scatter("hidden", "R^2", {{"64", -50, ""}, {"128", 0.5, ""}}), !Contains("-50"));
  CHECK_THAT(Scatter("hidden", "R^2", {{"64", -3, ""}}), Contains("<circle") && !Contains("nan"));
  CHECK(Scatter("hidden", "R^2", {}).empty());
}

}  // namespace
}  // namespace mlp::cli::sweep
