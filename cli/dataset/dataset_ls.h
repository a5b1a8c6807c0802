// `mlp-client dataset ls`: the coordinator's datasets.
#pragma once

#include "cli/client/session.h"

namespace mlp::cli {

struct DatasetListCommand {};

int Run(const Session& session, const DatasetListCommand& command);

}  // namespace mlp::cli
