// `mlp-client model export MODEL -o FILE`: writes a model for others, and `mlp-client model ID -o
// FILE`, which writes it as it is.
//
// It is written only when all of it is there and its digest is right, and never to a terminal.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/client/session.h"
#include "services/model/model_file.h"

namespace mlp::cli {

struct ModelExportCommand {
  std::string model;
  std::optional<model::Format> format;  // none: what the ending of `output` says, or else mlp
  std::filesystem::path output;         // empty: standard output
};

int Run(const Session& session, const ModelExportCommand& command);

}  // namespace mlp::cli
