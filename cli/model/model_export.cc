#include "cli/model/model_export.h"

#include "cli/client/errors.h"
#include "cli/files/write_file.h"
#include "cli/model/model_source.h"
#include "services/model/saved_model.h"

namespace mlp::cli {
namespace {

model::Format OutputFormat(const ModelExportCommand& command) {
  if (command.format) return *command.format;
  const std::string ending = command.output.extension().string();
  const absl::StatusOr<model::Format> format =
      model::ParseFormat(ending.empty() ? ending : ending.substr(1));
  return format.value_or(model::Format::kMlp);
}

// JSON is text.
bool WouldGarble(const Session& session, const ModelExportCommand& command) {
  return command.output.empty() && session.terminal.tty &&
         OutputFormat(command) != model::Format::kJson;
}

}  // namespace

int Run(const Session& session, const ModelExportCommand& command) {
  if (WouldGarble(session, command)) {
    Log(session, "a model is binary and would garble the terminal; use -o FILE");
    return kExitUsage;
  }
  const absl::StatusOr<model::SavedModel> model = LoadModel(session, command.model);
  if (!model.ok()) return Fail(session, model.status());
  const absl::StatusOr<std::string> bytes = model::Write(*model, OutputFormat(command));
  if (!bytes.ok()) return Fail(session, bytes.status());
  if (command.output.empty()) {
    session.terminal.out << *bytes << std::flush;
    return kExitDone;
  }
  const absl::Status written = WriteAtOnce(command.output, *bytes);
  if (!written.ok()) return Fail(session, written);
  session.terminal.out << command.output.string() << ": " << bytes->size()
                       << " bytes, model digest " << model::DigestOf(*model) << std::endl;
  return kExitDone;
}

}  // namespace mlp::cli
