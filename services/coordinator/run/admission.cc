#include "services/coordinator/run/admission.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libmlp/model/parameters.h"
#include "services/base/field_error.h"
#include "services/coordinator/job/dataset.h"
#include "services/coordinator/job/job_spec.h"
#include "services/coordinator/job/model.h"

namespace mlp::coordinator {
namespace {

// Returns "16-20-26, relu", say.
std::string ShapeText(const ModelSpec& model) {
  return absl::StrCat(absl::StrJoin(model.layer_sizes, "-"), ", ",
                      std::string(ActivationName(model.activation)));
}

}  // namespace

absl::Status CheckRequest(const JobSpec& spec, const std::string& request_id) {
  if (request_id.size() > kMaxRequestIdLength) {
    return FieldError("request_id", absl::StrCat("has ", request_id.size(), " characters; at most ",
                                                 kMaxRequestIdLength, " are allowed"));
  }
  return CheckJobSpec(spec);
}

absl::StatusOr<std::shared_ptr<const Model>> InitialFrom(const Model& model, const JobSpec& spec) {
  auto initial = std::make_shared<Model>(model);
  initial->parameters = Share(Converted(*model.parameters, spec.precision));
  if (AllFinite(*initial->parameters)) return initial;
  return FieldError(
      "spec.initial_model",
      absl::StrCat(spec.initial_model, " has parameters beyond the range of ",
                   std::string(PrecisionName(spec.precision)), "; choose another precision"));
}

absl::Status CheckFit(const JobSpec& spec, const ModelSpec& model, const Dataset& dataset,
                      const Model* initial) {
  const TrainingOptions training = TrainingOptionsOf(spec, dataset.class_rows, 1);
  absl::Status fits = BelowField("spec.", CheckTrainingOptions(training, dataset.classes));
  if (!fits.ok()) return fits;
  if (model.regression() && (spec.balanced_classes || spec.batches.label_smoothing > 0)) {
    return FieldError(
        spec.balanced_classes ? "spec.class_weight" : "spec.batches.label_smoothing",
        absl::StrCat("is for classes, but ", dataset.name, " has numbers to predict"));
  }
  const std::size_t most = kMaxParameters / (1 + ServerMemory(spec.server));
  if (ParameterCount(model) > most) {
    return FieldError("spec.server_optimizer",
                      absl::StrCat("remembers numbers for each parameter: at most ", most,
                                   " parameters are possible, not ", ParameterCount(model)));
  }
  if (initial != nullptr && initial->spec != model) {
    return FieldError(
        "spec.initial_model",
        absl::StrCat(spec.initial_model, " has the layers ", ShapeText(initial->spec),
                     ", this job's model has ", ShapeText(model), ": they must be the same"));
  }
  return absl::OkStatus();
}

}  // namespace mlp::coordinator
