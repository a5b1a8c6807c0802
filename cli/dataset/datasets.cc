#include "cli/dataset/datasets.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/client/dataset_client.h"
#include "cli/show/dataset_text.h"

namespace mlp::cli {
namespace {

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
  return ShowAnswer(session, DatasetClient(session).ListDatasets(),
                    [&session](const v1::ListDatasetsResponse& list) {
                      AlignedTable table({"DATASET", "SHARDS", "ROWS", "FEATURES", "CLASSES",
                                          "SIZE", "STORED (UTC)", "USED BY"});
                      for (const v1::Dataset& dataset : list.datasets()) table.Add(RowOf(dataset));
                      table.Print(session.terminal);
                    });
}

int Run(const Session& session, const DatasetRemoveCommand& command) {
  return ShowAnswer(session, DatasetClient(session).RemoveDataset(command.name),
                    [&](const v1::RemoveDatasetResponse&) {
                      session.terminal.out << command.name << " was removed" << std::endl;
                    });
}

}  // namespace mlp::cli
