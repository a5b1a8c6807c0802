// What every command is given.
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

// "mlp-client: <message>" on the error output.
void Log(const Session& session, std::string_view message);
// Reports what is wrong with what the user gave; the exit code of the program.
int Refuse(const Session& session, const absl::Status& error);
// Reports a call to the coordinator that did not end well; the exit code of the program. Nothing is
// said where it was the user who interrupted it.
int Fail(const Session& session, const absl::Status& error);

// Ends a command by what the coordinator answered, and returns the exit code: an error is reported
// by Fail; an answer is printed as JSON if the session asks for that, else by `print`.
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
