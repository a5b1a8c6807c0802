#include "cli/node/nodes.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

namespace mlp::cli {
namespace {

using Catch::Contains;

v1::NodeStatus Node(const std::string& name, v1::NodeState state) {
  v1::NodeStatus node;
  node.set_name(name);
  node.set_address("192.168.100.17:40123");
  node.set_state(state);
  node.set_active_attempts(2);
  node.set_finished_attempts(12345);
  node.set_rejected_attempts(678);
  node.set_failed_attempts(9);
  node.set_tasks_per_second(12.34);
  return node;
}

std::string Printed(const v1::ListNodesResponse& list) {
  std::ostringstream out;
  std::ostringstream err;
  const Terminal terminal{out, err};
  PrintNodes(terminal, list);
  return out.str();
}

TEST_CASE("the table of nodes fits into 100 columns and what needs words comes below it") {
  v1::ListNodesResponse list;
  v1::NodeStatus& up = *list.add_nodes();
  up = Node("node-1.rack-7", v1::NODE_STATE_UP);
  up.set_registered(true);
  up.mutable_lease_left()->set_seconds(3);
  up.mutable_lease_left()->set_nanos(160'000'000);
  up.set_slots(4);
  up.set_last_error("connection reset");
  up.mutable_last_error_time()->set_seconds(1'717'175'045);
  v1::NodeStatus& suspected = *list.add_nodes();
  suspected = Node("node-2", v1::NODE_STATE_SUSPECTED);
  suspected.set_detail("missed 2 heartbeats");
  CHECK(Printed(list) ==
        "NODE           STATE      LEASE  SLOTS  HELD  DONE   REJECTED  FAILED  TASKS/S  ADDRESS\n"
        "node-1.rack-7  up         3.2 s  4      2     12345  678       9       12.3     "
        "192.168.100.17:40123\n"
        "node-2         suspected  none   any    2     12345  678       9       12.3     "
        "192.168.100.17:40123\n"
        "node-1.rack-7 failed last at 2024-05-31 17:04:05 UTC: connection reset\n"
        "node-2 is suspected: missed 2 heartbeats\n");
  std::istringstream lines(Printed(list));
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

}  // namespace
}  // namespace mlp::cli
