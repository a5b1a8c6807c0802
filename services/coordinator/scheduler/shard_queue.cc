#include "services/coordinator/scheduler/shard_queue.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace mlp::coordinator {
namespace {

constexpr std::size_t kMaxReturnsTold = 12;
constexpr std::size_t kMaxHolders = 4;

}  // namespace

ShardQueue::ShardQueue(int shards) : shards_(static_cast<std::size_t>(shards)) { Restart(); }

// Keeps the memory: a round of a large job would spend much of its time on allocating it again.
void ShardQueue::Restart() {
  for (Shard& shard : shards_) {
    shard.copies.clear();
    shard.retries = 0;
    shard.last_return.clear();
    shard.returns.clear();
    shard.offers.clear();
    shard.excluded.clear();
  }
  ready_.clear();
  backing_off_.clear();
  picky_.clear();
  finished_ = 0;
  for (int shard = 0; shard < static_cast<int>(shards_.size()); ++shard) {
    ready_.insert(ready_.end(), shard);
  }
}

int ShardQueue::Take(int shard, int node, AttemptId attempt) {
  ready_.erase(shard);
  At(shard).copies.push_back(attempt);
  auto& offers = At(shard).offers;
  const auto found = std::ranges::find(offers, node, &std::pair<int, int>::first);
  if (found != offers.end()) return found->second++;
  offers.emplace_back(node, 1);
  return 0;
}

void ShardQueue::Drop(int shard, AttemptId attempt) { std::erase(At(shard).copies, attempt); }

void ShardQueue::Finish(int shard) {
  ready_.erase(shard);
  picky_.erase(shard);
  ++finished_;
}

void ShardQueue::NoteHolder(int shard, int node) {
  auto& holders = At(shard).holders;
  std::erase(holders, node);
  holders.insert(holders.begin(), node);
  if (holders.size() > kMaxHolders) holders.pop_back();
}

void ShardQueue::ComeBack(int shard, std::string what_happened) {
  Shard& back = At(shard);
  ++back.returns[what_happened];
  back.last_return = std::move(what_happened);
  if (!back.copies.empty()) return;
  ++back.retries;
  ready_.insert(shard);
}

void ShardQueue::BackOff(int shard, TimePoint until) {
  ready_.erase(shard);
  backing_off_.emplace(until, shard);
}

void ShardQueue::Wake(TimePoint now) {
  while (!backing_off_.empty() && backing_off_.begin()->first <= now) {
    ready_.insert(backing_off_.begin()->second);
    backing_off_.erase(backing_off_.begin());
  }
}

std::optional<std::pair<TimePoint, int>> ShardQueue::NextWake() const {
  if (backing_off_.empty()) return std::nullopt;
  return *backing_off_.begin();
}

void ShardQueue::Exclude(int shard, int node) {
  At(shard).excluded.insert(node);
  picky_.insert(shard);
}

void ShardQueue::Readmit(int node) {
  for (int shard = 0; shard < static_cast<int>(shards_.size()); ++shard) {
    std::erase(At(shard).holders, node);
    const bool readmitted = At(shard).excluded.erase(node) > 0;
    if (readmitted && At(shard).excluded.empty()) picky_.erase(shard);
  }
}

std::vector<int> ShardQueue::PickyShards() const {
  std::vector<int> shards;
  std::ranges::copy_if(picky_, std::back_inserter(shards),
                       [this](int shard) { return At(shard).copies.empty(); });
  return shards;
}

std::string ShardQueue::History(int shard) const {
  const auto& returns = At(shard).returns;
  std::string text;
  std::size_t told = 0;
  for (const auto& [what, count] : returns) {
    if (told == kMaxReturnsTold) break;
    absl::StrAppend(&text, told++ == 0 ? "" : "; ", what);
    if (count > 1) absl::StrAppend(&text, " (", count, " times)");
  }
  if (told < returns.size()) absl::StrAppend(&text, "; and ", returns.size() - told, " more");
  return text;
}

}  // namespace mlp::coordinator
