#include "services/coordinator/store/disk/sqlite_changes.h"

#include <string>
#include <utility>
#include <variant>

#include "services/attempt/trained.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/model.h"
#include "services/coordinator/proto/job_proto.h"
#include "services/coordinator/store/store_rules.h"
#include "services/wire/model_proto.h"
#include "services/wire/schema_proto.h"

namespace mlp::coordinator {
namespace {

using sqlite::BlobOf;
using sqlite::Row;

std::int64_t IsFloat64(const Parameters& parameters) {
  return PrecisionOf(parameters) == Precision::kFloat64 ? 1 : 0;
}

// Returns the schema's bytes; none if there is no schema.
std::string SchemaBytes(const Schema* schema) {
  return schema == nullptr ? "" : wire::ToProto(*schema).SerializeAsString();
}

// One overload for each kind of change. Each ends at its first error: SQLite may have rolled the
// transaction back already, and later statements would run outside it.
class Applier {
 public:
  explicit Applier(sqlite::Database& database) : database_(database) {}

  absl::Status operator()(const change::SaveJob& change) {
    const auto& [job, sequence] = change.job;
    const std::string proto = ToProto(job).SerializeAsString();
    return database_.Run(
        "INSERT INTO jobs (number, id, request_id, sequence, validated_round, message)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET"
        " id = excluded.id, request_id = excluded.request_id, sequence = excluded.sequence,"
        " validated_round = excluded.validated_round, message = excluded.message",
        {job.number, job.id, job.request_id, sequence, std::int64_t{job.validated_round},
         BlobOf(proto)});
  }

  absl::Status operator()(const change::AppendEvent& change) {
    const auto job = Find(change.job_id);
    if (!job.ok()) return job.status();
    if (job->number == 0) return ChangeOfUnknownJob(change.job_id);
    absl::Status status = CheckNextEvent(change.job_id, job->reach, change.event->sequence);
    if (!status.ok()) return status;
    const std::string proto = ToProto(*change.event).SerializeAsString();
    return database_.Run("INSERT INTO events (job, sequence, message) VALUES (?, ?, ?)",
                         {job->number, change.event->sequence, BlobOf(proto)});
  }

  absl::Status operator()(const change::KeepShard& change) {
    const auto job = Find(change.job_id);
    if (!job.ok()) return job.status();
    if (job->number == 0 || !IsOpen(job->reach, change.round)) return absl::OkStatus();
    const ShardResult& result = *change.result;
    return database_.Run(
        "INSERT OR REPLACE INTO shards (job, shard, float64, gradient, sha256, rows, wrong_rows,"
        " loss, epochs_run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {job->number, std::int64_t{change.shard}, IsFloat64(*result.gradient),
         BytesOf(*result.gradient), BlobOf(result.digest),
         static_cast<std::int64_t>(result.training.rows),
         static_cast<std::int64_t>(result.training.wrong_rows), result.training.loss,
         std::int64_t{result.epochs_run}});
  }

  absl::Status operator()(const change::FinishRound& change) {
    const auto job = Find(change.job_id);
    if (!job.ok()) return job.status();
    if (job->number == 0) return ChangeOfUnknownJob(change.job_id);
    if (job->reach.ended) return absl::OkStatus();
    const Parameters& parameters = *change.parameters;
    const std::string digest = Sha256(BytesOf(parameters));
    const std::int64_t round = change.round;
    absl::Status status = database_.Run(
        "INSERT OR REPLACE INTO rounds (job, round, float64, parameters, sha256)"
        " VALUES (?, ?, ?, ?, ?)",
        {job->number, round, IsFloat64(parameters), BytesOf(parameters), BlobOf(digest)});
    if (status.ok())
      status = DropProgress(job->number, change.first_checkpoint, change.best_checkpoint);
    if (!status.ok()) return status;
    return database_.Run("UPDATE jobs SET open_round = ? WHERE number = ?",
                         {round + 1, job->number});
  }

  absl::Status operator()(const change::EndJob& change) {
    const auto job = Find(change.job_id);
    if (!job.ok()) return job.status();
    if (job->number == 0) return ChangeOfUnknownJob(change.job_id);
    absl::Status status = DropProgress(job->number, INT64_MAX, -1);
    if (!status.ok()) return status;
    status = database_.Run("UPDATE jobs SET ended = 1 WHERE number = ?", {job->number});
    if (!status.ok()) return status;
    status = database_.Run("DELETE FROM models WHERE job = ?", {job->number});
    if (!status.ok() || change.model == nullptr) return status;
    return InsertModel(job->number, *change.model);
  }

  absl::Status operator()(const change::RemoveJob& change) {
    return database_.Run("DELETE FROM jobs WHERE id = ?", {change.job_id});
  }

  absl::Status operator()(const change::SaveDataset& change) {
    const DatasetRecord& dataset = change.dataset;
    absl::Status status = (*this)(change::RemoveDataset{dataset.name});
    if (!status.ok()) return status;
    const std::string schema = SchemaBytes(dataset.schema ? &*dataset.schema : nullptr);
    status = database_.Run(
        "INSERT INTO datasets (name, training_rows, validation_rows, features, classes,"
        " create_time, schema) VALUES (?, ?, ?, ?, ?, ?, ?)",
        {dataset.name, static_cast<std::int64_t>(dataset.training_rows),
         static_cast<std::int64_t>(dataset.validation_rows),
         static_cast<std::int64_t>(dataset.features), static_cast<std::int64_t>(dataset.classes),
         std::int64_t{dataset.create_time.time_since_epoch().count()}, BlobOf(schema)});
    std::int64_t position = 0;
    for (const DatasetFile& file : dataset.files) {
      if (!status.ok()) return status;
      status = database_.Run(
          "INSERT INTO dataset_files (dataset, position, name, sha256, bytes)"
          " VALUES (?, ?, ?, ?, ?)",
          {dataset.name, position++, file.name, BlobOf(file.sha256), file.bytes});
    }
    return status;
  }

  absl::Status operator()(const change::RemoveDataset& change) {
    return database_.Run("DELETE FROM datasets WHERE name = ?", {change.name});
  }

  absl::Status operator()(const change::SaveModel& change) {
    const ModelRecord& record = change.record;
    const Model& model = *change.model;
    const std::string spec = wire::ToProto(model.spec).SerializeAsString();
    const std::string schema = SchemaBytes(model.schema.get());
    const std::string digest = Sha256(BytesOf(*model.parameters));
    return database_.Run(
        "INSERT INTO imported_models (number, id, import_time, job_id, dataset, spec, schema,"
        " float64, sha256, parameters) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {record.number, record.id, std::int64_t{record.import_time.time_since_epoch().count()},
         record.job_id, record.dataset, BlobOf(spec), BlobOf(schema), IsFloat64(*model.parameters),
         BlobOf(digest), BytesOf(*model.parameters)});
  }

  absl::Status operator()(const change::RemoveModel& change) {
    return database_.Run("DELETE FROM imported_models WHERE id = ?", {change.id});
  }

  absl::Status operator()(const change::DrainNode& change) {
    if (!change.drained) {
      return database_.Run("DELETE FROM drained_nodes WHERE name = ?", {change.name});
    }
    return database_.Run("INSERT OR IGNORE INTO drained_nodes (name) VALUES (?)", {change.name});
  }

 private:
  struct Found {
    std::int64_t number = 0;  // 0: there is no such job
    JobReach reach;
  };

  absl::StatusOr<Found> Find(const std::string& job_id) {
    Found job;
    absl::Status status = database_.Query(
        "SELECT number, open_round, ended,"
        " coalesce((SELECT max(sequence) FROM events WHERE job = number), 0)"
        " FROM jobs WHERE id = ?",
        {job_id}, [&job](const Row& row) {
          job.number = row.Int(0);
          job.reach.open_round = static_cast<int>(row.Int(1));
          job.reach.ended = row.Int(2) != 0;
          job.reach.sequence = row.Int(3);
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
    return job;
  }

  // Drops kept shards, and the parameters of rounds before `first_checkpoint` but
  // `best_checkpoint`.
  absl::Status DropProgress(std::int64_t job, std::int64_t first_checkpoint,
                            std::int64_t best_checkpoint) {
    absl::Status status = database_.Run("DELETE FROM shards WHERE job = ?", {job});
    if (!status.ok()) return status;
    return database_.Run("DELETE FROM rounds WHERE job = ? AND round < ? AND round <> ?",
                         {job, first_checkpoint, best_checkpoint});
  }

  absl::Status InsertModel(std::int64_t job, const Model& model) {
    const std::string digest = Sha256(BytesOf(*model.parameters));
    const std::string spec = wire::ToProto(model.spec).SerializeAsString();
    const std::string schema = SchemaBytes(model.schema.get());
    return database_.Run(
        "INSERT INTO models (job, float64, parameters, sha256, spec, dataset, schema)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        {job, IsFloat64(*model.parameters), BytesOf(*model.parameters), BlobOf(digest),
         BlobOf(spec), model.dataset, BlobOf(schema)});
  }

  sqlite::Database& database_;
};

}  // namespace

absl::Status ApplyChange(sqlite::Database& database, const Change& change) {
  return std::visit(Applier(database), change);
}

}  // namespace mlp::coordinator
