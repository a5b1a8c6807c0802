// Makes a parameter buffer fit, as no mutation would: its size and its digest follow from the rest
// of the message.
#pragma once

#include "libmlp/model/model_spec.h"
#include "mlp/v1/model.pb.h"
#include "services/base/sha256.h"

namespace mlp::fuzz {

// Returns false if that is impossible, or would take too long.
inline bool Repair(const ModelSpec& model, v1::ParameterBuffer& buffer) {
  constexpr std::size_t kMaxElements = 4096;
  if (ParameterCount(model) > kMaxElements) return false;
  const bool is_float32 = buffer.precision() == v1::PRECISION_FLOAT32;
  buffer.mutable_data()->resize(ParameterCount(model) *
                                (is_float32 ? sizeof(float) : sizeof(double)));
  buffer.set_sha256(Sha256(buffer.data()));
  return true;
}

}  // namespace mlp::fuzz
