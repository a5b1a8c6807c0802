#include "cli/model/models.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/client/model_client.h"
#include "cli/files/write_file.h"
#include "cli/model/model_source.h"
#include "cli/options/enum_words.h"
#include "cli/show/json_fields.h"
#include "services/model/saved_model.h"

namespace mlp::cli {
namespace {

constexpr std::size_t kDigits = 12;  // of a digest

std::string ValidationText(const v1::ModelSummary& model) {
  if (!model.has_validation()) return "-";
  const v1::Evaluation& validation = model.validation();
  if (model.spec().output() != v1::OUTPUT_IDENTITY) {
    return "error " + ShareText(validation.error());
  }
  const auto rows = static_cast<double>(validation.rows());
  return absl::StrFormat("RMSE %.4g", std::sqrt(2 * validation.loss() / rows));
}

AlignedTable::Row RowOf(const v1::ModelSummary& model) {
  return {model.id(),
          model.dataset().empty() ? "-" : model.dataset(),
          absl::StrCat(absl::StrJoin(model.spec().layer_sizes(), "-"), ", ",
                       Word(model.spec().activation())),
          Word(model.precision()),
          ValidationText(model),
          model.model_digest().substr(0, kDigits),
          TimeText(model.has_create_time() ? &model.create_time() : nullptr),
          model.imported() ? "imported" : "trained"};
}

model::Format OutputFormat(const ModelExportCommand& command) {
  if (command.format) return *command.format;
  const std::string ending = command.output.extension().string();
  const absl::StatusOr<model::Format> format =
      model::ParseFormat(ending.empty() ? ending : ending.substr(1));
  return format.value_or(model::Format::kMlp);
}

// A binary model would garble a terminal. JSON is text.
bool WouldGarble(const Session& session, const ModelExportCommand& command) {
  return command.output.empty() && session.terminal.garbles &&
         OutputFormat(command) != model::Format::kJson;
}

void SayExported(const Session& session, const ModelExportCommand& command, std::size_t bytes,
                 const std::string& digest) {
  const std::string file = command.output.string();
  const std::string format(model::FormatName(OutputFormat(command)));
  if (!session.json) {
    session.terminal.out << file << ": " << format << ", " << bytes << " bytes, model digest "
                         << digest << std::endl;
    return;
  }
  google::protobuf::Struct object;
  SetField(object, "file", file);
  SetField(object, "format", format);
  SetField(object, "bytes", static_cast<double>(bytes));
  SetField(object, "modelDigest", digest);
  session.terminal.out << Json(object) << std::endl;
}

}  // namespace

int Run(const Session& session, const ModelListCommand&) {
  return ShowAnswer(session, ModelClient(session).ListModels(),
                    [&session](const v1::ListModelsResponse& list) {
                      AlignedTable table({"MODEL", "DATASET", "LAYERS", "PRECISION", "VALIDATION",
                                          "DIGEST", "SINCE (UTC)", "WAS"});
                      for (const v1::ModelSummary& model : list.models()) table.Add(RowOf(model));
                      table.Print(session.terminal);
                    });
}

int Run(const Session& session, const ModelExportCommand& command) {
  if (WouldGarble(session, command)) {
    Log(session, "a model is binary and would garble the terminal; use -o FILE");
    return kExitUsage;
  }
  const absl::StatusOr<model::SavedModel> model = LoadModel(session, command.model);
  if (!model.ok()) return Fail(session, model.status());
  const absl::StatusOr<std::string> bytes = model::Write(*model, OutputFormat(command));
  if (!bytes.ok()) return Fail(session, bytes.status());
  if (command.output.empty()) {
    session.terminal.out << *bytes << std::flush;
    return kExitDone;
  }
  const absl::Status written = WriteAtOnce(command.output, *bytes);
  if (!written.ok()) return Fail(session, written);
  SayExported(session, command, bytes->size(), model::DigestOf(*model));
  return kExitDone;
}

int Run(const Session& session, const ModelImportCommand& command) {
  const absl::StatusOr<model::SavedModel> model = model::ReadFile(command.file);
  if (!model.ok()) return Fail(session, model.status());
  const absl::StatusOr<v1::ModelSummary> imported =
      ModelClient(session).ImportModel(command.name, model::ToProto(*model).SerializeAsString());
  return ShowAnswer(session, imported, [&session](const v1::ModelSummary& summary) {
    session.terminal.out << summary.id() << " was imported, model digest " << summary.model_digest()
                         << std::endl;
  });
}

int Run(const Session& session, const ModelRemoveCommand& command) {
  return ShowAnswer(session, ModelClient(session).RemoveModel(command.id),
                    [&](const v1::RemoveModelResponse&) {
                      session.terminal.out << command.id << " was removed" << std::endl;
                    });
}

}  // namespace mlp::cli
