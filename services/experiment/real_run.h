// A run in real time: a cluster of this process, real gRPC on 127.0.0.1, scaled load and waits.
#pragma once

#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "services/coordinator/run/coordinator.h"
#include "services/experiment/run.h"

namespace mlp::experiment {

// InvalidArgument, about `file`, if a cluster of one process cannot be that large.
absl::Status CheckReal(const Experiment& experiment, const std::string& file);

// Runs to the end, or until `stop`, in a cluster of its own. `datasets` is that of DatasetsOf. Any
// thread; several side by side, as far as the machine can carry them.
Run RunReal(const Experiment& experiment, const coordinator::LoadDataset& datasets,
            const RunKey& key, const std::stop_token& stop);

}  // namespace mlp::experiment
