#include "cli/client/errors.h"

#include <chrono>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/client/output.h"
#include "cli/options/training_options.h"
#include "services/base/answered.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"

namespace mlp::cli {
namespace {

bool NoAnswer(const absl::Status& error) {
  return (absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error)) && !IsAnswered(error);
}

std::string Unreachable(const absl::Status& error, std::string_view address) {
  return absl::StrCat(
      "cannot reach the coordinator at ", std::string(address), ": ", error.message(),
      "; is it running? (start it with mlp-coordinator, and with the --state-dir that ",
      "it had, or say where it is with --coordinator host:port)");
}

std::string WrongServer(const absl::Status& error, std::string_view address) {
  return absl::StrCat(std::string(address), ": ", error.message(),
                      " (--coordinator or MLP_COORDINATOR says where the coordinator is)");
}

// The option of `train` that sets the field, or the field itself if there is none.
std::string OptionOf(const std::string& field) {
  if (field == "id") return "ID";
  if (field == "request_id") return "--request-id";
  if (field == "spec.dataset") return "DATASET";
  if (field == "spec.batches") return "options of batches, such as --batch-size";
  if (field == "spec.slots") return "--slots";
  if (field == "spec.hedging" || field == "spec.hedge_after") return "--hedge";
  for (const TrainingOption& option : TrainingOptions()) {
    if (field == absl::StrCat("spec.", option.field)) return option.name;
  }
  return field;
}

}  // namespace

int ExitCodeOf(const absl::Status& error) {
  return NoAnswer(error) ? kExitUnreachable : kExitFailed;
}

std::string ErrorText(const absl::Status& error, std::string_view address) {
  if (NoAnswer(error)) return Unreachable(error, address);
  if (absl::IsUnimplemented(error)) return WrongServer(error, address);
  std::string text(error.message());
  if (const auto field = FieldOf(error)) {
    const std::string prefix = *field + ": ";
    const bool blamed = absl::StartsWith(text, prefix);
    if (blamed) text.erase(0, prefix.size());
    if (blamed || !absl::StrContains(text, *field)) {
      text = absl::StrCat(OptionOf(*field), ": ", text);
    }
  }
  if (text.empty()) text = absl::StatusCodeToString(error.code());
  if (const auto delay = RetryAfterOf(error)) {
    absl::StrAppend(&text, " (try again in ", DurationText(*delay), ")");
  }
  return text;
}

}  // namespace mlp::cli
