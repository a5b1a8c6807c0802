// The memory that training takes, in bytes, before anything is allocated.
//
// Estimates count what grows with the model and the rows, and leave out what does not. Pure.
#pragma once

#include <cstdint>

#include "libmlp/model/model_spec.h"
#include "libmlp/model/precision.h"
#include "libmlp/train/training_options.h"

namespace mlp {

// The memory of Train beside its arguments: the weights that it changes, their gradient once or
// twice, the gradient's mean and the optimizer's memory if batches are trained, the features of
// the rows that are worked on, and for each thread the values of a block of rows. `spec` must have
// passed CheckModelSpec.
std::uint64_t TrainingBytes(const ModelSpec& spec, Precision precision,
                            const TrainingOptions& options, std::uint64_t rows, int threads);

// The memory of the parameters themselves.
std::uint64_t ParameterBytes(const ModelSpec& spec, Precision precision);

// The memory of a shard (libmlp/data/shard.h).
std::uint64_t ShardBytes(std::uint64_t rows, std::uint64_t features);

}  // namespace mlp
