#include "cli/node/undrain.h"

#include "cli/client/connection.h"
#include "cli/client/errors.h"
#include "cli/options/enum_words.h"

namespace mlp::cli {

int Run(const Session& session, const UndrainCommand& command) {
  Connection connection(session.coordinator, session.interrupt);
  v1::UndrainNodeRequest request;
  request.set_name(command.node);
  const auto undrained =
      connection.Call(connection.cluster(), &v1::ClusterService::Stub::UndrainNode, request);
  if (!undrained.ok()) return Fail(session, undrained.status());
  const v1::NodeStatus& node = undrained->node();
  if (session.json) {
    session.terminal.out << Json(*undrained) << std::endl;
  } else if (node.state() == v1::NODE_STATE_UP) {
    session.terminal.out << command.node << " gets work again" << std::endl;
  } else {
    session.terminal.out << command.node << " will get work again when it is up; it is "
                         << Word(node.state()) << ": " << node.detail() << std::endl;
  }
  return kExitDone;
}

}  // namespace mlp::cli
