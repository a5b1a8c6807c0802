// `mlp-client model rm ID`: has the coordinator forget an imported model.
#pragma once

#include <string>

#include "cli/client/session.h"

namespace mlp::cli {

struct ModelRemoveCommand {
  std::string id;
};

int Run(const Session& session, const ModelRemoveCommand& command);

}  // namespace mlp::cli
