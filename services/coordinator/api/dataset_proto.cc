#include "services/coordinator/api/dataset_proto.h"

#include <algorithm>

#include "services/wire/time_proto.h"

namespace mlp::coordinator {

std::vector<DatasetFile> FromProto(
    const google::protobuf::RepeatedPtrField<v1::DatasetFile>& files) {
  std::vector<DatasetFile> converted;
  converted.reserve(static_cast<std::size_t>(files.size()));
  for (const v1::DatasetFile& file : files) {
    converted.push_back({file.name(), file.sha256(), file.bytes()});
  }
  return converted;
}

namespace {

constexpr std::size_t kMaxClassNames = 1000;

void Describe(const Schema& schema, v1::Dataset& dataset) {
  dataset.set_regression(schema.regression());
  dataset.set_label(schema.label);
  const std::size_t names = std::min(schema.classes.size(), kMaxClassNames);
  dataset.mutable_class_names()->Assign(schema.classes.begin(), schema.classes.begin() + names);
}

}  // namespace

v1::Dataset ToProto(const DatasetStatus& status) {
  const DatasetRecord& record = status.record;
  v1::Dataset dataset;
  dataset.set_name(record.name);
  for (const DatasetFile& file : record.files) {
    v1::DatasetFile& added = *dataset.add_files();
    added.set_name(file.name);
    added.set_sha256(file.sha256);
    added.set_bytes(file.bytes);
  }
  dataset.set_shards(static_cast<std::int32_t>(std::ranges::count_if(record.files, IsShard)));
  dataset.set_training_rows(static_cast<std::int64_t>(record.training_rows));
  dataset.set_validation_rows(static_cast<std::int64_t>(record.validation_rows));
  dataset.set_features(static_cast<std::int32_t>(record.features));
  dataset.set_classes(static_cast<std::int32_t>(record.classes));
  if (status.stored) *dataset.mutable_create_time() = wire::ToProto(record.create_time);
  for (const std::string& id : status.used_by) dataset.add_used_by(id);
  dataset.set_problem(status.problem);
  if (record.schema) Describe(*record.schema, dataset);
  return dataset;
}

}  // namespace mlp::coordinator
