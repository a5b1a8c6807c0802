// Specifications of jobs that are wrong in one way each, with the error that each deserves.
#pragma once

#include <grpcpp/support/status_code_enum.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "mlp/v1/job.pb.h"

namespace mlp::test {

struct BadSpec {
  std::string name;
  void (*spoil)(v1::JobSpec&);
  std::string field;
  std::string message;
  grpc::StatusCode code = grpc::StatusCode::INVALID_ARGUMENT;
};

inline const std::vector<BadSpec> kBadSpecs = {
    {"ragged row", [](auto& s) { s.set_dataset("ragged"); }, "spec.dataset",
     "ragged/train_1.txt:2:"},
    {"not a number", [](auto& s) { s.set_dataset("word"); }, "spec.dataset",
     "word/train_1.txt:2:3"},
    {"nan", [](auto& s) { s.set_dataset("nan"); }, "spec.dataset", "nan/train_1.txt:1:3"},
    {"inf", [](auto& s) { s.set_dataset("inf"); }, "spec.dataset", "inf/train_1.txt:1:1"},
    {"class not whole", [](auto& s) { s.set_dataset("half-class"); }, "spec.dataset",
     "half-class/train_1.txt:1:5"},
    {"negative class", [](auto& s) { s.set_dataset("negative-class"); }, "spec.dataset",
     "negative-class/train_1.txt:1:5"},
    {"empty file", [](auto& s) { s.set_dataset("empty-file"); }, "spec.dataset",
     "empty-file/train_1.txt"},
    {"no shards", [](auto& s) { s.set_dataset("no-shards"); }, "spec.dataset", "train_"},
    {"no validation file", [](auto& s) { s.set_dataset("no-validation"); }, "spec.dataset",
     "validate_"},
    {"differing feature counts", [](auto& s) { s.set_dataset("narrow-validation"); },
     "spec.dataset", "narrow-validation/validate_a.txt:1"},
    {"unknown dataset", [](auto& s) { s.set_dataset("nowhere"); }, "spec.dataset", "letters",
     grpc::StatusCode::NOT_FOUND},
    {"no dataset", [](auto& s) { s.clear_dataset(); }, "spec.dataset", "required"},
    {"dots out of the data directory", [](auto& s) { s.set_dataset("../letters"); }, "spec.dataset",
     ".."},
    {"absolute path", [](auto& s) { s.set_dataset("/etc"); }, "spec.dataset", "/etc"},
    {"link out of the data directory", [](auto& s) { s.set_dataset("outside/etc"); },
     "spec.dataset", "outside"},
    {"zero rounds", [](auto& s) { s.set_rounds(0); }, "spec.rounds", "1 to 100000"},
    {"negative rounds", [](auto& s) { s.set_rounds(-1); }, "spec.rounds", "-1"},
    {"zero epochs", [](auto& s) { s.set_epochs(0); }, "spec.epochs", "1 to 1000000"},
    {"hidden size 0", [](auto& s) { s.add_hidden_layer_sizes(0); }, "spec.hidden_layer_sizes", "0"},
    {"hidden size 10^9", [](auto& s) { s.add_hidden_layer_sizes(1'000'000'000); },
     "spec.hidden_layer_sizes", "1000000"},
    {"too many parameters",
     [](auto& s) {
       s.add_hidden_layer_sizes(900'000);
       s.add_hidden_layer_sizes(1000);
     },
     "spec.hidden_layer_sizes", "100000000"},
    {"nan learning rate", [](auto& s) { s.set_learning_rate(std::nan("")); }, "spec.learning_rate",
     "finite"},
    {"zero learning rate", [](auto& s) { s.set_learning_rate(0); }, "spec.learning_rate",
     "greater than 0"},
    {"infinite tolerance",
     [](auto& s) { s.set_tolerance(std::numeric_limits<double>::infinity()); }, "spec.tolerance",
     "finite"},
    {"unknown policy", [](auto& s) { s.set_policy(static_cast<v1::Policy>(99)); }, "spec.policy",
     "99"},
    {"unknown activation", [](auto& s) { s.set_activation(static_cast<v1::Activation>(77)); },
     "spec.activation", "77"},
    {"too many slots", [](auto& s) { s.set_slots(1001); }, "spec.slots", "0 to 1000"},
    {"negative slots", [](auto& s) { s.set_slots(-1); }, "spec.slots", "-1"},
    {"slots with a policy that has none",
     [](auto& s) {
       s.set_policy(v1::POLICY_RANDOM);
       s.set_slots(2);
     },
     "spec.slots", "is not for policy random"},
    {"hedging with a policy that has none",
     [](auto& s) {
       s.set_policy(v1::POLICY_LEAST_LOAD);
       s.set_hedging(v1::HEDGING_ON);
     },
     "spec.hedging", "choose pull"},
    {"a threshold without hedging",
     [](auto& s) {
       s.set_hedging(v1::HEDGING_OFF);
       s.mutable_hedge_after()->set_seconds(1);
     },
     "spec.hedge_after", "hedging on"},
    {"a negative threshold", [](auto& s) { s.mutable_hedge_after()->set_seconds(-1); },
     "spec.hedge_after", ""},
    {"unknown hedging", [](auto& s) { s.set_hedging(static_cast<v1::Hedging>(9)); }, "spec.hedging",
     "9"},
    {"negative retries", [](auto& s) { s.set_max_retries(-1); }, "spec.max_retries", "-1"},
};

}  // namespace mlp::test
