#include "cli/job/watch.h"

#include "cli/client/errors.h"
#include "cli/client/job_client.h"
#include "cli/job/follow.h"

namespace mlp::cli {

int Run(const Session& session, const WatchCommand& command) {
  JobClient client(session);
  const auto got = client.GetJob(command.id);
  if (!got.ok()) return Fail(session, got.status());
  const int exit_code =
      Follow(session, client, got->job(), {.from = command.from, .submitted = {}});
  if (exit_code == kExitInterrupted) SayDetached(session, got->job());
  return exit_code;
}

}  // namespace mlp::cli
