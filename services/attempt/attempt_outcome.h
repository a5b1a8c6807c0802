// How an attempt to train a shard ends well.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "libmlp/model/parameters.h"
#include "libmlp/train/evaluation.h"
#include "services/attempt/reject_reason.h"

namespace mlp {

struct TrainingResult;

// What a round needs of a shard that is trained.
struct ShardResult {
  Parameters gradient;
  std::string digest;   // SHA-256 of the gradient, 32 bytes
  Evaluation training;  // of the shard's rows
  int epochs_run = 0;
};

// What there is to know about it besides.
struct Trained : ShardResult {
  std::chrono::nanoseconds compute_time{};
  std::chrono::nanoseconds load_time{};  // zero if the shard was in memory
};

// A result of training, and the digest of its gradient: for worker threads if that is large.
Trained WithDigest(TrainingResult result);

// A node keeps the result that it sends, and the coordinator sums and stores it: neither copies it.
using SharedTrained = std::shared_ptr<const Trained>;
using AttemptOutcome = std::variant<RejectReason, SharedTrained>;

}  // namespace mlp
