#include "cli/model/evaluate.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "cli/client/job_client.h"
#include "cli/files/row_file.h"
#include "cli/model/model_source.h"
#include "cli/show/measurement_text.h"
#include "libmlp/data/shard.h"
#include "libmlp/train/measurement.h"
#include "services/model/measurement_proto.h"
#include "services/model/saved_model.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

bool IsHere(const std::string& file) {
  std::error_code ignored;
  return file == "-" || (fs::exists(file, ignored) && !fs::is_directory(file, ignored));
}

absl::StatusOr<v1::EvaluateModelResponse> MeasureHere(const Session& session,
                                                      const EvaluateCommand& command) {
  const absl::StatusOr<RowBlocks::Source> source = OpenRows(command.file);
  if (!source.ok()) return source.status();
  const absl::StatusOr<model::SavedModel> model = LoadModel(session, command.model);
  if (!model.ok()) return model.status();
  const Schema schema = model::SchemaOf(*model);
  const std::string name = NameOfRows(command.file);
  RowBlocks blocks(schema, name, command.separator, LabelUse::kRequired, *source);
  Measurement measurement(model->spec, *model->parameters);
  Shard block;
  while (true) {
    const absl::StatusOr<bool> more = blocks.Next(block);
    if (!more.ok()) return more.status();
    if (session.interrupt.happened()) return absl::CancelledError("interrupted");
    if (!*more) break;
    if (absl::Status added = measurement.Add(block); !added.ok()) return added;
  }
  if (measurement.evaluation().rows == 0) {
    return absl::InvalidArgumentError(name + ": has no rows below its header");
  }
  v1::EvaluateModelResponse measured = model::ToProto(measurement, &schema, name);
  measured.set_model_digest(model::DigestOf(*model));
  return measured;
}

absl::StatusOr<v1::EvaluateModelResponse> MeasureThere(const Session& session,
                                                       const EvaluateCommand& command) {
  std::error_code ignored;
  if (fs::is_regular_file(command.model, ignored)) {
    return absl::NotFoundError(absl::StrCat("cannot read ", command.file,
                                            ": there is no such file here, and the coordinator, "
                                            "which may have one, does not have the model; "
                                            "`mlp-client model import` sends it"));
  }
  v1::EvaluateModelRequest request;
  request.set_id(command.model);
  request.set_file(command.file);
  absl::StatusOr<v1::EvaluateModelResponse> measured = JobClient(session).EvaluateModel(request);
  if (!measured.ok() && !session.interrupt.happened()) {
    Log(session, absl::StrCat("no file ", command.file,
                              " is here; asking the coordinator for it in its data directory"));
  }
  return measured;
}

}  // namespace

int Run(const Session& session, const EvaluateCommand& command) {
  const auto measured =
      IsHere(command.file) ? MeasureHere(session, command) : MeasureThere(session, command);
  return ShowAnswer(session, measured, [&session](const v1::EvaluateModelResponse& answer) {
    PrintMeasurement(answer, session.terminal);
  });
}

}  // namespace mlp::cli
