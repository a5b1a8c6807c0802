// The least that gRPC costs here: an echo, as plain as its asynchronous interface and one
// completion queue on one thread allow, with which to compare the coordinator's cost.
//
//   echo_bench serve                                prints its port, serves until it is killed
//   echo_bench call PORT [--calls --outstanding --bytes]     unary calls, so many at once
//   echo_bench stream PORT [--messages --bytes]     one stream whose messages are ByteBuffers
//
// The clients print one JSON object: seconds, cpu_seconds of the client, calls or bytes sent.
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "echo.grpc.pb.h"

namespace mlp::bench {
namespace {

using Service = Echo::WithAsyncMethod_Call<Echo::WithRawMethod_Stream<Echo::Service>>;

// The callback of a completion. The call that it belongs to owns it.
using Step = std::function<void(bool ok)>;

void RunUntilShutdown(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) (*static_cast<Step*>(tag))(ok);
}

// --- The server.

class ServedCall {
 public:
  ServedCall(Service& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue), responder_(&context_) {
    service_.RequestCall(&context_, &message_, &responder_, &queue_, &queue_, &arrived_);
  }

 private:
  Service& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  grpc::ServerAsyncResponseWriter<EchoMessage> responder_;
  EchoMessage message_;
  Step arrived_ = [this](bool ok) {
    if (!ok) return delete this;
    new ServedCall(service_, queue_);
    responder_.Finish(message_, grpc::Status::OK, &sent_);
  };
  Step sent_ = [this](bool) { delete this; };
};

class ServedStream {
 public:
  ServedStream(Service& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue), stream_(&context_) {
    service_.RequestStream(&context_, &stream_, &queue_, &queue_, &arrived_);
  }

 private:
  Service& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream_;
  grpc::ByteBuffer message_;
  Step arrived_ = [this](bool ok) {
    if (!ok) return delete this;
    new ServedStream(service_, queue_);
    stream_.Read(&message_, &read_);
  };
  Step read_ = [this](bool ok) {
    if (ok) return stream_.Write(message_, &written_);
    stream_.Finish(grpc::Status::OK, &finished_);
  };
  Step written_ = [this](bool ok) {
    if (ok) return stream_.Read(&message_, &read_);
    stream_.Finish(grpc::Status::OK, &finished_);
  };
  Step finished_ = [this](bool) { delete this; };
};

int Serve() {
  Service service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(-1);
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return EXIT_FAILURE;
  std::cout << port << std::endl;
  // The client has this many calls, so none waits to be accepted.
  for (int i = 0; i < 64; ++i) new ServedCall(service, *queue);
  new ServedStream(service, *queue);
  RunUntilShutdown(*queue);
  return EXIT_SUCCESS;
}

// --- The clients.

std::shared_ptr<grpc::Channel> Connect(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                           grpc::InsecureChannelCredentials(), arguments);
  const auto patience = std::chrono::system_clock::now() + std::chrono::seconds(5);
  return channel->WaitForConnected(patience) ? channel : nullptr;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Runs `work` and prints the time that it took beside `counted`, a JSON member.
void Measure(const std::string& counted, const std::function<void()>& work) {
  const double cpu = CpuSeconds();
  const auto begin = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << "{\"seconds\": " << took.count() << ", \"cpu_seconds\": " << CpuSeconds() - cpu
            << ", " << counted << "}" << std::endl;
}

[[noreturn]] void Give(const std::string& error) {
  std::cerr << "echo_bench: " << error << "\n";
  std::exit(EXIT_FAILURE);
}

class Caller {
 public:
  Caller(Echo::Stub& stub, int calls, int bytes) : stub_(stub), left_(calls), ending_(calls) {
    request_.set_payload(std::string(bytes, 'x'));
  }

  void Run(int outstanding) {
    while (outstanding-- > 0 && left_ > 0) (new Call(*this))->Start();
    RunUntilShutdown(queue_);
  }

 private:
  struct Call {
    explicit Call(Caller& caller) : caller(caller) {}
    void Start() {
      --caller.left_;
      reader = caller.stub_.PrepareAsyncCall(&context, caller.request_, &caller.queue_);
      reader->StartCall();
      reader->Finish(&response, &status, &finished);
    }

    Caller& caller;
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<EchoMessage>> reader;
    EchoMessage response;
    grpc::Status status;
    Step finished = [this](bool) {
      if (!status.ok()) Give(status.error_message());
      if (caller.left_ > 0) (new Call(caller))->Start();
      if (--caller.ending_ == 0) caller.queue_.Shutdown();
      delete this;
    };
  };

  Echo::Stub& stub_;
  grpc::CompletionQueue queue_;
  EchoMessage request_;
  int left_;    // calls to start
  int ending_;  // calls that have not ended
};

class Streamer {
 public:
  Streamer(const std::shared_ptr<grpc::Channel>& channel, int messages, std::size_t bytes)
      : stub_(channel), to_write_(messages), to_read_(messages) {
    const grpc::Slice slice(std::string(bytes, 'x'));
    message_ = grpc::ByteBuffer(&slice, 1);
  }

  void Run() {
    stream_ = stub_.PrepareCall(&context_, "/mlp.bench.Echo/Stream", &queue_);
    stream_->StartCall(&started_);
    RunUntilShutdown(queue_);
    if (!status_.ok() || to_read_ > 0) Give("the stream broke: " + status_.error_message());
  }

 private:
  void Write() {
    if (to_write_-- > 0) return stream_->Write(message_, &written_);
    stream_->WritesDone(&closed_);
  }
  void Read() { stream_->Read(&received_, &read_); }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer message_;
  grpc::ByteBuffer received_;
  grpc::Status status_;
  int to_write_;
  int to_read_;
  Step started_ = [this](bool) {
    Write();
    Read();
  };
  Step written_ = [this](bool ok) {
    if (ok) Write();
  };
  Step closed_ = [](bool) {};
  Step read_ = [this](bool ok) {
    if (!ok) return stream_->Finish(&status_, &finished_);
    --to_read_;
    Read();
  };
  Step finished_ = [this](bool) { queue_.Shutdown(); };
};

int Run(int argc, char** argv) {
  CLI::App app("The least that gRPC costs");
  app.require_subcommand(1);
  int port = 0;
  int calls = 20'000;
  int outstanding = 64;
  int payload = 256;
  int messages = 1'000;
  int message_bytes = 1 << 20;
  CLI::App* serve = app.add_subcommand("serve");
  CLI::App* call = app.add_subcommand("call");
  call->add_option("PORT", port)->required();
  call->add_option("--calls", calls)->check(CLI::PositiveNumber);
  call->add_option("--outstanding", outstanding)->check(CLI::PositiveNumber);
  call->add_option("--bytes", payload)->check(CLI::NonNegativeNumber);
  CLI::App* stream = app.add_subcommand("stream");
  stream->add_option("PORT", port)->required();
  stream->add_option("--messages", messages)->check(CLI::PositiveNumber);
  stream->add_option("--bytes", message_bytes)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  if (*serve) return Serve();
  const auto channel = Connect(port);
  if (channel == nullptr) Give("no server at port " + std::to_string(port));
  if (*call) {
    const auto stub = Echo::NewStub(channel);
    Caller(*stub, 2 * outstanding, payload).Run(outstanding);  // warms up
    Caller caller(*stub, calls, payload);
    Measure("\"calls\": " + std::to_string(calls), [&] { caller.Run(outstanding); });
  } else if (*stream) {
    Streamer streamer(channel, messages, static_cast<std::size_t>(message_bytes));
    const auto sent = static_cast<long long>(messages) * message_bytes;
    Measure("\"bytes_sent\": " + std::to_string(sent), [&] { streamer.Run(); });
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mlp::bench

int main(int argc, char** argv) { return mlp::bench::Run(argc, argv); }
