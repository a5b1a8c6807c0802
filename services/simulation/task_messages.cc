#include "services/simulation/task_messages.h"

#include <variant>

#include "services/base/sha256.h"

namespace mlp::local {
namespace {

using coordinator::AttemptOutcome;
using coordinator::ShardTask;

const char* ReasonText(node::Rejection rejection) {
  switch (rejection) {
    case node::Rejection::kBusy:
      return "busy";
    case node::Rejection::kLoad:
      return "injected load";
    case node::Rejection::kShuttingDown:
      return "shutting down";
  }
  return "";
}

}  // namespace

node::TaskRequest RequestFrom(const ShardTask& task) {
  node::TaskRequest request;
  request.job_id = task.job_id;
  request.round = task.round;
  request.shard = task.shard;
  request.offer = task.offer;
  request.data.dataset = task.dataset;
  request.data.file = task.file;
  request.data.sha256 = task.sha256;
  request.model = *task.model;
  request.data.labels = node::LabelKindOf(*task.model);
  request.parameters = task.parameters.values;
  request.parameters_sha256 = task.parameters.sha256;
  request.options = task.training;
  request.slots = task.terms.slots;
  request.rejectable = task.terms.rejectable;
  return request;
}

AttemptOutcome OutcomeFrom(node::TaskOutcome outcome) {
  if (const auto* rejection = std::get_if<node::Rejection>(&outcome)) {
    return coordinator::Rejected{ReasonText(*rejection)};
  }
  const auto& result = *std::get<node::SharedResult>(outcome);
  coordinator::Trained trained;
  trained.gradient = result.training.gradient;
  trained.digest = Sha256(BytesOf(trained.gradient));
  trained.training = result.training.training;
  trained.epochs_run = result.training.epochs_run;
  trained.compute_time = result.compute_time;
  trained.load_time = result.load_time;
  return trained;
}

}  // namespace mlp::local
