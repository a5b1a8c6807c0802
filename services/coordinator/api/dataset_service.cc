#include "services/coordinator/api/dataset_service.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libmlp/data/dataset_files.h"
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

// nullptr: not open
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// Answers that the system does not let the file be "opened" or "read". A node asks again only if
// the answer is Unavailable.
absl::Status CannotBe(std::string_view what, const std::filesystem::path& path, int error) {
  const absl::StatusCode code = CannotRead(path, error).code();
  if (code == absl::StatusCode::kNotFound) {
    return absl::NotFoundError("the file is gone; list the datasets again");
  }
  const std::string why = absl::StrCat("the file cannot be ", std::string(what), ": ",
                                       std::generic_category().message(error));
  return code == absl::StatusCode::kResourceExhausted ? absl::UnavailableError(why + "; try again")
                                                      : absl::FailedPreconditionError(why);
}

absl::StatusOr<File> OpenAt(const std::filesystem::path& path, std::int64_t offset) {
  File file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) return CannotBe("opened", path, errno);
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return CannotBe("opened", path, error.value());
  if (static_cast<std::uintmax_t>(offset) > size) {
    return absl::OutOfRangeError(
        absl::StrCat("offset: is ", offset, ", the file has ", size, " bytes"));
  }
  if (::fseeko(file.get(), offset, SEEK_SET) != 0) return CannotBe("read", path, errno);
  return file;
}

// Reads the next piece, which is empty at the end.
absl::StatusOr<std::string> ReadPiece(const std::filesystem::path& path, std::FILE* file) {
  std::string piece(kPieceBytes, '\0');
  piece.resize(std::fread(piece.data(), 1, piece.size(), file));
  if (std::ferror(file) != 0) return CannotBe("read", path, errno);
  return piece;
}

}  // namespace

class DatasetService::Generated final : public rpc::AsyncService<v1::DatasetService> {};

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
  rpc::ServeUnary(server, service, &Generated::ListDatasets,
                  [this](const auto&) { return ListDatasets(); });
  rpc::ServeUnary(server, service, &Generated::PlanDataset,
                  [this](const auto& request) { return PlanDataset(request); });
  rpc::ServeUnary(server, service, &Generated::WriteFile,
                  [this](const auto& request) { return WriteFile(request); });
  rpc::ServeUnary(server, service, &Generated::CommitDataset,
                  [this](const auto& request) { return CommitDataset(request); });
  rpc::ServeUnary(server, service, &Generated::RemoveDataset,
                  [this](const auto& request) { return RemoveDataset(request); });
  rpc::ServeStream(server, service, &Generated::GetFile,
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
  auto open = [&path, &request] { return OpenAt(*path, request.offset()); };
  const absl::StatusOr<File> file = co_await async::Offload(workers_, std::move(open));
  if (!file.ok()) co_return file.status();
  while (true) {
    auto read = [&path, &file] { return ReadPiece(*path, file->get()); };
    absl::StatusOr<std::string> piece = co_await async::Offload(workers_, std::move(read));
    if (!piece.ok()) co_return piece.status();
    if (piece->empty()) co_return absl::OkStatus();
    v1::GetFileResponse response;
    response.set_data(*std::move(piece));
    const bool sent = co_await stream.WriteInTime(response);
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
