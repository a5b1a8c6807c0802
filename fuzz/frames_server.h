// A server at a socket file with a method of each kind, and a client of it that behaves. Any
// thread.
#pragma once

#include <memory>
#include <string>

namespace mlp::fuzz {

class FramesServer {
 public:
  FramesServer();
  FramesServer(const FramesServer&) = delete;
  FramesServer& operator=(const FramesServer&) = delete;
  ~FramesServer();

  // The socket file.
  const std::string& path() const;
  // Whether the client is answered within five seconds.
  bool Answers();

 private:
  class Served;
  const std::unique_ptr<Served> served_;
};

}  // namespace mlp::fuzz
