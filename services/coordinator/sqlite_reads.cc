#include "services/coordinator/sqlite_reads.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/sha256.h"
#include "services/coordinator/job_event_proto.h"
#include "services/coordinator/job_proto.h"
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

// A message of the protocol.
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

// Columns float64, the bytes and their SHA-256, from `column` on.
absl::StatusOr<Parameters> ReadParameters(const Database& database, const Row& row, int column,
                                          const std::string& what) {
  const Precision precision = row.Int(column) != 0 ? Precision::kFloat64 : Precision::kFloat32;
  const std::string_view bytes = row.Bytes(column + 1);
  if (Sha256(bytes) != row.Bytes(column + 2)) {
    return Damaged(database, what, "its bytes do not have the SHA-256 that they were stored with");
  }
  return OrDamaged(ParametersFromBytes(precision, bytes), database, what);
}

// nullptr where there was none.
absl::StatusOr<std::shared_ptr<const Schema>> ReadSchema(const Database& database, const Row& row,
                                                         int column, const std::string& what) {
  if (row.Bytes(column).empty()) return nullptr;
  const auto proto = ReadProto<v1::Schema>(database, row, column, what);
  if (!proto.ok()) return proto.status();
  absl::StatusOr<Schema> schema = OrDamaged(wire::FromProto(*proto, "schema"), database, what);
  if (!schema.ok()) return schema.status();
  return std::make_shared<const Schema>(*std::move(schema));
}

absl::Status ReadLastNumber(Database& database, StoredState& state) {
  return database.Query("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'", {},
                        [&](const Row& row) {
                          state.last_number = row.Int(0);
                          return absl::OkStatus();
                        });
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
        progress.rounds[round] = std::make_shared<const Parameters>(*std::move(parameters));
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
        result->gradient = *std::move(gradient);
        result->digest = row.String(3);
        result->training = {static_cast<std::size_t>(row.Int(4)),
                            static_cast<std::size_t>(row.Int(5)), row.Double(6)};
        result->epochs_run = static_cast<int>(row.Int(7));
        progress.shards[shard] = std::move(result);
        return absl::OkStatus();
      });
}

}  // namespace

absl::StatusOr<StoredState> ReadState(Database& database) {
  StoredState state;
  for (const auto read : {ReadLastNumber, ReadJobs, ReadDatasets, ReadDrainedNodes}) {
    if (absl::Status status = read(database, state); !status.ok()) return status;
  }
  return state;
}

absl::StatusOr<std::vector<JobEvent>> ReadEvents(Database& database, const std::string& job_id,
                                                 std::int64_t from, std::size_t limit) {
  constexpr std::size_t kMost = std::numeric_limits<std::int64_t>::max();
  std::vector<JobEvent> events;
  absl::Status status = database.Query(
      "SELECT message, sequence FROM events WHERE job = (SELECT number FROM jobs WHERE id = ?)"
      " AND sequence >= ? ORDER BY sequence LIMIT ?",
      {job_id, from, static_cast<std::int64_t>(std::min(limit, kMost))}, [&](const Row& row) {
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
      "SELECT spec, dataset, float64, parameters, sha256, schema FROM models"
      " WHERE job = (SELECT number FROM jobs WHERE id = ?)",
      {job_id}, [&](const Row& row) {
        const std::string what = absl::StrCat("the model of ", job_id);
        const auto proto = ReadProto<v1::ModelSpec>(database, row, 0, what);
        if (!proto.ok()) return proto.status();
        const auto spec = OrDamaged(wire::FromProto(*proto, "spec"), database, what);
        if (!spec.ok()) return spec.status();
        absl::StatusOr<Parameters> parameters = ReadParameters(database, row, 2, what);
        if (!parameters.ok()) return parameters.status();
        absl::StatusOr<std::shared_ptr<const Schema>> schema = ReadSchema(database, row, 5, what);
        if (!schema.ok()) return schema.status();
        auto model = std::make_shared<Model>();
        model->spec = *spec;
        model->parameters = *std::move(parameters);
        model->digest = Hex(row.Bytes(4));
        model->job_id = job_id;
        model->dataset = row.String(1);
        model->schema = *std::move(schema);
        found = std::move(model);
        return absl::OkStatus();
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
