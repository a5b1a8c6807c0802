#include "cli/node/nodes.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/cluster_client.h"
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
  if (!node.registered()) return "none";  // the node is configured
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

std::string WhatItHolds(const v1::NodeStatus& node) {
  const int attempts = node.active_attempts();
  if (attempts == 0) return "it holds no task";
  return absl::StrCat("it finishes the ", attempts, attempts == 1 ? " task" : " tasks",
                      " that it holds");
}

std::string WhenItWorks(const v1::NodeStatus& node) {
  if (node.state() == v1::NODE_STATE_UP) return " gets work again";
  return absl::StrCat(" will get work again when it is up; it is ", Word(node.state()), ": ",
                      node.detail());
}

}  // namespace

int Run(const Session& session, const NodesCommand&) {
  return ShowAnswer(
      session, ClusterClient(session).ListNodes(),
      [&session](const v1::ListNodesResponse& list) { PrintNodes(session.terminal, list); });
}

int Run(const Session& session, const DrainCommand& command) {
  return ShowAnswer(session, ClusterClient(session).DrainNode(command.node),
                    [&](const v1::DrainNodeResponse& drained) {
                      session.terminal.out << command.node << " gets nothing new; "
                                           << WhatItHolds(drained.node()) << std::endl;
                    });
}

int Run(const Session& session, const UndrainCommand& command) {
  return ShowAnswer(session, ClusterClient(session).UndrainNode(command.node),
                    [&](const v1::UndrainNodeResponse& undrained) {
                      session.terminal.out << command.node << WhenItWorks(undrained.node())
                                           << std::endl;
                    });
}

int Run(const Session& session, const NodeRemoveCommand& command) {
  return ShowAnswer(session, ClusterClient(session).RemoveNode(command.node),
                    [&](const v1::RemoveNodeResponse&) {
                      session.terminal.out << command.node << " is forgotten" << std::endl;
                    });
}

void PrintNodes(const Terminal& terminal, const v1::ListNodesResponse& list) {
  AlignedTable table({"NODE", "STATE", "LEASE", "SLOTS", "HELD", "DONE", "REJECTED", "FAILED",
                      "TASKS/S", "ADDRESS"});
  for (const v1::NodeStatus& node : list.nodes()) table.Add(RowOf(node));
  table.Print(terminal);
  for (const v1::NodeStatus& node : list.nodes()) PrintNotes(terminal, node);
}

}  // namespace mlp::cli
