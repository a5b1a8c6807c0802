#include "cli/dataset/dataset_ls.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/client/connection.h"
#include "cli/client/errors.h"
#include "cli/show/dataset_text.h"

namespace mlp::cli {
namespace {

// Directories are read and checked for the answer.
constexpr std::chrono::seconds kLimit(300);

AlignedTable::Row RowOf(const v1::Dataset& dataset) {
  if (!dataset.problem().empty()) {
    return {dataset.name(), "-", "-", "-", "-", "-", "-", {dataset.problem(), Colour::kRed}};
  }
  return {dataset.name(),
          absl::StrCat(dataset.shards()),
          absl::StrCat(dataset.training_rows(), " + ", dataset.validation_rows()),
          absl::StrCat(dataset.features()),
          dataset.regression() ? "number" : absl::StrCat(dataset.classes()),
          BytesText(BytesOf(dataset)),
          dataset.has_create_time() ? TimeText(&dataset.create_time()) : "directory",
          absl::StrJoin(dataset.used_by(), ", ")};
}

}  // namespace

int Run(const Session& session, const DatasetListCommand&) {
  Connection connection(session.coordinator, session.interrupt);
  const auto list = connection.Call(connection.datasets(), &v1::DatasetService::Stub::ListDatasets,
                                    v1::ListDatasetsRequest(), kLimit);
  if (!list.ok()) return Fail(session, list.status());
  if (session.json) {
    session.terminal.out << Json(*list) << std::endl;
    return kExitDone;
  }
  AlignedTable table(
      {"DATASET", "SHARDS", "ROWS", "FEATURES", "CLASSES", "SIZE", "STORED (UTC)", "USED BY"});
  for (const v1::Dataset& dataset : list->datasets()) table.Add(RowOf(dataset));
  table.Print(session.terminal);
  return kExitDone;
}

}  // namespace mlp::cli
