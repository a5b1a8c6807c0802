#include "services/wire/training_proto.h"

#include "absl/strings/str_cat.h"
#include "services/base/field_error.h"

namespace mlp::wire {

v1::Solver ToProto(Solver solver) {
  switch (solver) {
    case Solver::kDescent:
      return v1::SOLVER_DESCENT;
    case Solver::kSgd:
      return v1::SOLVER_SGD;
    case Solver::kAdam:
      return v1::SOLVER_ADAM;
  }
  return v1::SOLVER_UNSPECIFIED;
}

absl::StatusOr<Solver> FromProto(v1::Solver solver, std::string_view field) {
  switch (solver) {
    case v1::SOLVER_UNSPECIFIED:
    case v1::SOLVER_DESCENT:
      return Solver::kDescent;
    case v1::SOLVER_SGD:
      return Solver::kSgd;
    case v1::SOLVER_ADAM:
      return Solver::kAdam;
    default:
      return FieldError(field, absl::StrCat("unknown value ", static_cast<int>(solver),
                                            "; this version knows those of mlp.v1.Solver"));
  }
}

v1::BatchTraining ToProto(const BatchOptions& options) {
  v1::BatchTraining proto;
  proto.set_batch_size(options.batch_size);
  proto.set_shuffle(options.shuffle);
  proto.set_momentum(options.momentum);
  proto.set_nesterov(options.nesterov);
  proto.set_beta_1(options.beta_1);
  proto.set_beta_2(options.beta_2);
  proto.set_epsilon(options.epsilon);
  proto.set_alpha(options.alpha);
  proto.set_dropout(options.dropout);
  proto.set_clip_norm(options.clip_norm);
  proto.set_label_smoothing(options.label_smoothing);
  proto.mutable_class_weights()->Add(options.class_weights.begin(), options.class_weights.end());
  return proto;
}

BatchOptions FromProto(const v1::BatchTraining& proto) {
  BatchOptions options;
  if (proto.has_batch_size()) options.batch_size = proto.batch_size();
  if (proto.has_shuffle()) options.shuffle = proto.shuffle();
  if (proto.has_momentum()) options.momentum = proto.momentum();
  if (proto.has_nesterov()) options.nesterov = proto.nesterov();
  if (proto.has_beta_1()) options.beta_1 = proto.beta_1();
  if (proto.has_beta_2()) options.beta_2 = proto.beta_2();
  if (proto.has_epsilon()) options.epsilon = proto.epsilon();
  if (proto.has_alpha()) options.alpha = proto.alpha();
  if (proto.has_dropout()) options.dropout = proto.dropout();
  if (proto.has_clip_norm()) options.clip_norm = proto.clip_norm();
  if (proto.has_label_smoothing()) options.label_smoothing = proto.label_smoothing();
  options.class_weights.assign(proto.class_weights().begin(), proto.class_weights().end());
  return options;
}

}  // namespace mlp::wire
