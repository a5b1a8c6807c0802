#include "cli/dataset_split.h"

#include <google/protobuf/struct.pb.h>
#include <unistd.h>

#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "cli/errors.h"
#include "cli/write_file.h"
#include "libmlp/dataset.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

absl::Status CheckFree(const fs::path& out) {
  std::error_code error;
  if (!fs::exists(out, error) || fs::is_empty(out, error)) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(out.string(), " is there already; name another directory with --out"));
}

absl::Status WriteFiles(const fs::path& directory, const std::string& stem,
                        const SplitFiles& files) {
  for (std::size_t i = 0; i < files.train.size(); ++i) {
    const absl::Status status =
        WriteAtOnce(directory / absl::StrCat("train_", i + 1, ".txt"), files.train[i]);
    if (!status.ok()) return status;
  }
  return WriteAtOnce(directory / absl::StrCat("validate_", stem, ".txt"), files.validation);
}

absl::Status WriteDirectory(const fs::path& out, const std::string& stem, const SplitFiles& files) {
  if (absl::Status status = CheckFree(out); !status.ok()) return status;
  const fs::path part = absl::StrCat(out.string(), ".part-", getpid());
  std::error_code error;
  fs::create_directories(part, error);
  absl::Status status = error ? absl::PermissionDeniedError(absl::StrCat(
                                    "cannot make ", part.string(), ": ", error.message()))
                              : WriteFiles(part, stem, files);
  if (status.ok()) fs::rename(part, out, error);
  if (status.ok() && error) {
    status = absl::PermissionDeniedError(
        absl::StrCat("cannot make ", out.string(), ": ", error.message()));
  }
  std::error_code ignored;
  if (!status.ok()) fs::remove_all(part, ignored);
  return status;
}

// Without a "/" at its end.
fs::path OutOf(const DatasetSplitCommand& command) {
  if (command.out.empty()) return command.file.stem();
  return command.out.has_filename() ? command.out : command.out.parent_path();
}

void Report(const Session& session, const fs::path& out, const SplitFiles& files) {
  if (session.json) {
    google::protobuf::Struct object;
    auto& fields = *object.mutable_fields();
    fields["directory"].set_string_value(out.string());
    fields["shards"].set_number_value(static_cast<double>(files.train.size()));
    fields["training_rows"].set_number_value(static_cast<double>(files.training_rows));
    fields["validation_rows"].set_number_value(static_cast<double>(files.validation_rows));
    session.terminal.out << Json(object) << std::endl;
    return;
  }
  session.terminal.out << out.string() << ": " << files.training_rows << " rows in "
                       << files.train.size() << " shards, " << files.validation_rows
                       << " validation rows\nsend it: mlp-client dataset put " << out.string()
                       << std::endl;
}

int Refuse(const Session& session, const absl::Status& status) {
  Say(session, std::string(status.message()));
  return kExitFailed;
}

}  // namespace

int Run(const Session& session, const DatasetSplitCommand& command) {
  const fs::path out = OutOf(command);
  const absl::StatusOr<std::string> text = ReadFile(command.file);
  if (!text.ok()) return Refuse(session, text.status());
  const absl::StatusOr<SplitFiles> files = SplitRows(*text, command.file.string(), command.options);
  if (!files.ok()) return Refuse(session, files.status());
  const absl::Status written = WriteDirectory(out, command.file.stem().string(), *files);
  if (!written.ok()) return Refuse(session, written);
  Report(session, out, *files);
  return kExitDone;
}

}  // namespace mlp::cli
