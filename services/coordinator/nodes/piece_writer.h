// Makes the requests of PutParameters, one after the other. The pieces are no copies: they share
// the parameters' memory.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <optional>
#include <string>

#include "services/attempt/train_task.h"

namespace mlp::coordinator {

class PieceWriter {
 public:
  explicit PieceWriter(RoundParameters parameters);

  // Returns the next request; nullopt after the last one.
  std::optional<grpc::ByteBuffer> Next();

 private:
  const RoundParameters parameters_;
  std::string header_;  // the first message's; empty once it is sent
  std::size_t sent_ = 0;
};

}  // namespace mlp::coordinator
