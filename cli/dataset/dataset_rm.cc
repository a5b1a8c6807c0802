#include "cli/dataset/dataset_rm.h"

#include "cli/client/connection.h"
#include "cli/client/errors.h"

namespace mlp::cli {

int Run(const Session& session, const DatasetRemoveCommand& command) {
  Connection connection(session.coordinator, session.interrupt);
  v1::RemoveDatasetRequest request;
  request.set_name(command.name);
  const auto removed =
      connection.Call(connection.datasets(), &v1::DatasetService::Stub::RemoveDataset, request);
  if (!removed.ok()) return Fail(session, removed.status());
  session.terminal.out << (session.json ? Json(*removed) : command.name + " was removed")
                       << std::endl;
  return kExitDone;
}

}  // namespace mlp::cli
