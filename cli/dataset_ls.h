// `mlp-client dataset ls`: the coordinator's datasets.
#pragma once

#include "cli/session.h"

namespace mlp::cli {

struct DatasetListCommand {};

int Run(const Session& session, const DatasetListCommand& command);

}  // namespace mlp::cli
