#include "cli/dataset/dataset_show.h"

#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/client/dataset_client.h"
#include "cli/client/errors.h"
#include "cli/dataset/directory_plan.h"
#include "cli/files/make_directory.h"
#include "cli/show/table_summary.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

absl::Status Fetch(DatasetClient& client, const v1::DatasetFile& file, const fs::path& directory) {
  std::ofstream stream(directory / file.name(), std::ios::binary);
  const absl::Status status =
      client.GetFile(file.sha256(), [&stream](const std::string& data) { stream << data; });
  if (status.ok() && !stream.flush()) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot write ", (directory / file.name()).string(), "; is the disk full?"));
  }
  return status;
}

absl::StatusOr<v1::Dataset> Find(DatasetClient& client, const std::string& name) {
  auto list = client.ListDatasets();
  if (!list.ok()) return list.status();
  for (v1::Dataset& dataset : *list->mutable_datasets()) {
    if (dataset.name() != name) continue;
    if (dataset.problem().empty()) return std::move(dataset);
    return absl::FailedPreconditionError(dataset.problem());
  }
  return absl::NotFoundError(absl::StrCat("no file or directory ", name,
                                          " is here, and the coordinator has no dataset \"", name,
                                          "\"; mlp-client dataset ls lists those there are"));
}

absl::StatusOr<TableSummary> OfDirectory(const fs::path& directory) {
  const absl::StatusOr<DatasetPlan> plan = PlanFromDirectory(directory);
  if (!plan.ok()) return plan.status();
  return Summarize(plan->schema, plan->table);
}

absl::StatusOr<TableSummary> OfDataset(const Session& session, const std::string& name) {
  DatasetClient client(session);
  const absl::StatusOr<v1::Dataset> dataset = Find(client, name);
  if (!dataset.ok()) return dataset.status();
  const absl::StatusOr<TemporaryDirectory> directory = TemporaryDirectory::Make();
  if (!directory.ok()) return directory.status();
  for (const v1::DatasetFile& file : dataset->files()) {
    const absl::Status status = Fetch(client, file, directory->path());
    if (!status.ok()) return status;
  }
  return OfDirectory(directory->path());
}

// Missing values are counted, not refused.
absl::StatusOr<TableSummary> OfFile(const DatasetShowCommand& command) {
  TableOptions options = command.table;
  options.schema.impute = true;
  const absl::StatusOr<TableFile> read = ReadTableFile(command.what, options);
  if (!read.ok()) return read.status();
  return Summarize(read->inferred.schema, read->table);
}

int Show(const Session& session, const std::string& name, const TableSummary& summary) {
  if (session.json) {
    session.terminal.out << JsonOf(name, summary) << std::endl;
  } else {
    PrintText(session.terminal, name, summary);
  }
  return kExitDone;
}

}  // namespace

int Run(const Session& session, const DatasetShowCommand& command) {
  std::error_code error;
  if (!fs::exists(command.what, error)) {
    const absl::StatusOr<TableSummary> summary = OfDataset(session, command.what);
    return summary.ok() ? Show(session, command.what, *summary) : Fail(session, summary.status());
  }
  const bool directory = fs::is_directory(command.what, error);
  const absl::StatusOr<TableSummary> summary =
      directory ? OfDirectory(command.what) : OfFile(command);
  if (summary.ok()) return Show(session, command.what, *summary);
  return Refuse(session, summary.status());
}

}  // namespace mlp::cli
