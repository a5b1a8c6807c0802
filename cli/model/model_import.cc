#include "cli/model/model_import.h"

#include "absl/strings/str_cat.h"
#include "cli/client/errors.h"
#include "cli/client/model_client.h"
#include "services/model/model_file.h"
#include "services/model/saved_model.h"

namespace mlp::cli {

int Run(const Session& session, const ModelImportCommand& command) {
  const absl::StatusOr<model::SavedModel> model = model::ReadFile(command.file);
  if (!model.ok()) return Fail(session, model.status());
  ModelClient client(session);
  const auto imported =
      client.ImportModel(command.name, model::ToProto(*model).SerializeAsString());
  if (!imported.ok()) return Fail(session, imported.status());
  session.terminal.out << (session.json ? Json(imported->model())
                                        : absl::StrCat(imported->model().id(),
                                                       " was imported, model digest ",
                                                       imported->model().model_digest()))
                       << std::endl;
  return kExitDone;
}

}  // namespace mlp::cli
