#include "cli/model/model_ls.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/client/errors.h"
#include "cli/client/model_client.h"
#include "cli/options/enum_words.h"

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

}  // namespace

int Run(const Session& session, const ModelListCommand&) {
  ModelClient client(session);
  const auto list = client.ListModels();
  if (!list.ok()) return Fail(session, list.status());
  if (session.json) {
    session.terminal.out << Json(*list) << std::endl;
    return kExitDone;
  }
  AlignedTable table(
      {"MODEL", "DATASET", "LAYERS", "PRECISION", "VALIDATION", "DIGEST", "SINCE (UTC)", "WAS"});
  for (const v1::ModelSummary& model : list->models()) table.Add(RowOf(model));
  table.Print(session.terminal);
  return kExitDone;
}

}  // namespace mlp::cli
