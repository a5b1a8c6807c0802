#include "cli/evaluate.h"

#include <cstdint>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/connection.h"
#include "cli/errors.h"
#include "cli/summary.h"

namespace mlp::cli {
namespace {

constexpr std::uintmax_t kMaxContentBytes = 64 * 1024 * 1024;

absl::StatusOr<std::string> Read(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (!error && size > kMaxContentBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.string(), ": has ", size, " bytes and the limit is ", kMaxContentBytes,
                     "; put it below the coordinator's data directory and give its name there"));
  }
  std::ifstream stream(file, std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(stream), {});
  if (error || !stream) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", file.string()));
  }
  return content;
}

absl::StatusOr<v1::EvaluateModelRequest> RequestFor(const EvaluateCommand& command) {
  v1::EvaluateModelRequest request;
  request.set_id(command.id);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(command.file, ignored)) {
    request.set_file(command.file.string());
    return request;
  }
  auto content = Read(command.file);
  if (!content.ok()) return content.status();
  request.set_content(*std::move(content));
  request.set_content_name(command.file.filename().string());
  return request;
}

}  // namespace

int Run(const Session& session, const EvaluateCommand& command) {
  const auto request = RequestFor(command);
  if (!request.ok()) return Fail(session, request.status());
  Connection connection(session.coordinator, session.interrupt);
  const auto measured = connection.Call(connection.jobs(), &v1::JobService::Stub::EvaluateModel,
                                        *request, std::chrono::minutes(10));
  if (!measured.ok()) return Fail(session, measured.status());
  if (session.json) {
    session.terminal.out << Json(*measured) << std::endl;
    return kExitDone;
  }
  session.terminal.out << absl::StreamFormat(
      "error %s, loss %.4f, model digest %s\n", EvaluationText(measured->evaluation()),
      measured->evaluation().loss(), measured->model_digest());
  return kExitDone;
}

}  // namespace mlp::cli
