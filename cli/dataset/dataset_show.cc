#include "cli/dataset/dataset_show.h"

#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/client/connection.h"
#include "cli/client/errors.h"
#include "cli/files/make_directory.h"
#include "cli/show/table_summary.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kListLimit(300);  // directories are read and checked for the answer

absl::Status Fetch(Connection& connection, const v1::DatasetFile& file, const fs::path& directory) {
  grpc::ClientContext context;
  const Interrupt::Cancels cancels(connection.interrupt(), context);
  v1::GetFileRequest request;
  request.set_sha256(file.sha256());
  const auto reader = connection.datasets().GetFile(&context, request);
  std::ofstream stream(directory / file.name(), std::ios::binary);
  v1::GetFileResponse response;
  while (reader->Read(&response)) stream << response.data();
  const absl::Status status = rpc::FromGrpcStatus(reader->Finish());
  if (status.ok() && !stream.flush()) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot write ", (directory / file.name()).string(), "; is the disk full?"));
  }
  return status;
}

absl::StatusOr<v1::Dataset> Find(Connection& connection, const std::string& name) {
  auto list = connection.Call(connection.datasets(), &v1::DatasetService::Stub::ListDatasets,
                              v1::ListDatasetsRequest(), kListLimit);
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
  Connection connection(session.coordinator, session.interrupt);
  const absl::StatusOr<v1::Dataset> dataset = Find(connection, name);
  if (!dataset.ok()) return dataset.status();
  const absl::StatusOr<TemporaryDirectory> directory = TemporaryDirectory::Make();
  if (!directory.ok()) return directory.status();
  for (const v1::DatasetFile& file : dataset->files()) {
    const absl::Status status = Fetch(connection, file, directory->path());
    if (!status.ok()) return status;
  }
  return OfDirectory(directory->path());
}

// Missing values are counted, not refused.
absl::StatusOr<TableSummary> OfFile(const DatasetShowCommand& command) {
  TableOptions options = command.options;
  options.schema.impute = true;
  const absl::StatusOr<TableFile> read = ReadTableOf(command.what, options);
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
