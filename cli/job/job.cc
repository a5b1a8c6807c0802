#include "cli/job/job.h"

#include "cli/client/connection.h"
#include "cli/client/errors.h"
#include "cli/show/summary.h"

namespace mlp::cli {

int Run(const Session& session, const JobCommand& command) {
  Connection connection(session.coordinator, session.interrupt);
  v1::GetJobRequest request;
  request.set_id(command.id);
  const auto got = connection.Call(connection.jobs(), &v1::JobService::Stub::GetJob, request);
  if (!got.ok()) return Fail(session, got.status());
  session.terminal.out << (session.json ? Json(*got) + "\n" : Description(got->job()));
  return kExitDone;
}

}  // namespace mlp::cli
