#include "cli/options/training_options.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/options/enum_words.h"

namespace mlp::cli {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::array kOptions = std::to_array<TrainingOption>({
    {"--rounds", "rounds", "Rounds [30; by sgd and adam 200]"},
    {"--epochs", "epochs", "Passes over a shard's rows in each round [10; by sgd and adam 1]"},
    {"--hidden", "hidden_layer_sizes",
     "Units of each hidden layer: 64,32, or given once per layer [20; by sgd and adam 100]"},
    {"--learning-rate", "learning_rate", "Step size [0.0001; by sgd and adam 0.001]"},
    {"--tolerance", "tolerance",
     "Leave a shard for the round when an epoch changed its loss by this or less; 0: never [0]"},
    {"--seed", "seed", "Of the initial parameters, shuffling and dropout [1]"},
    {"--max-retries", "max_retries", "Times a shard may be offered again in one round [100]"},
    {"--activation", "activation", "Of the hidden layers [relu]"},
    {"--precision", "precision", "Of all arithmetic [float64]"},
    {"--initialization", "initialization", "How initial parameters are drawn [glorot-uniform]"},
    {"--preset", "preset", "Defaults for the options that are not given"},
    {"--from", "initial_model", "Begin with the model of this job, of the same shape"},
    {"--solver", "solver",
     "All rows in each step, as the reference system, or batches by momentum or Adam [descent]"},
    {"--batch-size", "batches.batch_size", "Rows of a step of sgd or adam [200]"},
    {"--no-shuffle", "batches.shuffle", "Batches take the rows in their order"},
    {"--momentum", "batches.momentum", "Of sgd, 0 to less than 1 [0.9]"},
    {"--no-nesterov", "batches.nesterov", "Plain momentum instead of Nesterov's"},
    {"--beta-1", "batches.beta_1", "Of adam [0.9]"},
    {"--beta-2", "batches.beta_2", "Of adam [0.999]"},
    {"--epsilon", "batches.epsilon", "Of adam [1e-8]"},
    {"--alpha", "batches.alpha", "L2 penalty on the weights, by sgd and adam [0.0001]"},
    {"--dropout", "batches.dropout", "Share of the hidden units that each row leaves out [0]"},
    {"--clip-norm", "batches.clip_norm", "Longest gradient of a step; 0: any length [0]"},
    {"--label-smoothing", "batches.label_smoothing",
     "What the label gives up to all classes, 0 to less than 1 [0]"},
    {"--class-weight", "class_weight", "Which class counts how much [none]"},
    {"--class-weights", "batches.class_weights",
     "How much each class counts, by number: 1,2.5,1 [1 each]"},
    {"--schedule", "schedule", "How the learning rate goes from round to round [constant]"},
    {"--warm-up-rounds", "warm_up_rounds",
     "Rounds in which the learning rate rises to its value [0]"},
    {"--schedule-rounds", "schedule_rounds", "With --schedule step: rounds between steps [10]"},
    {"--schedule-factor", "schedule_factor",
     "With --schedule step: what the rate is multiplied by [0.5]"},
    {"--weighting", "weighting", "How much each shard counts in the average [equal]"},
    {"--server-optimizer", "server_optimizer",
     "What a round does with the average: add it, or FedAvgM, or FedAdam [average]"},
    {"--server-learning-rate", "server_learning_rate",
     "Of the server's momentum or adam [1; of adam 0.01]"},
    {"--server-momentum", "server_momentum", "Of the server's momentum [0.9]"},
    {"--server-beta-1", "server_beta_1", "Of the server's adam [0.9]"},
    {"--server-beta-2", "server_beta_2", "Of the server's adam [0.99]"},
    {"--server-epsilon", "server_epsilon", "Of the server's adam [0.001]"},
    {"--early-stopping", "early_stopping",
     "Stop when the validation score rises no more, with the best round's model"},
    {"--patience", "patience", "With --early-stopping: rounds without a rise [10]"},
    {"--min-improvement", "min_improvement",
     "With --early-stopping: the least that counts as a rise [0.0001]"},
});

// The field that an option sets, and its message.
struct Place {
  Message& message;
  const FieldDescriptor& field;
};

Place PlaceOf(const TrainingOption& option, v1::JobSpec& spec) {
  Message* message = &spec;
  const std::vector<std::string> path = absl::StrSplit(option.field, '.');
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const FieldDescriptor* parent = message->GetDescriptor()->FindFieldByName(path[i]);
    message = message->GetReflection()->MutableMessage(message, parent);
  }
  return {*message, *message->GetDescriptor()->FindFieldByName(path.back())};
}

const FieldDescriptor& FieldOf(const TrainingOption& option) {
  const google::protobuf::Descriptor* message = v1::JobSpec::descriptor();
  const std::vector<std::string> path = absl::StrSplit(option.field, '.');
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    message = message->FindFieldByName(path[i])->message_type();
  }
  return *message->FindFieldByName(path.back());
}

bool SwitchesOff(const TrainingOption& option) {
  return std::string_view(option.name).starts_with("--no-");
}

std::string Words(const EnumDescriptor& descriptor) {
  return absl::StrJoin(EnumWords(descriptor), "|",
                       [](std::string* out, const auto& entry) { out->append(entry.first); });
}

// Sets the field to `text`, or adds it to the field's list. `switches_off` reverses "true" and
// "false". Returns false if `text` is no value for the field.
bool SetValue(const Place& place, const std::string& text, bool switches_off) {
  Message& message = place.message;  // clang 14 captures no structured binding
  const FieldDescriptor& field = place.field;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const auto set = [&](auto value, auto set_one, auto add_one) {
    if (field.is_repeated()) {
      (reflection.*add_one)(&message, &field, value);
    } else {
      (reflection.*set_one)(&message, &field, value);
    }
    return true;
  };
  using Reflection = google::protobuf::Reflection;
  std::int32_t whole = 0;
  std::uint32_t natural = 0;
  double number = 0;
  bool truth = false;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::SimpleAtoi(text, &whole) &&
             set(whole, &Reflection::SetInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::SimpleAtoi(text, &natural) &&
             set(natural, &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::SimpleAtod(text, &number) &&
             set(number, &Reflection::SetDouble, &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_BOOL:
      return absl::SimpleAtob(text, &truth) &&
             set(truth != switches_off, &Reflection::SetBool, &Reflection::AddBool);
    case FieldDescriptor::CPPTYPE_STRING:
      reflection.SetString(&message, &field, text);
      return true;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const std::map<std::string, int> words = EnumWords(*field.enum_type());
      const auto found = words.find(text);
      if (found == words.end()) return false;
      reflection.SetEnumValue(&message, &field, found->second);
      return true;
    }
    default:
      return false;
  }
}

std::string Kind(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
      return "INT";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "FLOAT";
    case FieldDescriptor::CPPTYPE_ENUM:
      return Words(*field.enum_type());
    case FieldDescriptor::CPPTYPE_BOOL:
      return "";
    default:
      return "TEXT";
  }
}

void AddOption(CLI::App& app, const TrainingOption& option, v1::JobSpec& spec) {
  const FieldDescriptor& field = FieldOf(option);
  const auto set = [&option, &spec](const std::string& text) {
    const absl::Status status = SetTrainingOption(option, text, spec);
    if (!status.ok()) throw CLI::ValidationError(option.name, std::string(status.message()));
  };
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    app.add_flag_callback(
        option.name, [set] { set("true"); }, option.description);
    return;
  }
  if (!field.is_repeated()) {
    app.add_option_function<std::string>(option.name, set, option.description)
        ->type_name(TypeName(option));
    return;
  }
  const auto set_all = [set](const std::vector<std::string>& texts) {
    set(absl::StrJoin(texts, ","));
  };
  app.add_option_function<std::vector<std::string>>(option.name, set_all, option.description)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name(TypeName(option));
}

}  // namespace

std::span<const TrainingOption> TrainingOptions() { return kOptions; }

std::string TypeName(const TrainingOption& option) {
  const FieldDescriptor& field = FieldOf(option);
  return absl::StrCat(Kind(field), field.is_repeated() ? ",..." : "");
}

absl::Status SetTrainingOption(const TrainingOption& option, const std::string& text,
                               v1::JobSpec& spec) {
  const Place place = PlaceOf(option, spec);
  std::vector<std::string> values = {text};
  if (place.field.is_repeated()) values = absl::StrSplit(text, ',');
  place.message.GetReflection()->ClearField(&place.message, &place.field);
  for (const std::string& value : values) {
    if (SetValue(place, value, SwitchesOff(option))) continue;
    const bool truth = place.field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
    return absl::InvalidArgumentError(
        absl::StrCat("'", value, "' is not one of ", truth ? "true|false" : Kind(place.field)));
  }
  return absl::OkStatus();
}

void AddTrainingOptions(CLI::App& app, v1::JobSpec& spec) {
  for (const TrainingOption& option : kOptions) AddOption(app, option, spec);
}

}  // namespace mlp::cli
