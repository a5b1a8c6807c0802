#include "test/coordinator/store/store_fixtures.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libmlp/model/parameters.h"
#include "services/base/sha256.h"
#include "services/coordinator/proto/job_proto.h"
#include "services/wire/schema_proto.h"

namespace mlp::coordinator::test {
namespace {

Parameters Numbers(Precision precision, std::size_t size, double first) {
  Parameters parameters = ZeroParameters(precision, size);
  std::visit(
      [first](auto& vector) {
        using T = typename std::decay_t<decltype(vector)>::value_type;
        for (std::size_t i = 0; i < vector.size(); ++i) {
          vector[i] = static_cast<T>(first + static_cast<double>(i) / 3);
        }
      },
      parameters);
  return parameters;
}

}  // namespace

std::chrono::sys_time<std::chrono::nanoseconds> At(std::int64_t nanoseconds) {
  return Job::TimePoint(std::chrono::nanoseconds(1'700'000'000'000'000'000 + nanoseconds));
}

Job NewJob(std::int64_t number) {
  Job job;
  job.number = number;
  job.id = absl::StrCat("job-", number);
  job.request_id = absl::StrCat("request-", number);
  job.spec.dataset = "letters";
  job.model.layer_sizes = {16, 20, 26};
  job.shards = 11;
  job.training_rows = 15'000;
  job.create_time = At(number);
  return job;
}

JobEvent Event(std::int64_t sequence, int round) {
  JobEvent event;
  event.sequence = sequence;
  event.time = At(sequence);
  event.round = round;
  events::AttemptDispatched body;
  body.attempt = sequence;
  body.shard = 3;
  body.node = "node-b";
  body.reason = absl::StrCat("free, event ", sequence);
  event.body = std::move(body);
  return event;
}
std::shared_ptr<const JobEvent> SharedEvent(std::int64_t sequence) {
  return std::make_shared<const JobEvent>(Event(sequence));
}

SharedParameters SharedNumbers(Precision precision, double first) {
  return Share(Numbers(precision, 862, first));
}

std::shared_ptr<const ShardResult> Result(Precision precision, double first) {
  auto result = std::make_shared<ShardResult>();
  result->gradient = SharedNumbers(precision, first);
  result->digest = Sha256(BytesOf(*result->gradient));
  result->training = {1400, 17, 0.1 + first};
  result->epochs_run = 9;
  return result;
}

Schema Penguins() {
  Schema schema;
  schema.columns.resize(2);
  schema.columns[0].name = "bill";
  schema.columns[0].mean = 1.0 / 3;
  schema.columns[0].scale = 0.1;
  schema.columns[0].imputed_number = 40;
  schema.columns[1].name = "island";
  schema.columns[1].categories = {"Biscoe", "Dream"};
  schema.columns[1].imputed_category = "Dream";
  schema.label = "species";
  schema.classes = {"Adelie", "Gentoo"};
  return schema;
}

std::shared_ptr<const Model> TrainedModel(Precision precision, const std::string& job_id) {
  auto model = std::make_shared<Model>();
  model->spec = {{16, 20, 26}, Activation::kTanh};
  model->parameters = Share(Numbers(precision, 886, -3));
  model->digest = Hex(Sha256(BytesOf(*model->parameters)));
  model->job_id = job_id;
  model->dataset = "letters";
  return model;
}

change::SaveModel Imported(std::int64_t number, const std::string& id, Precision precision) {
  change::SaveModel save;
  save.model = TrainedModel(precision, "job-70");
  save.record.number = number;
  save.record.id = id;
  save.record.spec = save.model->spec;
  save.record.precision = precision;
  save.record.digest = save.model->digest;
  save.record.job_id = save.model->job_id;
  save.record.dataset = save.model->dataset;
  save.record.import_time = At(number);
  return save;
}

DatasetRecord Record(const std::string& name, std::size_t shards) {
  DatasetRecord dataset;
  dataset.name = name;
  for (std::size_t i = 0; i <= shards; ++i) {
    const std::string file = i == shards ? "validate_0.csv" : absl::StrCat("train_", i, ".csv");
    dataset.files.push_back({file, Sha256(name + file), static_cast<std::int64_t>(1000 + i)});
  }
  dataset.training_rows = 1000 * shards;
  dataset.validation_rows = 77;
  dataset.features = 16;
  dataset.classes = 26;
  dataset.create_time = At(5);
  return dataset;
}

std::string Text(const Job& job) {
  return absl::StrCat(job.number, " ", job.request_id, " ", job.validated_round, "\n",
                      ToProto(job).DebugString());
}
std::string Text(const JobEvent& event) { return ToProto(event).DebugString(); }
std::string Text(const StoredJob& stored) {
  return absl::StrCat(stored.sequence, ": ", Text(stored.job));
}
std::string Text(const Parameters& parameters) {
  return absl::StrCat(std::string(PrecisionName(PrecisionOf(parameters))), " ", SizeOf(parameters),
                      " ", Hex(Sha256(BytesOf(parameters))));
}
std::string Text(const ShardResult& result) {
  return absl::StrCat(Text(*result.gradient), " ", Hex(result.digest), " ", result.training.rows,
                      " ", result.training.wrong_rows, " ", result.training.loss, " ",
                      result.epochs_run);
}
std::string Text(const JobProgress& progress) {
  std::string text;
  for (const auto& [round, parameters] : progress.rounds) {
    absl::StrAppend(&text, "round ", round, ": ", Text(*parameters), "\n");
  }
  for (const auto& [shard, result] : progress.shards) {
    absl::StrAppend(&text, "shard ", shard, ": ", Text(*result), "\n");
  }
  return text;
}
std::string Text(const Schema& schema) { return wire::ToProto(schema).DebugString(); }
std::string Text(const DatasetRecord& dataset) {
  std::string text = absl::StrCat(
      dataset.name, " ", dataset.training_rows, " ", dataset.validation_rows, " ", dataset.features,
      " ", dataset.classes, " ", dataset.create_time.time_since_epoch().count(), "\n");
  for (const DatasetFile& file : dataset.files) {
    absl::StrAppend(&text, "  ", file.name, " ", Hex(file.sha256), " ", file.bytes, "\n");
  }
  if (dataset.schema) absl::StrAppend(&text, Text(*dataset.schema));
  return text;
}
std::string Text(const Model& model) {
  return absl::StrCat(Text(*model.parameters), " ", model.digest, " ", model.job_id, " ",
                      model.dataset, " ", static_cast<int>(model.spec.activation), " ",
                      model.spec.layer_sizes.size(), " ",
                      model.schema == nullptr ? "" : Text(*model.schema));
}
std::string Text(const StoredState& state) {
  std::string text = absl::StrCat("last ", state.last_number, "\n");
  for (const StoredJob& job : state.jobs) absl::StrAppend(&text, Text(job));
  for (const DatasetRecord& dataset : state.datasets) absl::StrAppend(&text, Text(dataset));
  for (const ModelRecord& model : state.models) {
    absl::StrAppend(&text, "model ", model.number, " ", model.id, " ", model.digest, "\n");
  }
  for (const std::string& node : state.drained_nodes)
    absl::StrAppend(&text, "drained ", node, "\n");
  return text;
}

}  // namespace mlp::coordinator::test
