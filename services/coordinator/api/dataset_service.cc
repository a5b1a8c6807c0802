#include "services/coordinator/api/dataset_service.h"

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mlp/v1/dataset.grpc.pb.h"
#include "services/async/task.h"
#include "services/base/field_error.h"
#include "services/coordinator/api/dataset_proto.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kMaxPiece = std::size_t{4} << 20;    // the largest piece to receive
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;  // a piece to send

// Checks the name and the files of a PlanDatasetRequest or CommitDatasetRequest.
template <class Request>
absl::StatusOr<std::vector<DatasetFile>> FilesOf(const Request& request) {
  if (absl::Status status = CheckStoredName(request.name()); !status.ok()) return status;
  return InOrder(FromProto(request.files()));
}

absl::Status Check(const v1::WriteFileRequest& request) {
  absl::Status status = CheckDigest("sha256", request.sha256());
  status.Update(CheckFileBytes("bytes", request.bytes()));
  if (request.offset() < 0) status.Update(FieldError("offset", "must be 0 or more"));
  if (request.data().empty() || request.data().size() > kMaxPiece) {
    status.Update(FieldError(
        "data", absl::StrCat("must be 1 to ", kMaxPiece, " bytes, has ", request.data().size())));
  }
  return status;
}

// Returns the error of the system. Only a file that is not there is not found: a node takes that
// for an answer and does not ask again.
absl::Status CannotOpen(int error) {
  if (error == ENOENT || error == ENOTDIR) {
    return absl::NotFoundError("the file is gone; list the datasets again");
  }
  return absl::UnavailableError(absl::StrCat(
      "the file cannot be opened: ", std::generic_category().message(error), "; try again"));
}

absl::Status OpenAt(const std::filesystem::path& path, std::int64_t offset, std::ifstream& file) {
  file.open(path, std::ios::binary | std::ios::ate);
  if (!file) return CannotOpen(errno);
  const std::int64_t size = file.tellg();
  if (offset > size) {
    return absl::OutOfRangeError(
        absl::StrCat("offset: is ", offset, ", the file has ", size, " bytes"));
  }
  file.seekg(offset);
  return absl::OkStatus();
}

// Reads the next piece, which is empty at the end.
absl::StatusOr<std::string> ReadPiece(std::ifstream& file) {
  std::string piece(kPieceBytes, '\0');
  file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
  if (file.bad()) return absl::UnavailableError("the file cannot be read");
  piece.resize(static_cast<std::size_t>(file.gcount()));
  return piece;
}

}  // namespace

class DatasetService::Generated final : public v1::DatasetService::AsyncService {};

class DatasetService::Handlers {
 public:
  Handlers(DatasetCatalog& catalog, async::Workers& workers)
      : catalog_(catalog), workers_(workers) {}

  void Serve(rpc::Server& server, Generated& service);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;

  Reply<v1::ListDatasetsResponse> ListDatasets();
  Reply<v1::PlanDatasetResponse> PlanDataset(const v1::PlanDatasetRequest& request);
  Reply<v1::WriteFileResponse> WriteFile(const v1::WriteFileRequest& request);
  Reply<v1::CommitDatasetResponse> CommitDataset(const v1::CommitDatasetRequest& request);
  Reply<v1::RemoveDatasetResponse> RemoveDataset(const v1::RemoveDatasetRequest& request);
  async::Task<absl::Status> GetFile(const v1::GetFileRequest& request,
                                    rpc::ServerStream<v1::GetFileResponse>& stream);

  DatasetCatalog& catalog_;
  async::Workers& workers_;
};

void DatasetService::Handlers::Serve(rpc::Server& server, Generated& service) {
  rpc::ServeUnary(server, service, &Generated::RequestListDatasets,
                  [this](const auto&) { return ListDatasets(); });
  rpc::ServeUnary(server, service, &Generated::RequestPlanDataset,
                  [this](const auto& request) { return PlanDataset(request); });
  rpc::ServeUnary(server, service, &Generated::RequestWriteFile,
                  [this](const auto& request) { return WriteFile(request); });
  rpc::ServeUnary(server, service, &Generated::RequestCommitDataset,
                  [this](const auto& request) { return CommitDataset(request); });
  rpc::ServeUnary(server, service, &Generated::RequestRemoveDataset,
                  [this](const auto& request) { return RemoveDataset(request); });
  rpc::ServeStream(server, service, &Generated::RequestGetFile,
                   [this](const auto& request, auto& stream) { return GetFile(request, stream); });
}

auto DatasetService::Handlers::ListDatasets() -> Reply<v1::ListDatasetsResponse> {
  const std::vector<DatasetStatus> listed = co_await catalog_.List();
  v1::ListDatasetsResponse response;
  for (const DatasetStatus& status : listed) *response.add_datasets() = ToProto(status);
  co_return response;
}

auto DatasetService::Handlers::PlanDataset(const v1::PlanDatasetRequest& request)
    -> Reply<v1::PlanDatasetResponse> {
  absl::StatusOr<std::vector<DatasetFile>> files = FilesOf(request);
  if (!files.ok()) co_return files.status();
  // The answer has the order of the request.
  std::vector<DatasetFile> as_asked = FromProto(request.files());
  const absl::StatusOr<std::vector<MissingFile>> missing =
      co_await catalog_.Plan(std::move(as_asked));
  if (!missing.ok()) co_return missing.status();
  v1::PlanDatasetResponse response;
  for (const MissingFile& file : *missing) {
    v1::PlanDatasetResponse::Missing& added = *response.add_missing();
    added.set_sha256(file.sha256);
    added.set_received(file.received);
  }
  co_return response;
}

auto DatasetService::Handlers::WriteFile(const v1::WriteFileRequest& request)
    -> Reply<v1::WriteFileResponse> {
  if (absl::Status status = Check(request); !status.ok()) co_return status;
  FilePiece piece;
  piece.sha256 = request.sha256();
  piece.bytes = request.bytes();
  piece.offset = request.offset();
  piece.data = request.data();
  const absl::StatusOr<std::int64_t> received = co_await catalog_.Write(std::move(piece));
  if (!received.ok()) co_return received.status();
  v1::WriteFileResponse response;
  response.set_received(*received);
  co_return response;
}

auto DatasetService::Handlers::CommitDataset(const v1::CommitDatasetRequest& request)
    -> Reply<v1::CommitDatasetResponse> {
  absl::StatusOr<std::vector<DatasetFile>> files = FilesOf(request);
  if (!files.ok()) co_return files.status();
  const absl::StatusOr<CommittedDataset> committed =
      co_await catalog_.Commit(request.name(), *std::move(files));
  if (!committed.ok()) co_return committed.status();
  v1::CommitDatasetResponse response;
  *response.mutable_dataset() = ToProto(committed->status);
  response.set_replaced(committed->replaced);
  co_return response;
}

auto DatasetService::Handlers::RemoveDataset(const v1::RemoveDatasetRequest& request)
    -> Reply<v1::RemoveDatasetResponse> {
  if (request.name().empty()) co_return FieldError("name", "is required");
  const absl::Status removed = co_await catalog_.Remove(request.name());
  if (!removed.ok()) co_return removed;
  co_return v1::RemoveDatasetResponse();
}

async::Task<absl::Status> DatasetService::Handlers::GetFile(
    const v1::GetFileRequest& request, rpc::ServerStream<v1::GetFileResponse>& stream) {
  if (absl::Status status = CheckDigest("sha256", request.sha256()); !status.ok()) {
    co_return status;
  }
  if (request.offset() < 0) co_return FieldError("offset", "must be 0 or more");
  const absl::StatusOr<std::filesystem::path> path = co_await catalog_.Find(request.sha256());
  if (!path.ok()) co_return path.status();
  std::ifstream file;
  auto open = [&path, &request, &file] { return OpenAt(*path, request.offset(), file); };
  const absl::Status opened = co_await async::Offload(workers_, std::move(open));
  if (!opened.ok()) co_return opened;
  while (true) {
    auto read = [&file] { return ReadPiece(file); };
    absl::StatusOr<std::string> piece = co_await async::Offload(workers_, std::move(read));
    if (!piece.ok()) co_return piece.status();
    if (piece->empty()) co_return absl::OkStatus();
    v1::GetFileResponse response;
    response.set_data(*std::move(piece));
    const bool sent = co_await stream.Write(response);
    if (!sent) co_return absl::CancelledError("the receiver is gone");
  }
}

DatasetService::DatasetService() : generated_(std::make_unique<Generated>()) {}

DatasetService::~DatasetService() = default;

grpc::Service& DatasetService::grpc() { return *generated_; }

void DatasetService::Serve(rpc::Server& server, DatasetCatalog& catalog, async::Workers& workers) {
  handlers_ = std::make_unique<Handlers>(catalog, workers);
  handlers_->Serve(server, *generated_);
}

}  // namespace mlp::coordinator
