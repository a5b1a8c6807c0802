#include "services/node/coordinator_files.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/data/dataset_files.h"
#include "services/async/wait.h"
#include "services/base/field_error.h"
#include "services/base/out_of_memory.h"
#include "services/base/sha256.h"
#include "services/rpc/channel.h"
#include "services/rpc/client_call.h"

namespace mlp::node {
namespace {

using async::Task;

constexpr int kTries = 5;  // tries in a row that bring nothing

// True if the coordinator has answered: asking again would bring the same.
bool IsAnswer(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

absl::Status Append(const std::string& piece, std::string& bytes) {
  auto append = [&piece, &bytes] {
    bytes += piece;
    return absl::OkStatus();
  };
  return WithinMemory("the shard", append)();
}

}  // namespace

CoordinatorFiles::CoordinatorFiles(std::string coordinator, rpc::Loop& loop,
                                   async::Workers& workers, async::Duration pause)
    : coordinator_(std::move(coordinator)),
      loop_(loop),
      workers_(workers),
      pause_(pause),
      stub_(v1::DatasetService::NewStub(rpc::MakeChannel(coordinator_))) {}

Task<absl::StatusOr<std::string>> CoordinatorFiles::Fetch(std::string sha256,
                                                          std::stop_token stop) {
  std::string bytes;
  const absl::Status got = co_await GetAll(sha256, bytes, stop);
  if (stop.stop_requested()) co_return absl::CancelledError("the call was cancelled");
  const std::string where = absl::StrCat("fetching from the coordinator at ", coordinator_);
  if (IsAnswer(got)) {
    co_return WithContext(where, absl::FailedPreconditionError(got.message()));
  }
  if (!got.ok()) co_return WithContext(where, absl::UnavailableError(got.message()));
  auto digest = [&bytes] { return Sha256(bytes); };
  const std::string found = co_await async::Offload(workers_, std::move(digest));
  if (found != sha256) {
    co_return absl::UnavailableError(absl::StrCat(where, ": got ", bytes.size(),
                                                  " bytes with SHA-256 ", Hex(found),
                                                  " instead of ", Hex(sha256)));
  }
  co_return bytes;
}

Task<absl::Status> CoordinatorFiles::GetAll(const std::string& sha256, std::string& bytes,
                                            std::stop_token stop) {
  int tries = 0;
  while (true) {
    const std::size_t before = bytes.size();
    const absl::Status got = co_await GetRest(sha256, bytes, stop);
    if (got.ok() || IsAnswer(got)) co_return got;
    tries = bytes.size() > before ? 0 : tries + 1;
    if (tries == kTries) co_return got;
    const bool go_on = co_await async::SleepFor(loop_, pause_, stop);
    if (!go_on) co_return got;
  }
}

Task<absl::Status> CoordinatorFiles::GetRest(const std::string& sha256, std::string& bytes,
                                             std::stop_token stop) {
  std::stop_source ending;
  const auto end = [&ending] { ending.request_stop(); };
  const std::stop_callback on_stop(stop, end);
  bool too_large = false;
  absl::Status room;
  const auto append = [&](v1::GetFileResponse&& piece) {
    too_large = bytes.size() + piece.data().size() > kMaxFileBytes;
    if (!too_large) room = Append(piece.data(), bytes);
    if (too_large || !room.ok()) ending.request_stop();
  };
  v1::GetFileRequest request;
  request.set_sha256(sha256);
  request.set_offset(static_cast<std::int64_t>(bytes.size()));
  const absl::Status status =
      co_await rpc::CallStream(loop_, *stub_, &v1::DatasetService::Stub::PrepareAsyncGetFile,
                               request, rpc::CallOptions(), append, ending.get_token());
  if (!room.ok()) co_return room;
  if (!too_large) co_return status;
  co_return absl::FailedPreconditionError(
      absl::StrCat("the file has more than ", kMaxFileBytes, " bytes"));
}

}  // namespace mlp::node
