#include "cli/model/model_rm.h"

#include "cli/client/errors.h"
#include "cli/client/model_client.h"

namespace mlp::cli {

int Run(const Session& session, const ModelRemoveCommand& command) {
  ModelClient client(session);
  const auto removed = client.RemoveModel(command.id);
  if (!removed.ok()) return Fail(session, removed.status());
  session.terminal.out << (session.json ? Json(*removed) : command.id + " was removed")
                       << std::endl;
  return kExitDone;
}

}  // namespace mlp::cli
