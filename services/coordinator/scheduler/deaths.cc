#include "services/coordinator/scheduler/deaths.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mlp::coordinator {

void Deaths::Joined(int node, const std::string& instance) {
  const auto index = static_cast<std::size_t>(node);
  processes_.resize(std::max(processes_.size(), index + 1));
  Process& process = processes_[index];
  if (process.instance != instance) ++process.number;
  process.instance = instance;
  process.up = true;
  Answered(node);
}

void Deaths::Left(int node) {
  const auto index = static_cast<std::size_t>(node);
  if (index < processes_.size()) processes_[index].up = false;
}

int Deaths::ProcessOf(int node) const {
  const auto index = static_cast<std::size_t>(node);
  if (index >= processes_.size() || processes_[index].instance.empty()) return 0;
  return processes_[index].number;
}

void Deaths::Answered(int node) {
  const Death survived{node, ProcessOf(node)};
  for (auto each = lost_.begin(); each != lost_.end();) {
    std::erase(each->second, survived);
    each = each->second.empty() ? lost_.erase(each) : std::next(each);
  }
}

void Deaths::Lost(int shard, int node, int process) {
  if (process == 0) return;
  std::vector<Death>& deaths = lost_[shard];
  const Death death{node, process};
  if (std::ranges::find(deaths, death) == deaths.end()) deaths.push_back(death);
}

bool Deaths::IsGone(const Death& death) const {
  return !processes_[static_cast<std::size_t>(death.node)].up ||
         ProcessOf(death.node) != death.process;
}

std::vector<int> Deaths::Of(int shard) const {
  std::vector<int> nodes;
  const auto found = lost_.find(shard);
  if (found == lost_.end()) return nodes;
  for (const Death& death : found->second) {
    if (IsGone(death)) nodes.push_back(death.node);
  }
  return nodes;
}

std::optional<int> Deaths::Worst() const {
  std::optional<int> worst;
  std::size_t most = 0;
  for (const auto& [shard, deaths] : lost_) {
    const std::size_t gone = Of(shard).size();
    if (gone <= most) continue;
    most = gone;
    worst = shard;
  }
  return worst;
}

std::optional<int> Deaths::Culprit() const {
  const std::optional<int> worst = Worst();
  if (!worst || Of(*worst).size() < kMostDeaths) return std::nullopt;
  return worst;
}

std::string DescribeDeaths(int shard, const std::vector<std::string>& names) {
  std::map<std::string, int> times;
  for (const std::string& name : names) ++times[name];
  std::vector<std::string> each;
  each.reserve(times.size());
  for (const auto& [name, count] : times) {
    each.push_back(count == 1 ? name : absl::StrCat(name, " (", count, " times)"));
  }
  return absl::StrCat(
      "nodes died while they computed shard ", shard, ": ", absl::StrJoin(each, ", "),
      "; most likely they ran out of memory: choose a smaller model, smaller shards "
      "or batches, or give the nodes more memory");
}

}  // namespace mlp::coordinator
