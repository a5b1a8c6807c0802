// The models that were used last, and those that somebody still uses, which need not be read from
// the store for every call: however many use a model, it is in memory once. Loop thread only. Pure.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

namespace mlp::coordinator {

struct Model;

class ModelCache {
 public:
  // The limit of the bytes of all parameters that are kept; a larger model is not, but found while
  // others use it.
  static constexpr std::size_t kMaxBytes = std::size_t{256} << 20;
  static constexpr std::size_t kMaxModels = 64;

  // Returns the model if it has that version (an id may stand for another model later); nullptr if
  // it is not here.
  std::shared_ptr<const Model> Find(const std::string& id, const std::string& version);
  // Adds a model; the least recently used ones make room.
  void Add(std::string id, std::string version, std::shared_ptr<const Model> model);

 private:
  struct Entry {
    std::string id;
    std::string version;
    std::weak_ptr<const Model> used;
    std::shared_ptr<const Model> kept;  // nullptr: only others keep it
  };
  void Release(Entry& entry);
  void Drop(std::list<Entry>::iterator entry);

  std::list<Entry> entries_;  // the most recently used one first
  std::size_t bytes_ = 0;     // of those that are kept
};

}  // namespace mlp::coordinator
