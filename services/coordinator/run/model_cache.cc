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
  return found->model;
}

void ModelCache::Add(std::string id, std::string version, std::shared_ptr<const Model> model) {
  const auto known = std::ranges::find(entries_, id, &Entry::id);
  if (known != entries_.end()) Drop(known);
  if (BytesIn(*model) > kMaxBytes) return;
  bytes_ += BytesIn(*model);
  entries_.push_front({std::move(id), std::move(version), std::move(model)});
  while (bytes_ > kMaxBytes || entries_.size() > kMaxModels) Drop(std::prev(entries_.end()));
}

void ModelCache::Drop(std::list<Entry>::iterator entry) {
  bytes_ -= BytesIn(*entry->model);
  entries_.erase(entry);
}

}  // namespace mlp::coordinator
