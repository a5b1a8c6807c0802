#include "cli/options/training_options.h"

#include <google/protobuf/descriptor.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/job/train.h"

namespace mlp::cli {
namespace {

// The specification that `train x OPTIONS` asks for.
v1::JobSpec SpecOf(std::vector<std::string> options) {
  options.insert(options.begin(), {"train", "x"});
  const auto parsed = ParseCommandLine(std::move(options));
  return std::get<CommandLine>(parsed).chosen<TrainCommand>()->spec;
}

const TrainingOption& Option(const std::string& name) {
  for (const TrainingOption& option : TrainingOptions()) {
    if (option.name == name) return option;
  }
  throw std::runtime_error("no option " + name);
}

std::string ValueFor(const std::string& type) {
  if (type.empty()) return "true";
  if (type.starts_with("INT")) return "3";
  if (type.starts_with("FLOAT")) return "0.5";
  return type == "TEXT" ? "job-1" : type.substr(0, type.find('|'));
}

TEST_CASE("every option of training sets its own field, and nothing that is not given is set") {
  CHECK(SpecOf({}).ByteSizeLong() == 0);
  std::set<std::string> fields;
  for (const TrainingOption& option : TrainingOptions()) {
    INFO(option.name);
    CHECK(fields.insert(option.field).second);
    v1::JobSpec spec;
    const std::string value = ValueFor(TypeName(option));
    CHECK(SetTrainingOption(option, value, spec).ok());
    CHECK(spec.ByteSizeLong() > 0);
  }
  const auto& batches = *v1::BatchTraining::descriptor();
  for (int i = 0; i < batches.field_count(); ++i) {
    INFO(batches.field(i)->full_name());
    CHECK(fields.contains("batches." + batches.field(i)->name()));
  }
}

TEST_CASE("options of batches end up below batches, lists and flags as they are") {
  const v1::JobSpec spec = SpecOf({"--solver", "adam", "--batch-size", "64", "--dropout", "0.25",
                                   "--no-shuffle", "--class-weights", "1,2.5", "--hidden", "64,32",
                                   "--early-stopping", "--from", "job-7"});
  CHECK(spec.solver() == v1::SOLVER_ADAM);
  CHECK(spec.batches().batch_size() == 64);
  CHECK(spec.batches().dropout() == 0.25);
  CHECK(spec.batches().has_shuffle());
  CHECK_FALSE(spec.batches().shuffle());
  CHECK(std::vector<double>(spec.batches().class_weights().begin(),
                            spec.batches().class_weights().end()) == std::vector<double>{1, 2.5});
  CHECK(std::vector<int>(spec.hidden_layer_sizes().begin(), spec.hidden_layer_sizes().end()) ==
        std::vector<int>{64, 32});
  CHECK(spec.early_stopping());
  CHECK(spec.initial_model() == "job-7");
}

TEST_CASE("an option without a value is set as if it were given, or not") {
  v1::JobSpec spec;
  REQUIRE(SetTrainingOption(Option("--no-shuffle"), "true", spec).ok());
  CHECK_FALSE(spec.batches().shuffle());
  REQUIRE(SetTrainingOption(Option("--no-shuffle"), "false", spec).ok());
  CHECK(spec.batches().shuffle());
  REQUIRE(SetTrainingOption(Option("--early-stopping"), "true", spec).ok());
  CHECK(spec.early_stopping());
}

TEST_CASE("a value that an option cannot take is refused with what it can be") {
  v1::JobSpec spec;
  const auto message = [&](const std::string& name, const std::string& text) {
    return std::string(SetTrainingOption(Option(name), text, spec).message());
  };
  CHECK(message("--rounds", "many") == "'many' is not one of INT");
  CHECK(message("--rounds", "99999999999") == "'99999999999' is not one of INT");
  CHECK(message("--solver", "lbfgs") == "'lbfgs' is not one of adam|descent|sgd");
  CHECK(message("--hidden", "5,x") == "'x' is not one of INT");
  CHECK(message("--early-stopping", "perhaps") == "'perhaps' is not one of true|false");
}

}  // namespace
}  // namespace mlp::cli
