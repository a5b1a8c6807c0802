#include "cli/dataset/dataset_rm.h"

#include "cli/client/dataset_client.h"
#include "cli/client/errors.h"

namespace mlp::cli {

int Run(const Session& session, const DatasetRemoveCommand& command) {
  DatasetClient client(session);
  const auto removed = client.RemoveDataset(command.name);
  if (!removed.ok()) return Fail(session, removed.status());
  session.terminal.out << (session.json ? Json(*removed) : command.name + " was removed")
                       << std::endl;
  return kExitDone;
}

}  // namespace mlp::cli
