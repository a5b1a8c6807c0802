#include "cli/nodes.h"

#include "absl/strings/str_cat.h"
#include "cli/connection.h"
#include "cli/enum_words.h"
#include "cli/errors.h"

namespace mlp::cli {
namespace {

Colour ColourOf(v1::NodeState state) {
  return state == v1::NODE_STATE_UP ? Colour::kGreen : Colour::kRed;
}

Table::Row RowOf(const v1::NodeStatus& node) {
  return {node.name(),
          node.address(),
          {Word(node.state()), ColourOf(node.state())},
          absl::StrCat(node.active_attempts()),
          absl::StrCat(node.finished_attempts()),
          absl::StrCat(node.rejected_attempts()),
          absl::StrCat(node.failed_attempts()),
          node.detail()};
}

}  // namespace

int Run(const Session& session, const NodesCommand&) {
  Connection connection(session.coordinator, session.interrupt);
  const auto list = connection.Call(connection.cluster(), &v1::ClusterService::Stub::ListNodes,
                                    v1::ListNodesRequest());
  if (!list.ok()) return Fail(session, list.status());
  if (session.json) {
    session.terminal.out << Json(*list) << std::endl;
    return kExitDone;
  }
  Table table({"NODE", "ADDRESS", "STATE", "ACTIVE", "FINISHED", "REJECTED", "FAILED", "DETAIL"});
  for (const v1::NodeStatus& node : list->nodes()) table.Add(RowOf(node));
  table.Print(session.terminal);
  return kExitDone;
}

}  // namespace mlp::cli
