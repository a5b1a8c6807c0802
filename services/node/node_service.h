// mlp.v1.NodeService on a Node: messages in, what the node makes of them out. Loop thread only, but
// for what comes before the server's start.
#pragma once

#include <memory>
#include <string>

#include "services/async/workers.h"
#include "services/node/run/node.h"
#include "services/rpc/server.h"

namespace mlp::node {

class NodeService {
 public:
  NodeService();
  ~NodeService();

  // The service that a server has to be told of. Outlives the server.
  grpc::Service& grpc();
  // Tells this process from others of the same name.
  const std::string& instance_id() const { return instance_id_; }
  // Answers the calls from the server's start on. `node` and `workers` outlive the server's loop.
  // `workers` check requests and encode results while the node's other task computes: they need a
  // thread to spare.
  void Serve(rpc::Server& server, Node& node, async::Workers& workers);

 private:
  class Generated;
  class Handlers;
  const std::string instance_id_;
  const std::unique_ptr<Generated> generated_;
  std::unique_ptr<Handlers> handlers_;
};

}  // namespace mlp::node
