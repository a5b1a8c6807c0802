// The messages of datasets.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <vector>

#include "mlp/v1/dataset.pb.h"
#include "services/coordinator/datasets/dataset_catalog.h"
#include "services/coordinator/job/dataset_record.h"

namespace mlp::coordinator {

// Returns the files in the order of the message. InOrder checks them.
std::vector<DatasetFile> FromProto(
    const google::protobuf::RepeatedPtrField<v1::DatasetFile>& files);
v1::Dataset ToProto(const DatasetStatus& status);

}  // namespace mlp::coordinator
