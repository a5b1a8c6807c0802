// What clients can make a server hold, and that they cannot make it stay.
#include <grpcpp/generic/generic_stub.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "services/async/wait.h"
#include "services/base/retry_after.h"
#include "services/rpc/byte_buffer.h"
#include "services/rpc/health.h"
#include "services/rpc/status.h"
#include "test/rpc/test_server.h"
#include "test/support/tcp_relay.h"

namespace mlp::rpc {
namespace {

using std::chrono::seconds;

// A coordinator's JobService that evaluates by waiting until it is told to answer, and whose models
// have no end.
class Jobs {
 public:
  explicit Jobs(const BudgetLimits& bytes) {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.services = {&service_};
    options.bytes = bytes;
    server_ = Server::Listen(options).value();
    answer_.emplace(server_->loop());
    ServeUnary(*server_, service_, &Generated::EvaluateModel,
               [this](const v1::EvaluateModelRequest&) { return Evaluate(); });
    ServeUnary(*server_, service_, &Generated::GetJob,
               [](const v1::GetJobRequest& request) { return Job(request); });
    ServeStream(*server_, service_, &Generated::GetModel,
                [this](const v1::GetModelRequest&, ServerStream<v1::GetModelResponse>& stream) {
                  return SendForEver(stream);
                });
    server_->Start();
  }

  Server& server() { return *server_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  std::future<void> evaluating() { return evaluating_.get_future(); }
  // Set when three pieces of models are on their way.
  std::future<void> sending() { return sending_.get_future(); }
  void AnswerEvaluation() {
    server_->Post([this] { answer_->Notify(); });
  }

 private:
  using Generated = AsyncService<v1::JobService>;

  async::Task<absl::StatusOr<v1::EvaluateModelResponse>> Evaluate() {
    evaluating_.set_value();
    co_await answer_->Wait(server_->stop_token());
    co_return v1::EvaluateModelResponse();
  }
  static async::Task<absl::StatusOr<v1::GetJobResponse>> Job(const v1::GetJobRequest& request) {
    v1::GetJobResponse response;
    response.mutable_job()->set_id(request.id());
    co_return response;
  }
  async::Task<absl::Status> SendForEver(ServerStream<v1::GetModelResponse>& stream) {
    v1::GetModelResponse response;
    response.set_chunk(std::string(std::size_t{1} << 20, 'x'));
    bool alive = true;
    while (alive) {
      alive = co_await stream.Write(response);
      if (++pieces_ == 3) sending_.set_value();
    }
    co_return absl::CancelledError("the reader is gone");
  }

  Generated service_;
  std::promise<void> evaluating_;
  std::promise<void> sending_;
  int pieces_ = 0;
  std::optional<async::Signal> answer_;
  std::unique_ptr<Server> server_;
};

// A call whose client does only what it is told to. Its answers are read on the test's thread.
class RawCalls {
 public:
  explicit RawCalls(const std::string& address) : stub_(MakeChannel(address)) {}
  ~RawCalls() {
    for (grpc::ClientContext& context : contexts_) context.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  // Begins a call; sends `message`, unless there is none.
  void Begin(const std::string& method, std::optional<std::string> message) {
    grpc::ClientContext& context = contexts_.emplace_back();
    calls_.push_back(stub_.PrepareCall(&context, method, &queue_));
    calls_.back()->StartCall(nullptr);
    Await();
    if (!message) return;
    calls_.back()->Write(ToByteBuffer(*std::move(message)), nullptr);
    Await();
  }
  // Waits for an answer to the last call; false if the call has ended.
  bool Read() {
    grpc::ByteBuffer answer;
    calls_.back()->Read(&answer, nullptr);
    return Await();
  }
  absl::Status Finish() {
    grpc::Status status;
    calls_.back()->Finish(&status, nullptr);
    Await();
    return FromGrpcStatus(status);
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::deque<grpc::ClientContext> contexts_;
  std::deque<std::unique_ptr<grpc::GenericClientAsyncReaderWriter>> calls_;
};

const std::string kEvaluate = "/mlp.v1.JobService/EvaluateModel";
const std::string kReflect = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

std::string Rows(std::size_t size) {
  v1::EvaluateModelRequest request;
  request.set_content(std::string(size, '1'));
  return request.SerializeAsString();
}

void CheckRefused(const absl::Status& status, const std::string& words) {
  CHECK(status.code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(std::string(status.message()), Catch::Contains(words));
  CHECK(RetryAfterOf(status).has_value());
}

TEST_CASE("requests under way are bounded, and what is beyond is refused until they have ended") {
  Jobs jobs({.all = 10'000, .host = 10'000, .small = 1000, .reserved = 2000});
  std::future<void> evaluating = jobs.evaluating();
  RawCalls first(jobs.address());
  first.Begin(kEvaluate, Rows(6000));
  evaluating.wait();
  RawCalls second(jobs.address());
  second.Begin(kEvaluate, Rows(6000));
  CHECK_FALSE(second.Read());
  CheckRefused(second.Finish(), "requests and answers are under way");
  CHECK(IsAlive(jobs.address()));  // small calls have room
  jobs.AnswerEvaluation();
  CHECK(first.Read());
  CHECK(first.Finish().ok());
}

TEST_CASE("a call is refused before its request has come if the largest would not have room") {
  Jobs jobs({.all = kMaxMessageBytes - 1, .host = kMaxMessageBytes - 1, .small = 1000});
  RawCalls calls(jobs.address());
  calls.Begin(kEvaluate, std::nullopt);
  CHECK_FALSE(calls.Read());
  CheckRefused(calls.Finish(), "requests and answers are under way");
  CHECK(IsAlive(jobs.address()));
}

TEST_CASE("an answer for which there is no room is an error") {
  Jobs jobs({.all = 1500, .host = 1500, .small = 1500});
  CHECK(IsAlive(jobs.address()));
  v1::GetJobRequest request;
  request.set_id(std::string(1000, 'x'));
  RawCalls calls(jobs.address());
  calls.Begin("/mlp.v1.JobService/GetJob", request.SerializeAsString());
  CHECK_FALSE(calls.Read());
  CheckRefused(calls.Finish(), "requests and answers are under way");
}

TEST_CASE(
    "a stream of requests must come at a rate, after a minute in which it may come as it likes") {
  const std::size_t second = kLeastBytesPerSecond;
  CHECK_FALSE(TooSlow(0, seconds(0)));
  CHECK_FALSE(TooSlow(1, kMaxSilence));
  CHECK(TooSlow(second - 1, kMaxSilence + seconds(1)));
  CHECK_FALSE(TooSlow(second, kMaxSilence + seconds(1)));
  CHECK_FALSE(TooSlow(3600 * second, std::chrono::hours(1)));
  CHECK(TooSlow(3500 * second, std::chrono::hours(1)));
}

TEST_CASE("health watches are bounded") {
  Jobs jobs(kBytesUnderWay);
  RawCalls calls(jobs.address());
  const std::string method = "/grpc.health.v1.Health/Watch";
  for (std::size_t i = 0; i < Health::kWatches.host; ++i) {
    calls.Begin(method, "");
    REQUIRE(calls.Read());
  }
  calls.Begin(method, "");
  CHECK_FALSE(calls.Read());
  CheckRefused(calls.Finish(), "health watches are open");
}

TEST_CASE("conversations with reflection are bounded") {
  Jobs jobs(kBytesUnderWay);
  RawCalls calls(jobs.address());
  const std::string list_services("\x3a\x00", 2);  // field 7, ""
  bool answered = true;
  int open = 0;
  while (answered && open < 200) {
    calls.Begin(kReflect, list_services);
    answered = calls.Read();
    if (answered) ++open;
  }
  CHECK(open < 100);
  CHECK(calls.Finish().code() == absl::StatusCode::kResourceExhausted);
}

TEST_CASE("readers that do not read do not keep a server from stopping") {
  Jobs jobs(kBytesUnderWay);
  RawCalls calls(jobs.address());
  v1::GetModelRequest request;
  request.set_id("model");
  for (int i = 0; i < 50; ++i)
    calls.Begin("/mlp.v1.JobService/GetModel", request.SerializeAsString());
  REQUIRE(calls.Read());
  const auto start = std::chrono::steady_clock::now();
  jobs.server().Shutdown(std::chrono::milliseconds(100));
  CHECK(std::chrono::steady_clock::now() - start < seconds(5));
}

std::string Frame(char type, char flags, char stream, const std::string& payload) {
  const auto length = static_cast<char>(payload.size());
  return std::string({0, 0, length, type, flags, 0, 0, 0, stream}) + payload;
}

std::string WithLength(const std::string& text) { return static_cast<char>(text.size()) + text; }

// What a client sends that asks for a model and lets the server send all that it can.
std::string AskForModel() {
  const std::string window("\x00\x04\x7f\xff\xff\xff", 6);  // of each stream
  const std::string more_window("\x7f\xff\x00\x00", 4);     // of the connection
  const std::string headers = "\x83\x86\x04" + WithLength("/mlp.v1.JobService/GetModel") + "\x01" +
                              WithLength("x") + "\x0f\x10" + WithLength("application/grpc") +
                              std::string(1, '\0') + WithLength("te") + WithLength("trailers");
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, window) + Frame(8, 0, 0, more_window) +
         Frame(1, 4, 1, headers) + Frame(0, 1, 1, std::string(5, '\0'));
}

TEST_CASE("a client that is frozen does not keep a server from stopping") {
  Jobs jobs(kBytesUnderWay);
  std::future<void> sending = jobs.sending();
  const int client = ConnectTo(jobs.server().port());
  const std::string ask = AskForModel();
  REQUIRE(send(client, ask.data(), ask.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(ask.size()));
  sending.wait();
  const auto start = std::chrono::steady_clock::now();
  jobs.server().Shutdown(std::chrono::milliseconds(500));
  CHECK(std::chrono::steady_clock::now() - start < seconds(5));
  close(client);
}

TEST_CASE("a call is answered while a flow keeps the loop busy without end") {
  TestServer server;
  std::function<void()> post_again = [&] {
    if (!server.server().stop_token().stop_requested()) server.server().Post(post_again);
  };
  server.server().Post(post_again);
  CHECK(IsAlive(server.address()));
  server.server().Shutdown(std::chrono::milliseconds(0));  // before the callback goes
}

}  // namespace
}  // namespace mlp::rpc
