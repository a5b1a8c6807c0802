#include "services/attempt/trained.h"

#include <utility>

#include "libmlp/train/training.h"
#include "services/base/sha256.h"

namespace mlp {

Trained WithDigest(TrainingResult result) {
  Trained trained;
  trained.digest = Sha256(BytesOf(result.gradient));
  trained.gradient = Share(std::move(result.gradient));
  trained.training = result.training;
  trained.epochs_run = result.epochs_run;
  return trained;
}

}  // namespace mlp
