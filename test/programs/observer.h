// A client that asks a coordinator for its jobs all the time, and notes how long the answers take.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "test/support/process.h"

namespace mlp::test {

struct Answers {
  std::vector<double> seconds;            // ascending
  std::map<std::string, int> unanswered;  // how many calls ended with which error

  // Returns the seconds within which that share of the calls had been answered, 0 to 1.
  double Within(double share) const;
};

class Observer {
 public:
  // Starts the program observe, which begins to call ListJobs every 20 ms.
  explicit Observer(const std::string& address);
  // Ends it, and returns what it noted. Call it once. Throws if it failed.
  Answers Stop();

 private:
  Process program_;
};

}  // namespace mlp::test
