#include "services/coordinator/run/model_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/coordinator/job/model.h"

namespace mlp::coordinator {
namespace {

std::size_t BytesIn(const Model& model) { return BytesOf(*model.parameters).size(); }

}  // namespace

std::shared_ptr<const Model> ModelCache::Find(const std::string& id, const std::string& version) {
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  if (found == entries_.end()) return nullptr;
  if (found->version != version) {
    Drop(found);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found);
  return found->used.lock();
}

void ModelCache::Add(std::string id, std::string version, std::shared_ptr<const Model> model) {
  const auto known = std::ranges::find(entries_, id, &Entry::id);
  if (known != entries_.end()) Drop(known);
  const std::size_t bytes = BytesIn(*model);
  Entry& added = entries_.emplace_front(Entry{std::move(id), std::move(version), model, nullptr});
  if (entries_.size() > kMaxModels) Drop(std::prev(entries_.end()));
  if (bytes > kMaxBytes) return;
  added.kept = std::move(model);
  bytes_ += bytes;
  for (auto last = std::prev(entries_.end()); bytes_ > kMaxBytes; --last) Release(*last);
}

void ModelCache::Release(Entry& entry) {
  if (entry.kept == nullptr) return;
  bytes_ -= BytesIn(*entry.kept);
  entry.kept = nullptr;
}

void ModelCache::Drop(std::list<Entry>::iterator entry) {
  Release(*entry);
  entries_.erase(entry);
}

}  // namespace mlp::coordinator
