#include "cli/dataset/dataset_split.h"

#include <google/protobuf/struct.pb.h>

#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "cli/client/errors.h"
#include "cli/dataset/directory_plan.h"
#include "cli/files/make_directory.h"
#include "cli/files/path_names.h"
#include "cli/show/dataset_text.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;

// The directory to make, without a "/" at its end.
fs::path OutOf(const DatasetSplitCommand& command, bool directory) {
  if (!command.out.empty()) return WithoutSlash(command.out);
  if (directory) return WithoutSlash(command.file).filename().string() + "-standardized";
  return StemOf(command.file);
}

void Report(const Session& session, const fs::path& out, const DatasetPlan& plan) {
  const std::size_t training = plan.training_rows().size(),
                    validation = plan.validation.rows.size();
  if (session.json) {
    google::protobuf::Struct object;
    auto& fields = *object.mutable_fields();
    fields["directory"].set_string_value(out.string());
    fields["shards"].set_number_value(static_cast<double>(plan.train.size()));
    fields["training_rows"].set_number_value(static_cast<double>(training));
    fields["validation_rows"].set_number_value(static_cast<double>(validation));
    session.terminal.out << Json(object) << std::endl;
    return;
  }
  session.terminal.out << out.string() << ": " << training << " rows in " << plan.train.size()
                       << " shards, " << validation << " validation rows; "
                       << ContentText(plan.schema) << "\nsend it: mlp-client dataset put "
                       << out.string() << std::endl;
}

}  // namespace

int Run(const Session& session, const DatasetSplitCommand& command) {
  std::error_code error;
  const bool directory = fs::is_directory(command.file, error);
  const absl::StatusOr<DatasetPlan> plan =
      directory ? PlanStandardized(command.file, command.table_options_given)
                : PlanFromTable(command.file, command.table, command.split);
  if (!plan.ok()) return Refuse(session, plan.status());
  const fs::path out = OutOf(command, directory);
  const absl::Status made =
      MakeDirectory(out, [&plan](const fs::path& part) { return WriteFiles(*plan, part); });
  if (!made.ok()) return Refuse(session, made);
  Report(session, out, *plan);
  return kExitDone;
}

}  // namespace mlp::cli
