#include "cli/client/session.h"

#include "services/base/printable.h"

namespace mlp::cli {

void Log(const Session& session, std::string_view message) {
  session.terminal.err << "mlp-client: " << Printable(message) << std::endl;
}

int Refuse(const Session& session, const absl::Status& error) {
  Log(session, std::string(error.message()));
  return kExitFailed;
}

int Fail(const Session& session, const absl::Status& error) {
  if (session.interrupt.happened()) return kExitInterrupted;
  Log(session, ErrorText(error, session.coordinator));
  return ExitCodeOf(error);
}

}  // namespace mlp::cli
