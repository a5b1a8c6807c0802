#include "cli/dataset/upload.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/client/dataset_client.h"
#include "cli/client/interrupt.h"
#include "libmlp/data/dataset_files.h"
#include "services/base/field_error.h"
#include "services/base/sha256.h"

namespace mlp::cli {
namespace {

namespace fs = std::filesystem;
using UploadProgress = std::function<void(const Uploaded&, const std::string&)>;

constexpr std::size_t kUploadPiece = std::size_t{1} << 20;
constexpr int kTries = 5;  // tries in a row that send nothing
constexpr std::chrono::seconds kPause(1);

absl::Status CannotRead(const fs::path& path) {
  return absl::InvalidArgumentError(absl::StrCat(path.string(), ": cannot be read"));
}

// The next bytes of the file; empty at its end.
std::string NextPiece(std::ifstream& file) {
  std::string piece(kUploadPiece, '\0');
  file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
  piece.resize(static_cast<std::size_t>(file.gcount()));
  return piece;
}

absl::StatusOr<v1::DatasetFile> Digest(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Sha256Pieces digest;
  std::int64_t bytes = 0;
  for (std::string piece = NextPiece(file); !piece.empty(); piece = NextPiece(file)) {
    digest.Add(piece);
    bytes += static_cast<std::int64_t>(piece.size());
  }
  if (!file.eof()) return CannotRead(path);
  if (bytes == 0) return absl::InvalidArgumentError(path.string() + ": the file is empty");
  v1::DatasetFile described;
  described.set_name(path.filename().string());
  described.set_sha256(digest.Digest());
  described.set_bytes(bytes);
  return described;
}

// Problems of the connection, the room on the disk or the place in the file may pass.
bool IsWorthAnotherTry(const absl::Status& error) {
  return absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error) || absl::IsAborted(error) ||
         absl::IsResourceExhausted(error);
}

class Sender {
 public:
  Sender(DatasetClient& client, const UploadPlan& plan, const UploadProgress& progress)
      : client_(client), plan_(plan), progress_(progress) {
    for (const v1::DatasetFile& file : plan.request.files()) files_[file.sha256()] = &file;
  }

  absl::StatusOr<Uploaded> Run() {
    int tries = 0;
    while (true) {
      const std::int64_t before = sent_.bytes;
      const absl::Status status = SendAll();
      if (status.ok()) return sent_;
      tries = sent_.bytes > before ? 0 : tries + 1;
      if (!planned_ || !IsWorthAnotherTry(status) || tries == kTries) return status;
      if (client_.interrupt().WaitFor(kPause)) return absl::CancelledError("interrupted");
    }
  }

 private:
  absl::Status SendAll() {
    const auto missing = client_.PlanDataset(plan_.request);
    if (!missing.ok()) return missing.status();
    planned_ = true;
    for (const auto& file : missing->missing()) {
      const auto found = files_.find(file.sha256());
      if (found == files_.end()) return absl::InternalError("asked for a file of nobody's");
      absl::Status status = Send(*found->second, file.received());
      if (!status.ok()) return status;
      ++sent_.files;
    }
    return absl::OkStatus();
  }

  absl::Status Send(const v1::DatasetFile& file, std::int64_t from) {
    const fs::path& path = plan_.paths.at(file.sha256());
    std::ifstream stream(path, std::ios::binary);
    stream.seekg(from);
    v1::WriteFileRequest request;
    request.set_sha256(file.sha256());
    request.set_bytes(file.bytes());
    while (from < file.bytes()) {
      request.set_offset(from);
      request.set_data(NextPiece(stream));
      if (request.data().empty()) return CannotRead(path);
      const auto written = client_.WriteFile(request);
      // Another client sends the same file; the next plan says where it goes on.
      if (absl::IsFailedPrecondition(written.status())) {
        return absl::AbortedError(absl::StrCat(file.name(), ": ", written.status().message()));
      }
      if (!written.ok()) return WithContext(file.name(), written.status());
      from += static_cast<std::int64_t>(request.data().size());
      sent_.bytes += static_cast<std::int64_t>(request.data().size());
      progress_(sent_, file.name());
    }
    return absl::OkStatus();
  }

  DatasetClient& client_;
  const UploadPlan& plan_;
  const UploadProgress& progress_;
  std::map<std::string, const v1::DatasetFile*> files_;  // by digest
  bool planned_ = false;                                 // the coordinator has answered
  Uploaded sent_;
};

}  // namespace

absl::StatusOr<UploadPlan> PlanUpload(const fs::path& directory, const std::string& name) {
  absl::StatusOr<DatasetFiles> found = ListDatasetFiles(directory);
  if (!found.ok()) return found.status();
  found->train.push_back(found->validation);
  if (!found->schema.empty()) found->train.push_back(found->schema);
  UploadPlan plan;
  plan.request.set_name(name);
  for (const std::string& file : found->train) {
    absl::StatusOr<v1::DatasetFile> described = Digest(directory / file);
    if (!described.ok()) return described.status();
    plan.paths[described->sha256()] = directory / file;
    *plan.request.add_files() = *std::move(described);
  }
  return plan;
}

absl::StatusOr<Uploaded> SendMissing(DatasetClient& client, const UploadPlan& plan,
                                     const UploadProgress& progress) {
  return Sender(client, plan, progress).Run();
}

}  // namespace mlp::cli
