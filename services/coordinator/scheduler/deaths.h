// The processes of nodes that died while they computed a shard: a shard that does not fit a node's
// memory takes one after the other down.
//
// An attempt that had started and was lost with its node counts as soon as the node is gone, and no
// more if the same process answers again: only the line was cut then. A result of any shard shows
// that nodes can do the job's work, and all deaths before it are forgotten, so the crashes of a bad
// day add up to nothing. A node that does not say which process it is is never blamed. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlp::coordinator {

// So many deaths over one shard, without any result in between, are no coincidence.
inline constexpr std::size_t kMostDeaths = 3;

class Deaths {
 public:
  // The node is up, as this process. `instance` tells it from others; empty: not known.
  void Joined(int node, const std::string& instance);
  void Left(int node);
  // Returns the number of the node's process, which is up or was last; 0: not known.
  int ProcessOf(int node) const;
  // The process that the node has now has answered.
  void Answered(int node);
  // An attempt at the shard that had started on that process ended with the line to it.
  void Lost(int shard, int node, int process);
  // A shard of the job is trained.
  void Trained() { lost_.clear(); }

  // The nodes whose processes died over the shard, the first death first.
  std::vector<int> Of(int shard) const;
  // The shard with the most deaths, if there are any.
  std::optional<int> Worst() const;
  // The same if that has kMostDeaths.
  std::optional<int> Culprit() const;

 private:
  struct Process {
    std::string instance;
    int number = 0;  // grows with each process of the node that says which it is
    bool up = false;
  };
  struct Death {
    int node = 0;
    int process = 0;
    friend bool operator==(const Death&, const Death&) = default;
  };

  bool IsGone(const Death& death) const;

  std::vector<Process> processes_;          // by node
  std::map<int, std::vector<Death>> lost_;  // by shard: one for each process at most
};

// Says that nodes of these names, one for each death, died over the shard, and why that may be.
std::string DescribeDeaths(int shard, const std::vector<std::string>& names);

}  // namespace mlp::coordinator
