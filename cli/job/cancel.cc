#include "cli/job/cancel.h"

#include "cli/client/errors.h"
#include "cli/client/job_client.h"
#include "cli/show/summary.h"

namespace mlp::cli {

int Run(const Session& session, const CancelCommand& command) {
  JobClient client(session);
  const auto asked = client.CancelJob(command.id);
  if (!asked.ok()) return Fail(session, asked.status());
  const v1::Job& job = asked->job();
  if (session.json) {
    session.terminal.out << Json(*asked) << std::endl;
  } else if (job.state() == v1::JOB_STATE_RUNNING || job.state() == v1::JOB_STATE_PENDING) {
    session.terminal.out << job.id() << " was asked to stop" << std::endl;
  } else {
    session.terminal.out << job.id() << " has ended: " << StateName(job.state()) << std::endl;
  }
  return kExitDone;
}

}  // namespace mlp::cli
