// The models that were used last, so that they need not be read from the store for every call. Loop
// thread only. Pure.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

namespace mlp::coordinator {

struct Model;

class ModelCache {
 public:
  // Of parameters; a larger model is not kept.
  static constexpr std::size_t kMaxBytes = std::size_t{256} << 20;
  static constexpr std::size_t kMaxModels = 64;

  // `version` tells what an id stands for: another one is another model. nullptr: it is not here.
  std::shared_ptr<const Model> Find(const std::string& id, const std::string& version);
  // The least recently used ones make room.
  void Add(std::string id, std::string version, std::shared_ptr<const Model> model);

 private:
  struct Entry {
    std::string id;
    std::string version;
    std::shared_ptr<const Model> model;
  };
  void Drop(std::list<Entry>::iterator entry);

  std::list<Entry> entries_;  // the most recently used one first
  std::size_t bytes_ = 0;
};

}  // namespace mlp::coordinator
