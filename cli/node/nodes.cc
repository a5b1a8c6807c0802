#include "cli/node/nodes.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/cluster_client.h"
#include "cli/client/errors.h"
#include "cli/options/enum_words.h"

namespace mlp::cli {
namespace {

Colour ColourOf(v1::NodeState state) {
  switch (state) {
    case v1::NODE_STATE_UP:
      return Colour::kGreen;
    case v1::NODE_STATE_SUSPECTED:
    case v1::NODE_STATE_DRAINING:
      return Colour::kYellow;
    default:
      return Colour::kRed;
  }
}

std::string LeaseText(const v1::NodeStatus& node) {
  if (!node.registered()) return "none";  // it is configured
  const double seconds = static_cast<double>(node.lease_left().seconds()) +
                         static_cast<double>(node.lease_left().nanos()) * 1e-9;
  return absl::StrFormat("%.1f s", seconds);
}

AlignedTable::Row RowOf(const v1::NodeStatus& node) {
  return {node.name(),
          {Word(node.state()), ColourOf(node.state())},
          LeaseText(node),
          node.slots() == 0 ? "any" : absl::StrCat(node.slots()),
          absl::StrCat(node.active_attempts()),
          absl::StrCat(node.finished_attempts()),
          absl::StrCat(node.rejected_attempts()),
          absl::StrCat(node.failed_attempts()),
          absl::StrFormat("%.1f", node.tasks_per_second()),
          node.address()};
}

// Sentences do not fit into the table.
void PrintNotes(const Terminal& terminal, const v1::NodeStatus& node) {
  if (node.state() != v1::NODE_STATE_UP) {
    terminal.out << node.name() << " is " << Word(node.state()) << ": " << node.detail() << '\n';
  }
  if (!node.last_error().empty()) {
    terminal.out << node.name() << " failed last at " << TimeText(&node.last_error_time())
                 << " UTC: " << node.last_error() << '\n';
  }
}

}  // namespace

int Run(const Session& session, const NodesCommand&) {
  ClusterClient client(session);
  const auto list = client.ListNodes();
  if (!list.ok()) return Fail(session, list.status());
  if (session.json) {
    session.terminal.out << Json(*list) << std::endl;
    return kExitDone;
  }
  PrintNodes(session.terminal, *list);
  return kExitDone;
}

void PrintNodes(const Terminal& terminal, const v1::ListNodesResponse& list) {
  AlignedTable table({"NODE", "STATE", "LEASE", "SLOTS", "HELD", "DONE", "REJECTED", "FAILED",
                      "TASKS/S", "ADDRESS"});
  for (const v1::NodeStatus& node : list.nodes()) table.Add(RowOf(node));
  table.Print(terminal);
  for (const v1::NodeStatus& node : list.nodes()) PrintNotes(terminal, node);
}

}  // namespace mlp::cli
