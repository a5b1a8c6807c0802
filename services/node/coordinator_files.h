// The coordinator as a source of shard files: DatasetService.GetFile, checked against the digest.
//
// If the connection breaks, a fetch goes on where it was. It gives up (Unavailable) after some
// tries in a row that brought nothing. Loop thread only; `loop` and `workers` outlive it.
#pragma once

#include <memory>
#include <string>

#include "mlp/v1/dataset.grpc.pb.h"
#include "services/async/clock.h"
#include "services/async/workers.h"
#include "services/node/run/shard_source.h"
#include "services/rpc/loop.h"

namespace mlp::node {

class CoordinatorFiles final : public ShardSource {
 public:
  // `coordinator` is host:port; `pause` is the time between two tries.
  CoordinatorFiles(std::string coordinator, rpc::Loop& loop, async::Workers& workers,
                   async::Duration pause = std::chrono::milliseconds(500));

  async::Task<absl::StatusOr<std::string>> Fetch(std::string sha256, std::stop_token stop) override;

 private:
  async::Task<absl::Status> GetAll(const std::string& sha256, std::string& bytes,
                                   std::stop_token stop);
  async::Task<absl::Status> GetRest(const std::string& sha256, std::string& bytes,
                                    std::stop_token stop);

  const std::string coordinator_;
  rpc::Loop& loop_;
  async::Workers& workers_;
  const async::Duration pause_;
  const std::unique_ptr<v1::DatasetService::Stub> stub_;
};

}  // namespace mlp::node
