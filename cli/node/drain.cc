#include "cli/node/drain.h"

#include "absl/strings/str_cat.h"
#include "cli/client/cluster_client.h"
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
  ClusterClient client(session);
  const auto drained = client.DrainNode(command.node);
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
