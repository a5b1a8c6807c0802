#include "cli/job/rm.h"

#include "cli/client/connection.h"
#include "cli/client/errors.h"
#include "cli/client/output.h"

namespace mlp::cli {

int Run(const Session& session, const RemoveCommand& command) {
  Connection connection(session.coordinator, session.interrupt);
  v1::RemoveJobRequest request;
  request.set_id(command.id);
  const auto removed =
      connection.Call(connection.jobs(), &v1::JobService::Stub::RemoveJob, request);
  if (!removed.ok()) return Fail(session, removed.status());
  if (session.json) {
    session.terminal.out << Json(*removed) << std::endl;
  } else {
    session.terminal.out << command.id << " is forgotten, with its events and its model"
                         << std::endl;
  }
  return kExitDone;
}

}  // namespace mlp::cli
