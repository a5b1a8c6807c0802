#include "cli/model/model_rm.h"

#include "cli/client/connection.h"
#include "cli/client/errors.h"

namespace mlp::cli {

int Run(const Session& session, const ModelRemoveCommand& command) {
  Connection connection(session.coordinator, session.interrupt);
  v1::RemoveModelRequest request;
  request.set_id(command.id);
  const auto removed =
      connection.Call(connection.models(), &v1::ModelService::Stub::RemoveModel, request);
  if (!removed.ok()) return Fail(session, removed.status());
  session.terminal.out << (session.json ? Json(*removed) : command.id + " was removed")
                       << std::endl;
  return kExitDone;
}

}  // namespace mlp::cli
