#include "cli/model.h"

#include "absl/strings/str_cat.h"
#include "cli/connection.h"
#include "cli/errors.h"
#include "cli/write_file.h"
#include "services/base/sha256.h"

namespace mlp::cli {
namespace {

absl::StatusOr<std::string> Fetch(Connection& connection, const std::string& job_id) {
  grpc::ClientContext context;
  const Interrupt::Cancels cancels(connection.interrupt(), context);
  v1::GetModelRequest request;
  request.set_id(job_id);
  const auto reader = connection.jobs().GetModel(&context, request);
  std::string bytes;
  v1::GetModelResponse response;
  while (reader->Read(&response)) bytes += response.chunk();
  const absl::Status status = rpc::FromGrpcStatus(reader->Finish());
  if (!status.ok()) return status;
  return bytes;
}

// The model digest, in hexadecimal.
absl::StatusOr<std::string> DigestOf(const std::string& bytes) {
  v1::Model model;
  if (!model.ParseFromString(bytes)) {
    return absl::DataLossError("what arrived is not a model; try again");
  }
  const std::string digest = Sha256(model.parameters().data());
  if (digest != model.parameters().sha256()) {
    return absl::DataLossError("the model's digest is wrong: it was damaged on its way; try again");
  }
  return Hex(digest);
}

void Report(const Session& session, const std::filesystem::path& file, std::size_t bytes,
            const std::string& digest) {
  session.terminal.out << file.string() << ": " << bytes << " bytes, model digest " << digest
                       << std::endl;
}

}  // namespace

int Run(const Session& session, const ModelCommand& command) {
  if (command.output.empty() && session.terminal.tty) {
    Say(session, "a model is binary and would garble the terminal; use -o FILE");
    return kExitUsage;
  }
  Connection connection(session.coordinator, session.interrupt);
  const auto bytes = Fetch(connection, command.id);
  if (!bytes.ok()) return Fail(session, bytes.status());
  const auto digest = DigestOf(*bytes);
  if (!digest.ok()) return Fail(session, digest.status());
  if (command.output.empty()) {
    session.terminal.out << *bytes << std::flush;
    return kExitDone;
  }
  const absl::Status written = WriteAtOnce(command.output, *bytes);
  if (!written.ok()) return Fail(session, written);
  Report(session, command.output, bytes->size(), *digest);
  return kExitDone;
}

}  // namespace mlp::cli
