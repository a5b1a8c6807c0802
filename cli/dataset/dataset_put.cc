#include "cli/dataset/dataset_put.h"

#include <google/protobuf/struct.pb.h>

#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/client/dataset_client.h"
#include "cli/client/errors.h"
#include "cli/client/printable_output.h"
#include "cli/dataset/directory_plan.h"
#include "cli/dataset/upload.h"
#include "cli/files/make_directory.h"
#include "cli/files/path_names.h"
#include "cli/show/dataset_text.h"
#include "services/base/printable.h"

namespace mlp::cli {
namespace {

constexpr int kRounds = 3;  // files may disappear while others arrive

namespace fs = std::filesystem;

// `name` as a dataset may have it: characters that may not be in it become "-".
std::string AllowedName(std::string name) {
  for (char& c : name) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '_') c = '-';
  }
  return name;
}

std::string NameOf(const DatasetPutCommand& command, bool directory) {
  if (!command.name.empty()) return command.name;
  if (!directory) return AllowedName(StemOf(command.path));
  return fs::absolute(command.path / ".").lexically_normal().parent_path().filename();
}

// A line that is redrawn on a terminal; elsewhere a line for each file.
class PutProgress {
 public:
  explicit PutProgress(const Session& session) : session_(session) {}

  void Show(const Uploaded& sent, const std::string& file) {
    std::ostream& to = session_.json ? session_.terminal.err : session_.terminal.out;
    if (session_.terminal.tty && !session_.json) {
      const std::string line = absl::StrCat("sent ", BytesText(sent.bytes), "  ", Printable(file));
      to << kClearLine << FirstParts(line, session_.terminal.width - 1) << std::flush;
      drawn_ = true;
    } else if (file != told_) {
      told_ = file;
      to << "sending " << Printable(file) << std::endl;
    }
  }
  void Finish() {
    if (drawn_) session_.terminal.out << kClearLine;
    drawn_ = false;
  }

 private:
  const Session& session_;
  std::string told_;
  bool drawn_ = false;
};

absl::StatusOr<v1::CommitDatasetResponse> Commit(DatasetClient& client, const UploadPlan& plan) {
  v1::CommitDatasetRequest request;
  request.set_name(plan.request.name());
  *request.mutable_files() = plan.request.files();
  return client.CommitDataset(request);
}

absl::StatusOr<v1::CommitDatasetResponse> Put(const Session& session, DatasetClient& client,
                                              const UploadPlan& plan, Uploaded& total) {
  PutProgress progress(session);
  for (int round = 1;; ++round) {
    const Uploaded before = total;
    const auto sent = SendMissing(client, plan, [&](const Uploaded& so_far, const auto& file) {
      progress.Show({before.files + so_far.files, before.bytes + so_far.bytes}, file);
    });
    progress.Finish();
    if (!sent.ok()) return sent.status();
    total.files += sent->files;
    total.bytes += sent->bytes;
    absl::StatusOr<v1::CommitDatasetResponse> committed = Commit(client, plan);
    const bool again = absl::IsFailedPrecondition(committed.status()) && sent->files > 0;
    if (!again || round == kRounds) return committed;
  }
}

void Report(const Session& session, const v1::CommitDatasetResponse& committed,
            const Uploaded& sent) {
  const v1::Dataset& dataset = committed.dataset();
  const int there = dataset.files_size() - sent.files;
  if (session.json) {
    google::protobuf::Struct object;
    auto& fields = *object.mutable_fields();
    fields["name"].set_string_value(dataset.name());
    fields["shards"].set_number_value(dataset.shards());
    fields["training_rows"].set_number_value(static_cast<double>(dataset.training_rows()));
    fields["validation_rows"].set_number_value(static_cast<double>(dataset.validation_rows()));
    fields["files_sent"].set_number_value(sent.files);
    fields["bytes_sent"].set_number_value(static_cast<double>(sent.bytes));
    fields["files_there_already"].set_number_value(there);
    fields["replaced"].set_bool_value(committed.replaced());
    session.terminal.out << Json(object) << std::endl;
    return;
  }
  session.terminal.out << dataset.name() << ": " << DescriptionOf(dataset) << '\n'
                       << (committed.replaced() ? "it replaces the dataset that had the name\n"
                                                : "")
                       << "sent " << sent.files << " files, " << BytesText(sent.bytes) << "; "
                       << there << " were there already" << std::endl;
}

int PutDirectory(const Session& session, const fs::path& directory, const std::string& name) {
  const absl::StatusOr<UploadPlan> plan = PlanUpload(directory, name);
  if (!plan.ok()) return Refuse(session, plan.status());
  DatasetClient client(session);
  Uploaded sent;
  const absl::StatusOr<v1::CommitDatasetResponse> committed = Put(session, client, *plan, sent);
  if (!committed.ok()) return Fail(session, committed.status());
  Report(session, *committed, sent);
  return kExitDone;
}

}  // namespace

int Run(const Session& session, const DatasetPutCommand& command) {
  std::error_code error;
  const bool directory = fs::is_directory(command.path, error);
  const std::string name = NameOf(command, directory);
  if (directory && !command.standardize && !command.table_options_given) {
    return PutDirectory(session, command.path, name);
  }
  const absl::StatusOr<DatasetPlan> plan =
      directory ? PlanStandardized(command.path, command.table_options_given)
                : PlanFromTable(command.path, command.table, command.split);
  if (!plan.ok()) return Refuse(session, plan.status());
  const absl::StatusOr<TemporaryDirectory> made = TemporaryDirectory::Make();
  if (!made.ok()) return Refuse(session, made.status());
  if (absl::Status status = WriteFiles(*plan, made->path()); !status.ok()) {
    return Refuse(session, status);
  }
  return PutDirectory(session, made->path(), name);
}

}  // namespace mlp::cli
