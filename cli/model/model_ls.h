// `mlp-client model ls`: the coordinator's models.
#pragma once

#include "cli/client/session.h"

namespace mlp::cli {

struct ModelListCommand {};

int Run(const Session& session, const ModelListCommand& command);

}  // namespace mlp::cli
