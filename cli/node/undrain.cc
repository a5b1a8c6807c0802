#include "cli/node/undrain.h"

#include "cli/client/cluster_client.h"
#include "cli/client/errors.h"
#include "cli/options/enum_words.h"

namespace mlp::cli {

int Run(const Session& session, const UndrainCommand& command) {
  ClusterClient client(session);
  const auto undrained = client.UndrainNode(command.node);
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
