// A run in virtual time.
#pragma once

#include <stop_token>

#include "services/coordinator/run/coordinator.h"
#include "services/experiment/run.h"

namespace mlp::experiment {

// Runs to the end, or until `stop`, in a world of its own. `datasets` is that of DatasetsOf. Any
// thread; any number side by side.
Run RunSimulated(const Experiment& experiment, const coordinator::LoadDataset& datasets,
                 const RunKey& key, const std::stop_token& stop);

}  // namespace mlp::experiment
