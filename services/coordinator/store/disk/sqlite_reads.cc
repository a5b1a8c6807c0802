#include "services/coordinator/store/disk/sqlite_reads.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/model/parameters.h"
#include "services/attempt/trained.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/model.h"
#include "services/coordinator/proto/job_event_proto.h"
#include "services/coordinator/proto/job_proto.h"
#include "services/wire/model_proto.h"
#include "services/wire/schema_proto.h"

namespace mlp::coordinator {
namespace {

using sqlite::Database;
using sqlite::Row;

absl::Status Damaged(const Database& database, const std::string& what, const std::string& why) {
  return absl::DataLossError(absl::StrCat(
      what, " in ", database.file().string(), " is damaged: ", why,
      "; put a copy of the state directory from before in its place, or begin with another one"));
}

template <class T>
absl::StatusOr<T> OrDamaged(absl::StatusOr<T> value, const Database& database,
                            const std::string& what) {
  if (value.ok()) return value;
  return Damaged(database, what, std::string(value.status().message()));
}

// Reads a message of the protocol.
template <class Proto>
absl::StatusOr<Proto> ReadProto(const Database& database, const Row& row, int column,
                                const std::string& what) {
  Proto proto;
  const std::string_view bytes = row.Bytes(column);
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged(database, what, "it cannot be parsed");
  }
  return proto;
}

// Reads three columns from `column` on: float64, the bytes and their SHA-256.
absl::StatusOr<Parameters> ReadParameters(const Database& database, const Row& row, int column,
                                          const std::string& what) {
  const Precision precision = row.Int(column) != 0 ? Precision::kFloat64 : Precision::kFloat32;
  const std::string_view bytes = row.Bytes(column + 1);
  if (Sha256(bytes) != row.Bytes(column + 2)) {
    return Damaged(database, what, "its bytes do not have the SHA-256 that they were stored with");
  }
  return OrDamaged(ParametersFromBytes(precision, bytes), database, what);
}

absl::StatusOr<ModelSpec> ReadSpec(const Database& database, const Row& row, int column,
                                   const std::string& what) {
  const auto proto = ReadProto<v1::ModelSpec>(database, row, column, what);
  if (!proto.ok()) return proto.status();
  return OrDamaged(wire::FromProto(*proto, "spec"), database, what);
}

// Returns nullptr if there was none.
absl::StatusOr<std::shared_ptr<const Schema>> ReadSchema(const Database& database, const Row& row,
                                                         int column, const std::string& what) {
  if (row.Bytes(column).empty()) return nullptr;
  const auto proto = ReadProto<v1::Schema>(database, row, column, what);
  if (!proto.ok()) return proto.status();
  absl::StatusOr<Schema> schema = OrDamaged(wire::FromProto(*proto, "schema"), database, what);
  if (!schema.ok()) return schema.status();
  return std::make_shared<const Schema>(*std::move(schema));
}

// Reads the greatest number that any row of the table ever had.
absl::Status ReadLastNumber(Database& database, std::string_view table, std::int64_t& number) {
  return database.Query("SELECT seq FROM sqlite_sequence WHERE name = ?", {table},
                        [&](const Row& row) {
                          number = row.Int(0);
                          return absl::OkStatus();
                        });
}

absl::Status ReadLastNumbers(Database& database, StoredState& state) {
  absl::Status status = ReadLastNumber(database, "jobs", state.last_number);
  if (!status.ok()) return status;
  return ReadLastNumber(database, "imported_models", state.last_model_number);
}

absl::Status ReadJobs(Database& database, StoredState& state) {
  return database.Query(
      "SELECT number, request_id, sequence, validated_round, message, id FROM jobs ORDER BY number",
      {}, [&](const Row& row) {
        const std::string id = row.String(5);
        const auto proto = ReadProto<v1::Job>(database, row, 4, id);
        if (!proto.ok()) return proto.status();
        absl::StatusOr<Job> job = OrDamaged(FromProto(*proto), database, id);
        if (!job.ok()) return job.status();
        job->number = row.Int(0);
        job->request_id = row.String(1);
        job->validated_round = static_cast<int>(row.Int(3));
        state.jobs.push_back({*std::move(job), row.Int(2)});
        return absl::OkStatus();
      });
}

absl::Status ReadFiles(Database& database, DatasetRecord& dataset) {
  return database.Query(
      "SELECT name, sha256, bytes FROM dataset_files WHERE dataset = ? ORDER BY position",
      {dataset.name}, [&](const Row& row) {
        dataset.files.push_back({row.String(0), row.String(1), row.Int(2)});
        return absl::OkStatus();
      });
}

absl::Status ReadDatasets(Database& database, StoredState& state) {
  return database.Query(
      "SELECT name, training_rows, validation_rows, features, classes, create_time, schema"
      " FROM datasets ORDER BY name",
      {}, [&](const Row& row) {
        DatasetRecord& dataset = state.datasets.emplace_back();
        dataset.name = row.String(0);
        dataset.training_rows = static_cast<std::size_t>(row.Int(1));
        dataset.validation_rows = static_cast<std::size_t>(row.Int(2));
        dataset.features = static_cast<std::size_t>(row.Int(3));
        dataset.classes = static_cast<std::size_t>(row.Int(4));
        dataset.create_time += std::chrono::nanoseconds(row.Int(5));
        const auto schema =
            ReadSchema(database, row, 6, absl::StrCat("the dataset ", dataset.name));
        if (!schema.ok()) return schema.status();
        if (*schema != nullptr) dataset.schema = **schema;
        return ReadFiles(database, dataset);
      });
}

absl::Status ReadImported(Database& database, StoredState& state) {
  return database.Query(
      "SELECT number, id, import_time, job_id, dataset, spec, float64, sha256 FROM imported_models"
      " ORDER BY number",
      {}, [&](const Row& row) {
        ModelRecord& record = state.models.emplace_back();
        record.number = row.Int(0);
        record.id = row.String(1);
        record.import_time += std::chrono::nanoseconds(row.Int(2));
        record.job_id = row.String(3);
        record.dataset = row.String(4);
        record.precision = row.Int(6) != 0 ? Precision::kFloat64 : Precision::kFloat32;
        record.digest = Hex(row.Bytes(7));
        const absl::StatusOr<ModelSpec> spec =
            ReadSpec(database, row, 5, absl::StrCat("the model ", record.id));
        if (spec.ok()) record.spec = *spec;
        return spec.status();
      });
}

absl::Status ReadDrainedNodes(Database& database, StoredState& state) {
  return database.Query("SELECT name FROM drained_nodes ORDER BY name", {}, [&](const Row& row) {
    state.drained_nodes.push_back(row.String(0));
    return absl::OkStatus();
  });
}

absl::Status ReadRounds(Database& database, const std::string& job_id, JobProgress& progress) {
  return database.Query(
      "SELECT round, float64, parameters, sha256 FROM rounds"
      " WHERE job = (SELECT number FROM jobs WHERE id = ?)",
      {job_id}, [&](const Row& row) {
        const int round = static_cast<int>(row.Int(0));
        auto parameters = ReadParameters(
            database, row, 1, absl::StrCat("the parameters of ", job_id, " after round ", round));
        if (!parameters.ok()) return parameters.status();
        progress.rounds[round] = Share(*std::move(parameters));
        return absl::OkStatus();
      });
}

absl::Status ReadShards(Database& database, const std::string& job_id, JobProgress& progress) {
  return database.Query(
      "SELECT shard, float64, gradient, sha256, rows, wrong_rows, loss, epochs_run, open_round"
      " FROM shards JOIN jobs ON job = number WHERE id = ?",
      {job_id}, [&](const Row& row) {
        const int shard = static_cast<int>(row.Int(0));
        auto gradient = ReadParameters(database, row, 1,
                                       absl::StrCat("the gradient of shard ", shard, " of round ",
                                                    row.Int(8), " of ", job_id));
        if (!gradient.ok()) return gradient.status();
        auto result = std::make_shared<ShardResult>();
        result->gradient = Share(*std::move(gradient));
        result->digest = row.String(3);
        result->training = {static_cast<std::size_t>(row.Int(4)),
                            static_cast<std::size_t>(row.Int(5)), row.Double(6)};
        result->epochs_run = static_cast<int>(row.Int(7));
        progress.shards[shard] = std::move(result);
        return absl::OkStatus();
      });
}

// Reads a row with the columns job, dataset, spec, schema, float64, parameters, sha256.
absl::Status ReadModelRow(const Database& database, const Row& row, const std::string& what,
                          std::shared_ptr<const Model>& found) {
  const absl::StatusOr<ModelSpec> spec = ReadSpec(database, row, 2, what);
  if (!spec.ok()) return spec.status();
  absl::StatusOr<std::shared_ptr<const Schema>> schema = ReadSchema(database, row, 3, what);
  if (!schema.ok()) return schema.status();
  absl::StatusOr<Parameters> parameters = ReadParameters(database, row, 4, what);
  if (!parameters.ok()) return parameters.status();
  auto model = std::make_shared<Model>();
  model->job_id = row.String(0);
  model->dataset = row.String(1);
  model->spec = *spec;
  model->schema = *std::move(schema);
  model->parameters = Share(*std::move(parameters));
  model->digest = Hex(row.Bytes(6));
  found = std::move(model);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StoredState> ReadState(Database& database) {
  StoredState state;
  for (const auto read :
       {ReadLastNumbers, ReadJobs, ReadDatasets, ReadImported, ReadDrainedNodes}) {
    if (absl::Status status = read(database, state); !status.ok()) return status;
  }
  return state;
}

absl::StatusOr<std::vector<JobEvent>> ReadEvents(Database& database, const std::string& job_id,
                                                 std::int64_t from, std::size_t limit) {
  constexpr std::size_t kMaxLimit = std::numeric_limits<std::int64_t>::max();
  std::vector<JobEvent> events;
  absl::Status status = database.Query(
      "SELECT message, sequence FROM events WHERE job = (SELECT number FROM jobs WHERE id = ?)"
      " AND sequence >= ? ORDER BY sequence LIMIT ?",
      {job_id, from, static_cast<std::int64_t>(std::min(limit, kMaxLimit))}, [&](const Row& row) {
        const std::string what = absl::StrCat("event ", row.Int(1), " of ", job_id);
        const auto proto = ReadProto<v1::JobEvent>(database, row, 0, what);
        if (!proto.ok()) return proto.status();
        absl::StatusOr<JobEvent> event = OrDamaged(FromProto(*proto), database, what);
        if (event.ok()) events.push_back(*std::move(event));
        return event.status();
      });
  if (!status.ok()) return status;
  return events;
}

absl::StatusOr<std::shared_ptr<const Model>> ReadModel(Database& database,
                                                       const std::string& job_id) {
  std::shared_ptr<const Model> found;
  absl::Status status = database.Query(
      "SELECT id, dataset, spec, schema, float64, parameters, sha256"
      " FROM models JOIN jobs ON job = number WHERE id = ?",
      {job_id}, [&](const Row& row) {
        return ReadModelRow(database, row, absl::StrCat("the model of ", job_id), found);
      });
  if (!status.ok()) return status;
  return found;
}

absl::StatusOr<std::shared_ptr<const Model>> ReadImportedModel(Database& database,
                                                               const std::string& id) {
  std::shared_ptr<const Model> found;
  absl::Status status = database.Query(
      "SELECT job_id, dataset, spec, schema, float64, parameters, sha256"
      " FROM imported_models WHERE id = ?",
      {id}, [&](const Row& row) {
        return ReadModelRow(database, row, absl::StrCat("the model ", id), found);
      });
  if (!status.ok()) return status;
  return found;
}

absl::StatusOr<JobProgress> ReadProgress(Database& database, const std::string& job_id) {
  JobProgress progress;
  absl::Status status = ReadRounds(database, job_id, progress);
  if (status.ok()) status = ReadShards(database, job_id, progress);
  if (!status.ok()) return status;
  return progress;
}

}  // namespace mlp::coordinator
