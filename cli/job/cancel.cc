#include "cli/job/cancel.h"

#include "cli/client/connection.h"
#include "cli/client/errors.h"
#include "cli/show/summary.h"

namespace mlp::cli {

int Run(const Session& session, const CancelCommand& command) {
  Connection connection(session.coordinator, session.interrupt);
  v1::CancelJobRequest request;
  request.set_id(command.id);
  const auto asked = connection.Call(connection.jobs(), &v1::JobService::Stub::CancelJob, request);
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
