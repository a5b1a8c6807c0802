#include "cli/job/watch.h"

#include "cli/client/connection.h"
#include "cli/client/errors.h"
#include "cli/job/follow.h"

namespace mlp::cli {

int Run(const Session& session, const WatchCommand& command) {
  Connection connection(session.coordinator, session.interrupt);
  v1::GetJobRequest request;
  request.set_id(command.id);
  const auto got = connection.Call(connection.jobs(), &v1::JobService::Stub::GetJob, request);
  if (!got.ok()) return Fail(session, got.status());
  const int exit_code =
      Follow(session, connection, got->job(), {.from = command.from, .submitted = {}});
  if (exit_code == kExitInterrupted) SayDetached(session, got->job());
  return exit_code;
}

}  // namespace mlp::cli
