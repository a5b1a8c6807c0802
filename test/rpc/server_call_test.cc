#include "services/rpc/server_call.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "test/rpc/test_server.h"

namespace mlp::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using v1::NodeService;

bool Happens(std::future<void> event) {
  return event.wait_for(seconds(20)) == std::future_status::ready;
}

async::Task<> Get(TestClient& client, std::string id, absl::Status& status, std::string& answer) {
  status = co_await GetJob(client, id, answer);
}

// The results of a streaming call.
struct Stream {
  std::vector<int> numbers;
  absl::Status status;
};

async::Task<> Train(TestClient& client, std::string job_id, CallOptions options,
                    std::optional<std::size_t> stop_after, Stream& stream) {
  v1::TrainShardRequest request;
  request.set_job_id(job_id);
  std::stop_source stop;
  const auto on_message = [&](v1::TrainShardEvent&& event) {
    stream.numbers.push_back(event.accepted().queued_behind());
    if (stream.numbers.size() == stop_after) stop.request_stop();
  };
  stream.status =
      co_await CallStream(client.loop, *client.node, &NodeService::Stub::PrepareAsyncTrainShard,
                          request, options, on_message, stop.get_token());
}

struct ServerCallFixture {
  TestServer server;
  TestClient client{server.address()};
  absl::Status status;
  std::string answer;
  Stream stream;
};

TEST_CASE_METHOD(ServerCallFixture, "a unary call brings the handler's response") {
  client.Run(Get(client, "job-7", status, answer));
  CHECK(status.ToString() == "OK");
  CHECK(answer == "job-7");
}

TEST_CASE_METHOD(ServerCallFixture, "an error arrives with its code and message") {
  client.Run(Get(client, "missing", status, answer));
  CHECK(status == absl::NotFoundError("no job 'missing'"));
}

TEST_CASE_METHOD(ServerCallFixture,
                 "an error arrives with the field that it blames and when to try again") {
  client.Run(Get(client, "field", status, answer));
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(status.message() == "id: is wrong");
  CHECK(FieldOf(status) == "id");
  CHECK(RetryAfterOf(status) == milliseconds(1500));
}

TEST_CASE_METHOD(ServerCallFixture, "a stream brings its messages in order and then OK") {
  client.Run(Train(client, "three", {}, std::nullopt, stream));
  CHECK(stream.numbers == std::vector<int>{0, 1, 2});
  CHECK(stream.status.ToString() == "OK");
}

TEST_CASE_METHOD(ServerCallFixture, "a stream that fails brings what came before, and the error") {
  client.Run(Train(client, "fail", {}, std::nullopt, stream));
  CHECK(stream.numbers == std::vector<int>{0});
  CHECK(stream.status == absl::OutOfRangeError("non-finite"));
}

TEST_CASE_METHOD(ServerCallFixture, "a client that cancels a silent stream stops its handler") {
  client.Run(Train(client, "wait", {}, 1, stream));
  CHECK(stream.status.code() == absl::StatusCode::kCancelled);
  CHECK(Happens(server.stopped()));
}

TEST_CASE_METHOD(ServerCallFixture,
                 "a handler that writes without end learns that its client is gone") {
  client.Run(Train(client, "endless", {}, 3, stream));
  CHECK(stream.status.code() == absl::StatusCode::kCancelled);
  CHECK(Happens(server.stopped()));
}

TEST_CASE_METHOD(ServerCallFixture, "a deadline that passes ends the call and stops its handler") {
  CallOptions options;
  options.timeout = milliseconds(200);
  client.Run(Train(client, "wait", options, std::nullopt, stream));
  CHECK(stream.status.code() == absl::StatusCode::kDeadlineExceeded);
  CHECK(Happens(server.stopped()));
}

TEST_CASE_METHOD(ServerCallFixture,
                 "a client that sends nothing for too long has its call cancelled") {
  grpc::ClientContext context;
  v1::PutParametersResponse response;
  const auto writer = client.node->PutParameters(&context, &response);
  writer->Write(v1::PutParametersRequest());
  std::future<int> pieces = server.put_ended();
  REQUIRE(pieces.wait_for(seconds(20)) == std::future_status::ready);
  CHECK(pieces.get() == 1);
  CHECK(writer->Finish().error_code() == grpc::StatusCode::CANCELLED);
}

TEST_CASE_METHOD(ServerCallFixture, "a client that sends all of its pieces is answered") {
  grpc::ClientContext context;
  v1::PutParametersResponse response;
  const auto writer = client.node->PutParameters(&context, &response);
  for (int i = 0; i < 3; ++i) writer->Write(v1::PutParametersRequest());
  writer->WritesDone();
  CHECK(writer->Finish().ok());
  CHECK(server.put_ended().get() == 3);
}

async::Task<> CancelFirst(TestClient& client, absl::Status& status) {
  v1::GetJobRequest request;
  std::stop_source stop;
  stop.request_stop();
  const auto response =
      co_await CallUnary(client.loop, *client.jobs, &v1::JobService::Stub::PrepareAsyncGetJob,
                         request, CallOptions(), stop.get_token());
  status = response.status();
}

TEST_CASE_METHOD(ServerCallFixture, "a call that is stopped before it begins ends as cancelled") {
  client.Run(CancelFirst(client, status));
  CHECK(status.code() == absl::StatusCode::kCancelled);
}

async::Task<> TrainManyAtOnce(TestClient& client, std::vector<Stream>& streams) {
  async::TaskGroup calls;
  for (Stream& stream : streams) calls.Spawn(Train(client, "three", {}, std::nullopt, stream));
  co_await calls.Join();
}

TEST_CASE_METHOD(ServerCallFixture, "a hundred calls at once are all served") {
  std::vector<Stream> streams(100);
  client.Run(TrainManyAtOnce(client, streams));
  for (const Stream& each : streams) {
    CHECK(each.numbers.size() == 3);
    CHECK(each.status.ToString() == "OK");
  }
}

async::Task<> GetManyInSequence(TestClient& client, int count, int& succeeded) {
  for (int i = 0; i < count; ++i) {
    std::string answer;
    const absl::Status status = co_await GetJob(client, std::to_string(i), answer);
    if (status.ok() && answer == std::to_string(i)) ++succeeded;
  }
}

TEST_CASE_METHOD(ServerCallFixture, "ten thousand calls in sequence do not grow the stack") {
  int succeeded = 0;
  client.Run(GetManyInSequence(client, 10'000, succeeded));
  server.server().Shutdown(seconds(5));
  CHECK(succeeded == 10'000);
  CHECK(server.stack_range() < 64 * 1024);
}

}  // namespace
}  // namespace mlp::rpc
