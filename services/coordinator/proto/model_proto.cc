#include "services/coordinator/proto/model_proto.h"

#include <utility>

#include "services/coordinator/job/model.h"
#include "services/model/saved_model.h"
#include "services/wire/enum_proto.h"
#include "services/wire/model_proto.h"
#include "services/wire/parameters_proto.h"
#include "services/wire/schema_proto.h"
#include "services/wire/time_proto.h"

namespace mlp::coordinator {

absl::StatusOr<std::shared_ptr<const Model>> FromProto(const v1::Model& proto) {
  absl::StatusOr<model::SavedModel> saved = model::FromProto(proto);
  if (!saved.ok()) return saved.status();
  auto model = std::make_shared<Model>();
  model->digest = model::DigestOf(*saved);
  model->spec = std::move(saved->spec);
  model->parameters = std::move(saved->parameters);
  model->job_id = std::move(saved->job_id);
  model->dataset = std::move(saved->dataset);
  if (saved->schema) model->schema = std::make_shared<const Schema>(*std::move(saved->schema));
  return model;
}

v1::ModelSummary ToProto(const ModelRecord& record) {
  v1::ModelSummary proto;
  proto.set_id(record.id);
  *proto.mutable_spec() = wire::ToProto(record.spec);
  proto.set_precision(wire::ToProto(record.precision));
  proto.set_model_digest(record.digest);
  proto.set_dataset(record.dataset);
  proto.set_job_id(record.job_id);
  *proto.mutable_create_time() = wire::ToProto(record.import_time);
  proto.set_imported(true);
  return proto;
}

v1::ModelSummary SummaryOf(const Job& job) {
  v1::ModelSummary proto;
  proto.set_id(job.id);
  *proto.mutable_spec() = wire::ToProto(job.model);
  proto.set_precision(wire::ToProto(job.spec.precision));
  proto.set_model_digest(job.model_digest);
  proto.set_dataset(job.spec.dataset);
  proto.set_job_id(job.id);
  if (job.end_time) *proto.mutable_create_time() = wire::ToProto(*job.end_time);
  if (job.validation) {
    // The model's measurement, which is that of the best round if the job stops early.
    const Evaluation& measured = job.spec.early_stopping ? job.scores.best : *job.validation;
    *proto.mutable_validation() = wire::ToProto(measured, job.validation_file);
  }
  return proto;
}

}  // namespace mlp::coordinator
