// `mlp-client model ID -o FILE`: fetches a trained model, a serialised mlp.v1.Model.
//
// It is written only when all of it is there and its digest is right, and never to a terminal.
#pragma once

#include <filesystem>
#include <string>

#include "cli/session.h"

namespace mlp::cli {

struct ModelCommand {
  std::string id;
  std::filesystem::path output;  // empty: standard output
};

int Run(const Session& session, const ModelCommand& command);

}  // namespace mlp::cli
