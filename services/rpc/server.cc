#include "services/rpc/server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <pthread.h>
#include <time.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "services/rpc/async_service.h"
#include "services/rpc/connections/listener.h"
#include "services/rpc/grpc_log.h"
#include "services/rpc/health.h"
#include "services/rpc/limits.h"
#include "services/rpc/reflection.h"
#include "services/rpc/server_call.h"
#include "services/rpc/unknown_calls.h"

namespace mlp::rpc {
namespace {

// Calls of one connection at once. The client holds back more, without a word, so there are more
// than one client may have watchers.
constexpr int kMaxStreams = 1200;

// What gRPC reads of a connection before it looks whether the connection still is there.
constexpr int kMaxReadBytes = 64 << 10;

// Conversations with reflection that may be open.
constexpr BudgetLimits kConversations{.all = 100, .host = 50};

// Time in which calls that were cancelled end their connections by themselves, and between cuts of
// those that did not.
constexpr std::chrono::milliseconds kBetweenCuts{500};

// The only way to learn the names of the services that a server serves.
class ServiceNames final : public grpc::ServerBuilderPlugin {
 public:
  explicit ServiceNames(std::vector<std::string>& names) : names_(names) {}
  std::string name() override { return "mlp.service_names"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* initializer) override {
    names_ = *initializer->GetServiceList();
  }
  void ChangeArguments(const std::string&, void*) override {}

 private:
  std::vector<std::string>& names_;
};

class CollectServiceNames final : public grpc::ServerBuilderOption {
 public:
  explicit CollectServiceNames(std::vector<std::string>& names) : names_(names) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<ServiceNames>(names_));
  }

 private:
  std::vector<std::string>& names_;
};

void SetLimitsAndKeepalive(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  // gRPC inflates a message before it looks at its size.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kMaxReadBytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  // Clients ping every second, see MakeChannel.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  // The pings free the resources that calls of a frozen or vanished client hold; a client that is
  // paused for a moment in a debugger or a terminal keeps its calls.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
}

// Returns the processor time of a thread that has not been joined.
async::Duration ComputedBy(std::thread& thread) {
  clockid_t clock = 0;
  timespec time{};
  if (pthread_getcpuclockid(thread.native_handle(), &clock) != 0) return {};
  if (clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

struct Server::Standard {
  AsyncService<grpc::health::v1::Health> health;
  AsyncService<grpc::reflection::v1alpha::ServerReflection> reflection;
  grpc::AsyncGenericService unknown;  // takes the calls of all other services and methods
};

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(const ServerOptions& options) {
  auto listener =
      Listener::Bind(options.listen, options.limits.value_or(LimitsFor(DescriptorLimit())));
  if (!listener.ok()) return listener.status();
  // gRPC's own health service would poll on threads beside the loop's, which doubles the cost of
  // a call.
  grpc::EnableDefaultHealthCheckService(false);
  auto standard = std::make_unique<Standard>();
  grpc::ServerBuilder builder;
  SetLimitsAndKeepalive(builder);
  builder.RegisterService(&standard->health);
  builder.RegisterService(&standard->reflection);
  builder.RegisterAsyncGenericService(&standard->unknown);
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  std::vector<std::string> names;
  builder.SetOption(std::make_unique<CollectServiceNames>(names));
  auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  auto queue = builder.AddCompletionQueue();
  auto server = [&] {
    const QuietGrpc quiet;
    return builder.BuildAndStart();
  }();
  if (server == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve at ", options.listen, ": gRPC does not start"));
  }
  std::unique_ptr<Server> listening(
      new Server(std::move(queue), std::move(server), std::move(standard), std::move(names),
                 *std::move(listener), std::move(acceptor), options.bytes));
  if (options.precise_timers) listening->loop_.UsePreciseTimers();
  return listening;
}

Server::Server(std::unique_ptr<grpc::ServerCompletionQueue> queue,
               std::unique_ptr<grpc::Server> server, std::unique_ptr<Standard> standard,
               std::vector<std::string> service_names, std::unique_ptr<Listener> listener,
               std::unique_ptr<Acceptor> acceptor, const BudgetLimits& bytes)
    : queue_(queue.get()),
      loop_(std::move(queue)),
      standard_(std::move(standard)),
      server_(std::move(server)),
      service_names_(std::move(service_names)),
      listener_(std::move(listener)),
      acceptor_(std::move(acceptor)),
      bytes_(bytes),
      conversations_(kConversations),
      health_(std::make_unique<Health>(loop_, service_names_, stop_.get_token())) {
  ServeStandard();
}

Server::~Server() {
  if (shut_down_) return;
  if (!thread_.joinable()) Start();
  Shutdown(std::chrono::milliseconds(0));
}

void Server::ServeStandard() {
  using HealthService = grpc::health::v1::Health::Service;
  ServeUnary(*this, standard_->health, &HealthService::Check,
             [this](const Health::Request& request) { return health_->Check(request); });
  ServeStream(*this, standard_->health, &HealthService::Watch,
              [this](const Health::Request& request, ServerStream<Health::Response>& stream) {
                return health_->Watch(request, stream);
              });
  using namespace grpc::reflection::v1alpha;
  ServeConversation(*this, standard_->reflection, &ServerReflection::Service::ServerReflectionInfo,
                    conversations_, [this](const ServerReflectionRequest& request) {
                      return Reflect(request, service_names_);
                    });
  ServeUnknownCalls(*this, standard_->unknown, service_names_);
}

void Server::Start() {
  health_->SetServing(true);
  thread_ = std::thread([this] { loop_.Run(); });
  listener_->Start(std::move(acceptor_), [this] {
    return Watchdog::Progress{loop_.turn_in_grpc(), ComputedBy(thread_)};
  });
}

int Server::port() const { return listener_->port(); }

const ConnectionLimits& Server::limits() const { return listener_->limits(); }

bool Server::Took(std::string_view peer) { return listener_->Took(peer); }

void Server::Abandoned(std::string_view peer) { listener_->Abandoned(peer); }

void Server::Shutdown(std::chrono::milliseconds grace) {
  shut_down_ = true;
  listener_->Stop();
  Post([this, grace] {
    health_->SetServing(false);
    stop_.request_stop();
    CutConnectionsAt(loop_.Now() + grace + kBetweenCuts);
  });
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  Post([this] { closing_.Spawn(ShutdownLoopAfterTasks()); });
  thread_.join();
}

void Server::CutConnectionsAt(async::TimePoint when) {
  // gRPC closes a connection when what it writes is written, and a client that is frozen, or reads
  // byte by byte, can keep it from that.
  loop_.Schedule(when, [this] {
    listener_->Disconnect();
    CutConnectionsAt(loop_.Now() + kBetweenCuts);
  });
}

async::Task<> Server::ShutdownLoopAfterTasks() {
  co_await tasks_.Join();
  loop_.Shutdown();
}

}  // namespace mlp::rpc
