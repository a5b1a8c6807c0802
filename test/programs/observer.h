// A client that asks a coordinator for its jobs all the time, and notes how long the answers take.
#pragma once

#include <grpcpp/channel.h>

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "mlp/v1/job.grpc.pb.h"

namespace mlp::test {

struct Answers {
  std::vector<double> seconds;            // ascending
  std::map<std::string, int> unanswered;  // how many calls ended with which error

  // Returns the seconds within which that share of the calls had been answered, 0 to 1.
  double Within(double share) const;
};

class Observer {
 public:
  // Begins to call ListJobs every 20 ms, on a thread of its own.
  explicit Observer(std::shared_ptr<grpc::Channel> channel);
  // Ends, and returns what was noted. Call it once.
  Answers Stop();

 private:
  void Run(std::stop_token stop);
  void Ask();

  const std::unique_ptr<v1::JobService::Stub> stub_;
  Answers answers_;  // the thread's
  std::jthread thread_;
};

}  // namespace mlp::test
