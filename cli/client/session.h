// The session that every command gets.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/client/errors.h"
#include "cli/client/interrupt.h"
#include "cli/client/output.h"

namespace mlp::cli {

struct Session {
  std::string coordinator;  // host:port
  bool json = false;
  Terminal terminal;
  Interrupt& interrupt;
};

// "mlp-client: <message>" on the error output, in one line.
void Log(const Session& session, std::string_view message);
// Reports what is wrong with the user's input, and returns the exit code of the program.
int Refuse(const Session& session, const absl::Status& error);
// Reports a call to the coordinator that failed, and returns the exit code of the program. Says
// nothing if the user interrupted the call.
int Fail(const Session& session, const absl::Status& error);

// Ends a command with the coordinator's answer, and returns the exit code. Fail reports an error.
// An answer is printed as JSON if the session asks for that, else by `print`.
template <class Response, class Print>
int ShowAnswer(const Session& session, const absl::StatusOr<Response>& answer, const Print& print) {
  if (!answer.ok()) return Fail(session, answer.status());
  if (session.json) {
    session.terminal.out << Json(*answer) << std::endl;
  } else {
    print(*answer);
  }
  return kExitDone;
}

}  // namespace mlp::cli
