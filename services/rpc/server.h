// A gRPC server on one loop thread, with standard health (for every service by name, and "") and
// reflection. Calls that it does not serve are answered with what it is (unknown_calls.h).
//
//   auto server = Server::Listen(options);       // binds, refuses what cannot work
//   ServeUnary(**server, service, &Service::GetJob, handler);
//   (*server)->Start();                          // from here the loop thread owns the state
//   ... WaitForTerminationSignal() ...
//   (*server)->Shutdown(std::chrono::seconds(5));
//
// Everything that runs on the loop (handlers, the program's own flows, the work that they offload
// to workers) belongs to tasks(): Shutdown waits for all of it, so that the objects that flows
// refer to may be destroyed after it, in any order.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/async/task_group.h"
#include "services/rpc/budget.h"
#include "services/rpc/connections/connection_limiter.h"
#include "services/rpc/limits.h"
#include "services/rpc/loop.h"

namespace mlp::rpc {

class Health;
class Listener;

// The limits of the bytes that calls hold: room for four of the largest messages, for two from one
// host, and for small ones besides.
inline constexpr BudgetLimits kBytesUnderWay{.all = 4 * kMaxMessageBytes + (std::size_t{24} << 20),
                                             .host = 2 * kMaxMessageBytes + (std::size_t{28} << 20),
                                             .small = std::size_t{1} << 20,
                                             .reserved = std::size_t{24} << 20};

struct ServerOptions {
  std::string listen;                    // host:port, port 0 means any; or unix:PATH
  std::vector<grpc::Service*> services;  // AsyncService objects; they must outlive the server
  BudgetLimits bytes = kBytesUnderWay;   // of requests and answers under way
  bool precise_timers = false;           // see Loop::UsePreciseTimers
  // Limits of its connections; none: those of LimitsFor(DescriptorLimit()).
  std::optional<ConnectionLimits> limits;
};

class Server {
 public:
  // Binds. InvalidArgument if `listen` is no address, Unavailable if it cannot be had.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(const ServerOptions& options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Shuts down without grace unless that was done already.
  ~Server();

  // Starts the loop thread. Calls that came before, those of health included, wait until then.
  void Start();
  // Ends everything and returns when it has ended. Call it once, after Start, on a thread other
  // than the loop's:
  // 1. health becomes NOT_SERVING, no connection and no call is accepted any more;
  // 2. stop_token() is requested: the program's own flows end;
  // 3. calls that are open after `grace` are cancelled: their ServerStream's stop_token is
  //    requested, and connections that do not end then are cut;
  // 4. all tasks() have ended, the queue is drained, the loop thread is joined.
  // A flow that heeds neither token makes it wait.
  void Shutdown(std::chrono::milliseconds grace);

  int port() const;  // 0 for a socket file
  const ConnectionLimits& limits() const;
  Loop& loop() { return loop_; }
  grpc::ServerCompletionQueue* queue() { return queue_; }
  // Notes that the server took a call or a message of `peer`. A connection whose bytes nobody takes
  // is closed in the end. False if it is closed already: the call needs no answer.
  bool Took(std::string_view peer);
  // Notes that a call of `peer` ended before its request came.
  void Abandoned(std::string_view peer);
  // Runs `callback` on the loop thread. Any thread.
  void Post(std::function<void()> callback) { loop_.PostFromAnyThread(std::move(callback)); }

  // What requests and answers under way may take. Loop thread.
  Budget& bytes() { return bytes_; }

  // The flows that Shutdown waits for. Loop thread, or before Start.
  async::TaskGroup& tasks() { return tasks_; }
  // The token that is requested on the loop thread when shutdown begins.
  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;
  // The services that every server has.
  struct Standard;

  Server(std::unique_ptr<grpc::ServerCompletionQueue> queue, std::unique_ptr<grpc::Server> server,
         std::unique_ptr<Standard> standard, std::vector<std::string> service_names,
         std::unique_ptr<Listener> listener, std::unique_ptr<Acceptor> acceptor,
         const BudgetLimits& bytes);
  void ServeStandard();
  void CutConnectionsAt(async::TimePoint when);
  async::Task<> ShutdownLoopAfterTasks();

  grpc::ServerCompletionQueue* const queue_;  // loop_ owns it
  Loop loop_;
  const std::unique_ptr<Standard> standard_;
  const std::unique_ptr<grpc::Server> server_;
  const std::vector<std::string> service_names_;
  const std::unique_ptr<Listener> listener_;
  std::unique_ptr<Acceptor> acceptor_;  // until Start
  std::stop_source stop_;
  Budget bytes_;
  Budget conversations_;
  std::unique_ptr<Health> health_;
  async::TaskGroup tasks_;
  async::TaskGroup closing_;  // the end of the loop, which waits for tasks_
  std::thread thread_;
  bool shut_down_ = false;
};

}  // namespace mlp::rpc
