#include "services/rpc/server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "services/rpc/async_service.h"
#include "services/rpc/connections.h"
#include "services/rpc/grpc_log.h"
#include "services/rpc/health.h"
#include "services/rpc/limits.h"
#include "services/rpc/reflection.h"
#include "services/rpc/server_call.h"

namespace mlp::rpc {
namespace {

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
  // Two servers would silently share a port.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients ping every second, see MakeChannel.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  // The pings free the resources that calls of a frozen or vanished client hold; a client that is
  // paused for a moment in a debugger or a terminal keeps its calls.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
}

bool IsHostAndPort(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const std::string host = address.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (!bracketed && host.find(':') != std::string::npos) return false;  // IPv6 without a port
  int port = -1;
  return absl::SimpleAtoi(address.substr(colon + 1), &port) && port >= 0 && port <= 65535;
}

absl::Status CheckAddress(const std::string& address) {
  if (IsHostAndPort(address)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "cannot listen on '", address,
      "': expected HOST:PORT with a port from 0 to 65535, such as 0.0.0.0:9090 or [::]:9090"));
}

absl::Status CannotListen(const std::string& address) {
  return absl::UnavailableError(absl::StrCat(
      "cannot listen on ", address,
      ": the port is taken or may not be used, or the host is not an address of this machine; is "
      "another program using it?"));
}

}  // namespace

struct Server::Standard {
  AsyncService<grpc::health::v1::Health> health;
  AsyncService<grpc::reflection::v1alpha::ServerReflection> reflection;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(const ServerOptions& options) {
  if (absl::Status status = CheckAddress(options.listen); !status.ok()) return status;
  // gRPC's own health service would poll on threads beside the loop's, which doubles the cost of
  // a call.
  grpc::EnableDefaultHealthCheckService(false);
  auto standard = std::make_unique<Standard>();
  grpc::ServerBuilder builder;
  SetLimitsAndKeepalive(builder);
  builder.RegisterService(&standard->health);
  builder.RegisterService(&standard->reflection);
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  std::vector<std::string> names;
  builder.SetOption(std::make_unique<CollectServiceNames>(names));
  int port = 0;
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  auto queue = builder.AddCompletionQueue();
  auto server = [&] {
    const QuietGrpc quiet;
    return builder.BuildAndStart();
  }();
  if (server == nullptr) return CannotListen(options.listen);
  std::unique_ptr<Server> listening(new Server(std::move(queue), std::move(server),
                                               std::move(standard), std::move(names), port,
                                               options.bytes));
  if (options.precise_timers) listening->loop_.UsePreciseTimers();
  return listening;
}

Server::Server(std::unique_ptr<grpc::ServerCompletionQueue> queue,
               std::unique_ptr<grpc::Server> server, std::unique_ptr<Standard> standard,
               std::vector<std::string> service_names, int port, const BudgetLimits& bytes)
    : queue_(queue.get()),
      loop_(std::move(queue)),
      standard_(std::move(standard)),
      server_(std::move(server)),
      service_names_(std::move(service_names)),
      port_(port),
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
}

void Server::Start() {
  health_->SetServing(true);
  thread_ = std::thread([this] { loop_.Run(); });
}

void Server::Shutdown(std::chrono::milliseconds grace) {
  shut_down_ = true;
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
    CutConnections(port_);
    CutConnectionsAt(loop_.Now() + kBetweenCuts);
  });
}

async::Task<> Server::ShutdownLoopAfterTasks() {
  co_await tasks_.Join();
  loop_.Shutdown();
}

}  // namespace mlp::rpc
