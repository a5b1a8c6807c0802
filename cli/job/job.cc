#include "cli/job/job.h"

#include "cli/client/errors.h"
#include "cli/client/job_client.h"
#include "cli/show/summary.h"

namespace mlp::cli {

int Run(const Session& session, const JobCommand& command) {
  JobClient client(session);
  const auto got = client.GetJob(command.id);
  if (!got.ok()) return Fail(session, got.status());
  session.terminal.out << (session.json ? Json(*got) + "\n" : Description(got->job()));
  return kExitDone;
}

}  // namespace mlp::cli
