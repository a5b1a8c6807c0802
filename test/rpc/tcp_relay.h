// Passes one TCP connection on, until told to fall silent while it stays open: what a frozen
// machine or a broken network looks like from outside.
#pragma once

#include <atomic>
#include <thread>

namespace mlp::rpc {

class TcpRelay {
 public:
  // From 127.0.0.1:port() to 127.0.0.1:`target_port`.
  explicit TcpRelay(int target_port);
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;
  ~TcpRelay();

  int port() const { return port_; }
  // Any thread.
  void Freeze() { frozen_ = true; }

 private:
  void Relay();

  const int target_port_;
  int listener_;
  int port_ = 0;
  std::atomic<bool> frozen_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// A TCP connection to 127.0.0.1:`port`; the caller closes it. -1 where there is none.
int ConnectTo(int port);

}  // namespace mlp::rpc
