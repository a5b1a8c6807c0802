// The memory that a job needs, in bytes, about, before it runs. Pure.
#pragma once

#include <cstdint>

#include "libmlp/model/model_spec.h"

namespace mlp::coordinator {

struct JobSpec;

// What the coordinator holds of a job's numbers at once: the parameters of the round, of the next
// one and of the one that is validated, the sum of the gradients and one that arrives, what the
// server's optimizer remembers, and the best round's parameters if the job may stop early.
std::uint64_t CoordinatorBytes(const JobSpec& spec, const ModelSpec& model);

}  // namespace mlp::coordinator
