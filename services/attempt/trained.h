// The result of an attempt that trained its shard.
#pragma once

#include <chrono>
#include <string>

#include "libmlp/model/shared_parameters.h"
#include "libmlp/train/evaluation.h"

namespace mlp {

struct TrainingResult;

// What a round needs of a shard that is trained.
struct ShardResult {
  SharedParameters gradient;  // never null
  std::string digest;         // SHA-256 of the gradient, 32 bytes
  Evaluation training;        // of the shard's rows
  int epochs_run = 0;
};

// What there is to know about it besides.
struct Trained : ShardResult {
  std::chrono::nanoseconds compute_time{};
  std::chrono::nanoseconds load_time{};  // zero if the shard was in memory
};

// A result of training, and the digest of its gradient: for worker threads if that is large.
Trained WithDigest(TrainingResult result);

}  // namespace mlp
