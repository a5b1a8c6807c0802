// The shards of one round: those to offer now, those to offer later, and what happened to them.
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
  // Makes all `shards` ready.
  explicit ShardQueue(int shards);
  // Begins anew with all shards ready. Remembers only the holders.
  void Restart();

  using Ready = absl::btree_set<int>;
  // Iterators end with the next change.
  const Ready& ready() const { return ready_; }
  // Notes that a copy of a shard that is ready or out goes to `node` as `attempt`. Returns how
  // often the shard was offered to that node before.
  int Take(int shard, int node, AttemptId attempt);
  // Notes that `attempt` is no copy of the shard any more.
  void Drop(int shard, AttemptId attempt);
  // The attempts that have copies of the shard, the first one first.
  const std::vector<AttemptId>& copies(int shard) const { return At(shard).copies; }
  // Finishes the shard, ready or out: it needs nothing more in this round.
  void Finish(int shard);
  // Notes that `node` has trained the shard, and so has its rows, also beyond the round.
  void NoteHolder(int shard, int node);
  // Nodes that trained the shard, the last one first; a few.
  const std::vector<int>& holders(int shard) const { return At(shard).holders; }
  // Notes that one of the shard's attempts came to nothing. If it was the last one, the shard is
  // ready again. `what_happened` is a sentence that names the node.
  void ComeBack(int shard, std::string what_happened);
  // Keeps a ready shard from being offered before `until`.
  void BackOff(int shard, TimePoint until);
  // Ends the back-offs that are over.
  void Wake(TimePoint now);
  // Returns the first back-off to end: its end and its shard.
  std::optional<std::pair<TimePoint, int>> NextWake() const;
  std::size_t backing_off() const { return backing_off_.size(); }

  // Excludes `node` from offers of the shard in this round.
  void Exclude(int shard, int node);
  // Takes back what is known of `node`, whose number is another node's now: that shards exclude it,
  // and that it holds their rows. Costs O(shards).
  void Readmit(int node);
  const std::set<int>& excluded_nodes(int shard) const { return At(shard).excluded; }
  // Returns the shards that exclude nodes and are neither out nor finished, by number.
  std::vector<int> PickyShards() const;

  int finished() const { return finished_; }
  // The number of times that the shard came back.
  int retries(int shard) const { return At(shard).retries; }
  const std::string& last_return(int shard) const { return At(shard).last_return; }
  // Says what happened to the shard's attempts. It counts equal events, and names a bounded number.
  std::string History(int shard) const;

 private:
  struct Shard {
    std::vector<AttemptId> copies;
    int retries = 0;
    std::string last_return;
    std::map<std::string, int> returns;       // what happened, number of times
    std::vector<std::pair<int, int>> offers;  // node, number of times
    std::set<int> excluded;                   // nodes
    std::vector<int> holders;                 // nodes
  };

  const Shard& At(int shard) const { return shards_[static_cast<std::size_t>(shard)]; }
  Shard& At(int shard) { return shards_[static_cast<std::size_t>(shard)]; }

  std::vector<Shard> shards_;
  Ready ready_;
  std::set<std::pair<TimePoint, int>> backing_off_;
  std::set<int> picky_;  // shards that exclude nodes and are not finished
  int finished_ = 0;
};

}  // namespace mlp::coordinator
