#include "cli/job/rm.h"

#include "cli/client/errors.h"
#include "cli/client/job_client.h"
#include "cli/client/output.h"

namespace mlp::cli {

int Run(const Session& session, const RemoveCommand& command) {
  JobClient client(session);
  const auto removed = client.RemoveJob(command.id);
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
