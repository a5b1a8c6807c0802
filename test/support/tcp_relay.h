// Passes on any number of TCP connections, and breaks them while it runs in the ways that networks
// do.
#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <thread>

namespace mlp::rpc {

class TcpRelay {
 public:
  enum class Mode {
    kPass,      // bytes go on as they come
    kHalfOpen,  // all stay open and silent, new ones too; held back bytes go on afterwards
    kDelay,     // bytes go on some time after they came
    kRefuse,    // all are reset, new ones at once
    kReset,     // half of the next bytes on a connection go on, then it is reset
  };

  // Passes connections from 127.0.0.1:port() to 127.0.0.1:`target_port`, which nobody needs to
  // listen on yet.
  explicit TcpRelay(int target_port);
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;
  // Resets connections that are open.
  ~TcpRelay();

  int port() const { return port_; }
  // Sets the mode, which holds for all that arrives once this returns. `delay` is that of kDelay.
  // Any thread.
  void Set(Mode mode, std::chrono::milliseconds delay = {});

 private:
  struct Order {
    Mode mode;
    std::chrono::duration<int, std::milli> delay;
  };
  class Connection;

  void Relay();
  void Accept(Mode mode);
  // Waits until there is something to do.
  void Await(const Order& order);
  void Wake();

  const int target_port_;
  const int listener_;
  const int wake_;
  int port_ = 0;
  std::atomic<Order> order_ = Order{Mode::kPass, {}};
  std::atomic<unsigned> ordered_ = 0;  // orders given
  std::atomic<unsigned> obeyed_ = 0;   // orders that the thread follows
  std::atomic<bool> stopping_ = false;
  std::list<Connection> connections_;  // the thread's
  std::thread thread_;
};

// Returns a TCP connection to 127.0.0.1:`port`, which the caller closes; -1 if there is none.
int ConnectTo(int port);

}  // namespace mlp::rpc
