#include "test/programs/attacks.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "grpc/health/v1/health.pb.h"
#include "libmlp/kernels/kernels.h"
#include "mlp/v1/cluster.grpc.pb.h"
#include "mlp/v1/job.pb.h"
#include "services/base/protocol_version.h"
#include "services/base/retry_after.h"
#include "services/rpc/channel.h"
#include "services/rpc/status.h"
#include "test/programs/http2_stranger.h"
#include "test/support/http2_frames.h"
#include "test/support/scratch.h"

namespace mlp::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr char kListJobs[] = "/mlp.v1.JobService/ListJobs";
constexpr char kEvaluateModel[] = "/mlp.v1.JobService/EvaluateModel";
constexpr char kGetModel[] = "/mlp.v1.JobService/GetModel";
constexpr char kWatchHealth[] = "/grpc.health.v1.Health/Watch";

void Pause(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Streams that a connection opens one after the other have odd numbers.
std::uint32_t Stream(int number) { return 2 * static_cast<std::uint32_t>(number) + 1; }

// ---- Many calls at once, by gRPC

// How many calls ended with which code.
struct Codes {
  void Add(const absl::Status& status) {
    ++counts[absl::StatusCodeToString(status.code())];
    if (absl::IsResourceExhausted(status) && !RetryAfterOf(status)) ++without_hint;
  }
  std::string Text() const {
    std::string text;
    for (const auto& [code, count] : counts) absl::StrAppend(&text, " ", count, " ", code);
    return text;
  }

  std::map<std::string, int> counts;
  int without_hint = 0;  // RESOURCE_EXHAUSTED that does not say when to try again
};

// Calls under way, of one kind. `Response` is what gRPC reads into.
template <class Response>
class Calls {
 public:
  struct Call {
    grpc::ClientContext context;
    Response response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
  };

  // `start` returns the reader of a call that has started with the context and the queue.
  template <class Start>
  void Add(const Start& start, std::chrono::seconds patience) {
    calls_.push_back(std::make_unique<Call>());
    Call& call = *calls_.back();
    call.context.set_deadline(std::chrono::system_clock::now() + patience);
    call.reader = start(call.context, queue_);
    call.reader->Finish(&call.response, &call.status, &call);
  }
  // Waits for all. Call it once.
  Codes Await() {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      void* tag = nullptr;
      bool ok = false;
      queue_.Next(&tag, &ok);
    }
    queue_.Shutdown();
    Codes codes;
    for (const auto& call : calls_) codes.Add(rpc::FromGrpcStatus(call->status));
    return codes;
  }

 private:
  std::vector<std::unique_ptr<Call>> calls_;
  grpc::CompletionQueue queue_;
};

using RawCalls = Calls<grpc::ByteBuffer>;

// Starts a call whose request was serialised before.
void AddRaw(RawCalls& calls, grpc::GenericStub& stub, const char* method,
            const grpc::ByteBuffer& request, grpc_compression_algorithm compression) {
  calls.Add(
      [&](grpc::ClientContext& context, grpc::CompletionQueue& queue) {
        context.set_compression_algorithm(compression);
        auto reader = stub.PrepareUnaryCall(&context, method, request, &queue);
        reader->StartCall();
        return reader;
      },
      120s);
}

// ---- Connections and nodes

// Beyond what the coordinator may open; then nodes, so many that not all find room.
std::string Idle(Target& target, const AttackSettings& settings) {
  constexpr int kConnections = 1100;
  std::ptrdiff_t closed = 0;
  {
    std::vector<Stranger> strangers;
    for (int i = 0; i < kConnections; ++i) strangers.emplace_back(target.port());
    Pause(settings.seconds);
    closed = std::ranges::count_if(strangers, [](Stranger& stranger) { return stranger.Closed(); });
  }
  target.CheckNodes();
  target.cluster().StartNodes(settings.nodes);
  Pause(10);
  const auto stub = v1::ClusterService::NewStub(target.channel());
  grpc::ClientContext context;
  v1::ListNodesResponse nodes;
  const grpc::Status status = stub->ListNodes(&context, v1::ListNodesRequest(), &nodes);
  if (!status.ok()) target.Blame("ListNodes: " + status.error_message());
  const auto up = std::ranges::count_if(
      nodes.nodes(), [](const v1::NodeStatus& node) { return node.state() == v1::NODE_STATE_UP; });
  target.cluster().KeepNodes(Target::kNodes);
  return absl::StrCat(kConnections, " idle connections, ", closed, " of them closed; ", up, " of ",
                      settings.nodes + Target::kNodes, " nodes up");
}

// Heartbeats of nodes that are nowhere.
Codes Forge(Target& target, int nodes) {
  const auto channel = rpc::MakeChannel(target.address());
  const auto stub = v1::ClusterService::NewStub(channel);
  Calls<v1::HeartbeatResponse> calls;
  for (int i = 0; i < nodes; ++i) {
    v1::HeartbeatRequest request;
    request.set_name(absl::StrCat("invented-", i));
    request.set_instance_id(absl::StrCat("instance-", i));
    request.set_address(absl::StrCat("127.1.", i / 250, ".", i % 250 + 1, ":9"));
    request.set_protocol(kProtocolVersion);
    request.set_arithmetic(std::string(ArithmeticId()));
    calls.Add(
        [&](grpc::ClientContext& context, grpc::CompletionQueue& queue) {
          return stub->AsyncHeartbeat(&context, request, &queue);
        },
        60s);
  }
  return calls.Await();
}

std::string ForgeMany(Target& target, int nodes) {
  const Clock::time_point begin = Clock::now();
  const Codes codes = Forge(target, nodes);
  const double seconds = SecondsSince(begin);
  if (codes.without_hint > 0) target.Blame("refusals without a retry hint");
  return absl::StrFormat("%d forged heartbeats in %.2f s:%s", nodes, seconds, codes.Text());
}

void LookForTenSeconds(Target& target) {
  for (int look = 0; look < 10; ++look) {
    target.CheckNodes();
    Pause(1);
  }
}

std::string Heartbeats(Target& target, const AttackSettings&) {
  std::string what = ForgeMany(target, 10'000);
  LookForTenSeconds(target);
  return what;
}

// What the others are to be compared with.
std::string Nothing(Target& target, const AttackSettings&) {
  LookForTenSeconds(target);
  return "nobody attacks";
}

// What counts is the time after they have come; the burst itself is that of Heartbeats.
std::string Lost(Target& target, const AttackSettings&) {
  const std::string what = ForgeMany(target, 1000);
  const Answers burst = target.ObserveAnew();
  LookForTenSeconds(target);
  return absl::StrFormat("%s (meanwhile p99 %.1f ms)", what, 1000 * burst.Within(0.99));
}

std::string ProcessorTime(Target& target, const AttackSettings& settings) {
  constexpr double kLimit = 0.01;
  const double before = target.Used().processor;
  Pause(settings.quiet);
  const double share = (target.Used().processor - before) / settings.quiet;
  if (share > kLimit * settings.slack) target.Blame("the coordinator is busy at rest");
  return absl::StrFormat("%.1f %% of a processor at rest", 100 * share);
}

// ---- Bytes

// Zeros that gRPC compresses to a thousandth, in slices that share their memory.
std::string Bomb(Target& target, const AttackSettings&) {
  constexpr std::size_t kMebibytes = 1000;
  const grpc::Slice zeros(std::string(std::size_t{1} << 20, '\0'));
  const std::vector<grpc::Slice> slices(kMebibytes, zeros);
  const grpc::ByteBuffer request(slices.data(), slices.size());
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  grpc::GenericStub stub(
      grpc::CreateCustomChannel(target.address(), grpc::InsecureChannelCredentials(), arguments));
  RawCalls calls;
  AddRaw(calls, stub, kListJobs, request, GRPC_COMPRESS_GZIP);
  const Codes codes = calls.Await();
  if (codes.counts.contains("OK")) target.Blame("the bomb was taken");
  return absl::StrCat(kMebibytes, " MiB compressed:", codes.Text());
}

// Returns how many bytes of headers without an end a server took on a connection.
std::size_t FloodWithHeaders(int port, std::size_t bytes) {
  const std::string value(http2::kMaxFramePayload - 16, 'a');
  const std::string more = http2::Frame(http2::FrameType::kContinuation, http2::kNoFlags, Stream(0),
                                        http2::Header("x", value));
  Stranger stranger(port);
  std::size_t sent = 0;
  bool open =
      stranger.Send(http2::Preface() + http2::Frame(http2::FrameType::kHeaders, http2::kNoFlags,
                                                    Stream(0), http2::Header(":method", "POST")));
  while (open && sent < bytes) {
    open = stranger.Send(more);
    if (open) sent += more.size();
  }
  return sent;
}

std::string Headers(Target& target, const AttackSettings&) {
  constexpr std::size_t kBytes = 200'000'000;
  std::array<std::size_t, 8> sent{};
  {
    std::vector<std::jthread> strangers;
    for (std::size_t& count : sent) {
      strangers.emplace_back(
          [&count, &target] { count = FloodWithHeaders(target.port(), kBytes); });
    }
  }
  Pause(2);
  const auto [least, most] = std::ranges::minmax(sent);
  return absl::StrCat(sent.size(), " connections sent ", least / 1'000'000, " to ",
                      most / 1'000'000, " MB of headers of ", kBytes / 1'000'000);
}

// Returns the letters, over and over, up to 60 MiB.
std::string ManyRows() {
  constexpr std::size_t kBytes = std::size_t{60} << 20;
  const std::string rows = ContentOf(DatasetsDirectory() / "letters" / "train_letters1.txt");
  std::string content;
  while (content.size() + rows.size() <= kBytes) content += rows;
  return content;
}

std::string Large(Target& target, const AttackSettings&) {
  constexpr int kCalls = 20;
  grpc::ByteBuffer request;
  {
    v1::EvaluateModelRequest evaluate;
    evaluate.set_id(Target::kJob);
    evaluate.set_content(ManyRows());
    const grpc::Slice slice(evaluate.SerializeAsString());
    request = grpc::ByteBuffer(&slice, 1);
  }
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
  RawCalls calls;
  for (int i = 0; i < kCalls; ++i) {
    stubs.push_back(std::make_unique<grpc::GenericStub>(rpc::MakeChannel(target.address())));
    AddRaw(calls, *stubs.back(), kEvaluateModel, request, GRPC_COMPRESS_NONE);
  }
  const Codes codes = calls.Await();
  if (codes.without_hint > 0) target.Blame("refusals without a retry hint");
  return absl::StrCat(kCalls, " messages of ", request.Length() >> 20, " MiB:", codes.Text());
}

// Begins to fetch the large model, once on each connection, and reads nothing of it.
std::vector<Stranger> Readers(Target& target, int count) {
  v1::GetModelRequest request;
  request.set_id("large");
  std::vector<Stranger> readers;
  for (int i = 0; i < count; ++i) {
    readers.emplace_back(target.port());
    if (!readers.back().Send(http2::Preface() + http2::Call(Stream(0), kGetModel) +
                             LastRequest(Stream(0), request))) {
      target.Blame("a reader was refused");
    }
  }
  return readers;
}

std::string ReadersThatDoNotRead(Target& target, const AttackSettings&) {
  constexpr int kReaders = 6;
  const std::vector<Stranger> readers = Readers(target, kReaders);
  Pause(15);
  return absl::StrCat(kReaders, " readers that do not read");
}

std::string StopWithReaders(Target& target, const AttackSettings& settings) {
  constexpr int kReaders = 50;
  constexpr double kLimit = 8;
  const std::vector<Stranger> readers = Readers(target, kReaders);
  Pause(2);
  const double peak = target.Used().peak;
  const Clock::time_point begin = Clock::now();
  if (target.cluster().StopCoordinator() != 0) target.Blame("the coordinator failed as it stopped");
  const double seconds = SecondsSince(begin);
  if (seconds > kLimit * settings.slack) target.Blame("it takes long to stop");
  if (peak >= kMostMemory) target.Blame("readers cost much memory");
  return absl::StrFormat("with %d of them (%.0f MiB) it ended %.1f s after SIGTERM", kReaders, peak,
                         seconds);
}

// ---- Streams

std::string Watches(Target& target, const AttackSettings&) {
  constexpr int kWatches = 3000;
  Stranger stranger(target.port());
  bool open = stranger.Send(http2::Preface());
  int sent = 0;
  for (; open && sent < kWatches; ++sent) {
    open = stranger.Send(http2::Call(Stream(sent), kWatchHealth) +
                         LastRequest(Stream(sent), grpc::health::v1::HealthCheckRequest()));
    open = open && !stranger.Closed();
  }
  Pause(5);
  return absl::StrCat(sent, " watches of health on one connection");
}

std::string Resets(Target& target, const AttackSettings&) {
  constexpr int kResets = 20'000;
  Stranger stranger(target.port());
  bool open = stranger.Send(http2::Preface());
  int sent = 0;
  for (; open && sent < kResets; ++sent) {
    open = stranger.Send(http2::Call(Stream(sent), kListJobs) + http2::Reset(Stream(sent)));
    open = open && !stranger.Closed();
  }
  Pause(2);
  return absl::StrCat(sent, " calls that were reset at once");
}

constexpr Attack kAttacks[] = {
    {.name = "nothing", .run = Nothing, .once_quiet = ProcessorTime},
    {.name = "idle", .run = Idle, .target = {.max_files = 256}},
    {.name = "heartbeats", .run = Heartbeats, .p99 = 0.05},
    {.name = "lost", .run = Lost, .p99 = 0.01, .once_quiet = ProcessorTime},
    {.name = "bomb", .run = Bomb},
    {.name = "headers", .run = Headers},
    {.name = "large", .run = Large},
    {.name = "readers",
     .run = ReadersThatDoNotRead,
     .target = {.large_model = true},
     .once_quiet = StopWithReaders},
    {.name = "watches", .run = Watches},
    {.name = "resets", .run = Resets},
};

}  // namespace

std::span<const Attack> Attacks() { return kAttacks; }

}  // namespace mlp::test
