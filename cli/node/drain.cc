#include "cli/node/drain.h"

#include "absl/strings/str_cat.h"
#include "cli/client/connection.h"
#include "cli/client/errors.h"

namespace mlp::cli {
namespace {

std::string WhatItHolds(int attempts) {
  if (attempts == 0) return "it holds no task";
  return absl::StrCat("it finishes the ", attempts, attempts == 1 ? " task" : " tasks",
                      " that it holds");
}

}  // namespace

int Run(const Session& session, const DrainCommand& command) {
  Connection connection(session.coordinator, session.interrupt);
  v1::DrainNodeRequest request;
  request.set_name(command.node);
  const auto drained =
      connection.Call(connection.cluster(), &v1::ClusterService::Stub::DrainNode, request);
  if (!drained.ok()) return Fail(session, drained.status());
  if (session.json) {
    session.terminal.out << Json(*drained) << std::endl;
  } else {
    session.terminal.out << command.node << " gets nothing new; "
                         << WhatItHolds(drained->node().active_attempts()) << std::endl;
  }
  return kExitDone;
}

}  // namespace mlp::cli
