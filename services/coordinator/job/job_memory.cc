#include "services/coordinator/job/job_memory.h"

#include "libmlp/train/training_memory.h"
#include "services/coordinator/job/job_spec.h"
#include "services/coordinator/job/server_optimizer.h"

namespace mlp::coordinator {

std::uint64_t CoordinatorBytes(const JobSpec& spec, const ModelSpec& model) {
  std::uint64_t buffers = 5;
  if (spec.early_stopping) ++buffers;
  // The average, the memory, and both parameters and memory once more as they are stored.
  const std::uint64_t memory = ServerMemory(spec.server);
  if (memory > 0) buffers += 1 + memory + (1 + memory);
  return buffers * ParameterBytes(model, spec.precision);
}

}  // namespace mlp::coordinator
