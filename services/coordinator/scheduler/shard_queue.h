// The shards of one round: which are to be offered now, which later, and what happened to them.
//
// A shard is ready, backs off, is out (attempts have copies of it) or is finished. Ready shards are
// offered in the order of their numbers, so one that comes back goes before those never offered.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "services/coordinator/scheduler/types.h"

namespace mlp::coordinator {

class ShardQueue {
 public:
  // All `shards` are ready.
  explicit ShardQueue(int shards);
  // ... again, as if newly made.
  void Restart();

  using Ready = absl::btree_set<int>;
  // Iterators end with the next change.
  const Ready& ready() const { return ready_; }
  // A copy of a shard that is ready or out goes to `node` as `attempt`. Returns how often the shard
  // was offered to that node before.
  int Take(int shard, int node, AttemptId attempt);
  // `attempt` is no copy of the shard any more.
  void Drop(int shard, AttemptId attempt);
  // The attempts that have copies of the shard, the first one first.
  const std::vector<AttemptId>& copies(int shard) const { return At(shard).copies; }
  // The shard, ready or out, needs nothing more in this round.
  void Finish(int shard);
  // `node` has trained the shard, and so has its rows. Remembered beyond the round.
  void NoteHolder(int shard, int node);
  // Nodes that trained the shard, the last one first; a few.
  const std::vector<int>& holders(int shard) const { return At(shard).holders; }
  // One of the shard's attempts came to nothing; where it was the last one, the shard is ready
  // again. `what_happened` is a sentence that names the node.
  void ComeBack(int shard, std::string what_happened);
  // A ready shard is not to be offered before `until`.
  void BackOff(int shard, TimePoint until);
  // Ends the back-offs that are over.
  void Wake(TimePoint now);
  // The first shard that backs off, and until when.
  std::optional<std::pair<TimePoint, int>> NextWake() const;
  std::size_t backing_off() const { return backing_off_.size(); }

  // Never offer the shard to `node` again.
  void Exclude(int shard, int node);
  const std::set<int>& excluded_nodes(int shard) const { return At(shard).excluded; }
  // Shards that exclude nodes and are neither out nor finished, by number.
  std::vector<int> PickyShards() const;

  int finished() const { return finished_; }
  // How often the shard came back.
  int retries(int shard) const { return At(shard).retries; }
  const std::string& last_return(int shard) const { return At(shard).last_return; }
  // What happened to the shard's attempts: same things are counted, a bounded number told.
  std::string History(int shard) const;

 private:
  struct Shard {
    std::vector<AttemptId> copies;
    int retries = 0;
    std::string last_return;
    std::map<std::string, int> returns;       // what happened, and how often
    std::vector<std::pair<int, int>> offers;  // node, and how often
    std::set<int> excluded;                   // nodes
    std::vector<int> holders;                 // nodes
  };

  const Shard& At(int shard) const { return shards_[static_cast<std::size_t>(shard)]; }
  Shard& At(int shard) { return shards_[static_cast<std::size_t>(shard)]; }

  std::vector<Shard> shards_;
  Ready ready_;
  std::set<std::pair<TimePoint, int>> backing_off_;
  std::set<int> picky_;  // exclude nodes and are not finished
  int finished_ = 0;
};

}  // namespace mlp::coordinator
