// The requests of PutParameters, one after the other: the pieces are not copied, but share the
// parameters' memory.
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

  // nullopt after the last one.
  std::optional<grpc::ByteBuffer> Next();

 private:
  const RoundParameters parameters_;
  std::string header_;  // of the first message; empty once it is sent
  std::size_t sent_ = 0;
};

}  // namespace mlp::coordinator
