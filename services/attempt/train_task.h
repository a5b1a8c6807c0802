// The work of one attempt to train one shard: what the coordinator asks for is what the node
// computes, whether a message, a simulated one or none lies between them.
//
// A new field is set by RoundRunner and travels by services/wire/train_shard_proto.
#pragma once

#include <memory>
#include <string>

#include "libmlp/data/label.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/shared_parameters.h"
#include "libmlp/train/training_options.h"
#include "services/attempt/offer_terms.h"

namespace mlp {

// The rows of a shard.
struct ShardReference {
  std::string dataset;  // directory below the data directory
  std::string file;     // name in it
  std::string sha256;   // 32 bytes: the digest of the file
  LabelKind labels = LabelKind::kClass;

  // What tells the parsed shard from others: the same file may be read both ways.
  std::string parsed_as() const { return labels == LabelKind::kClass ? sha256 : sha256 + "#"; }
  std::string path() const { return dataset + "/" + file; }
};

// How a model reads the last column.
inline LabelKind LabelKindOf(const ModelSpec& model) {
  return model.regression() ? LabelKind::kNumber : LabelKind::kClass;
}

// What a round starts from.
struct RoundParameters {
  SharedParameters values;  // (ParameterCount(model))
  std::string sha256;       // of their bytes, 32 bytes
};

// What all attempts of a round have in common is shared.
struct TrainTask {
  std::string job_id;
  int round = 1;
  int shard = 0;
  int offer = 0;  // offers of this shard to this node earlier in the round
  OfferTerms terms;
  ShardReference data;
  std::shared_ptr<const ModelSpec> model;  // passed CheckModelSpec
  RoundParameters parameters;
  TrainingOptions training;
};

}  // namespace mlp
