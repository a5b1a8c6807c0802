// Tests of fetching over real gRPC from a coordinator that breaks off, lies, or is not there.
#include "services/node/coordinator_files.h"

#include <grpcpp/server_builder.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/async/inline_workers.h"
#include "services/async/task_group.h"
#include "services/base/sha256.h"

namespace mlp::node {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

// Sends files in small pieces, and only so many bytes a call before it breaks off.
class FakeDatasets final : public v1::DatasetService::Service {
 public:
  FakeDatasets() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeDatasets() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address;
  // Set these before the first call:
  std::string digest;
  std::string text;
  std::size_t bytes_a_call = std::string::npos;
  std::vector<std::int64_t> offsets;  // requested ones; read it after the last call

 private:
  grpc::Status GetFile(grpc::ServerContext*, const v1::GetFileRequest* request,
                       grpc::ServerWriter<v1::GetFileResponse>* writer) override {
    offsets.push_back(request->offset());
    if (request->sha256() != digest) {
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such file");
    }
    const std::string rest = text.substr(static_cast<std::size_t>(request->offset()));
    const std::size_t end = std::min(rest.size(), bytes_a_call);
    for (std::size_t at = 0; at < end; at += 4) {
      v1::GetFileResponse piece;
      piece.set_data(rest.substr(at, std::min<std::size_t>(4, end - at)));
      writer->Write(piece);
    }
    if (end == rest.size()) return grpc::Status::OK;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "broken off");
  }

  std::unique_ptr<grpc::Server> server_;
};

// One fetch on a loop of its own.
struct Fetching {
  absl::StatusOr<std::string> Run(const std::string& address, const std::string& digest) {
    async::InlineWorkers workers(loop);
    CoordinatorFiles files(address, loop, workers, 1ms);
    flows.Spawn(Fetch(files, digest));
    closing.Spawn(CloseAfterFetch());
    loop.Run();
    return *answer;
  }
  async::Task<> Fetch(CoordinatorFiles& files, std::string digest) {
    answer = co_await files.Fetch(std::move(digest), stop.get_token());
  }
  async::Task<> CloseAfterFetch() {
    co_await flows.Join();
    loop.Shutdown();
  }

  rpc::Loop loop;
  std::stop_source stop;
  async::TaskGroup flows;
  async::TaskGroup closing;
  std::optional<absl::StatusOr<std::string>> answer;
};

const std::string kText = "a file of some more bytes than go into one piece";

TEST_CASE("a file comes as it is") {
  FakeDatasets coordinator;
  coordinator.text = kText;
  coordinator.digest = Sha256(kText);
  CHECK(Fetching().Run(coordinator.address, Sha256(kText)).value() == kText);
  CHECK(coordinator.offsets == std::vector<std::int64_t>{0});
}

TEST_CASE("a fetch goes on where the connection broke, as often as that brings something") {
  FakeDatasets coordinator;
  coordinator.text = kText;
  coordinator.digest = Sha256(kText);
  coordinator.bytes_a_call = 7;
  CHECK(Fetching().Run(coordinator.address, Sha256(kText)).value() == kText);
  CHECK(coordinator.offsets == std::vector<std::int64_t>{0, 7, 14, 21, 28, 35, 42});
}

TEST_CASE("a fetch that brings nothing is given up after some tries, as unavailable") {
  FakeDatasets coordinator;
  coordinator.text = kText;
  coordinator.digest = Sha256(kText);
  coordinator.bytes_a_call = 0;
  const auto fetched = Fetching().Run(coordinator.address, Sha256(kText));
  CHECK(fetched.status().code() == absl::StatusCode::kUnavailable);
  CHECK(coordinator.offsets.size() == 5);
}

TEST_CASE("a file that the coordinator does not have is no reason to try again") {
  FakeDatasets coordinator;
  coordinator.digest = Sha256("another");
  const auto fetched = Fetching().Run(coordinator.address, Sha256(kText));
  CHECK(fetched.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(fetched.status().message()), Catch::Contains(coordinator.address));
  CHECK(coordinator.offsets.size() == 1);
}

TEST_CASE("bytes with another digest are not taken") {
  FakeDatasets coordinator;
  coordinator.text = kText + "!";
  coordinator.digest = Sha256(kText);
  const auto fetched = Fetching().Run(coordinator.address, Sha256(kText));
  CHECK(fetched.status().code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(fetched.status().message()), Catch::Contains(Hex(Sha256(kText))));
}

TEST_CASE("a fetch that is stopped ends as cancelled") {
  FakeDatasets coordinator;
  Fetching fetching;
  fetching.stop.request_stop();
  CHECK(fetching.Run(coordinator.address, Sha256(kText)).status().code() ==
        absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace mlp::node
