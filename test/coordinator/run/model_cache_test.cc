#include "services/coordinator/run/model_cache.h"

#include <catch2/catch.hpp>
#include <string>

#include "libmlp/model/parameters.h"
#include "services/coordinator/job/model.h"

namespace mlp::coordinator {
namespace {

std::shared_ptr<const Model> ModelOf(std::size_t parameters) {
  auto model = std::make_shared<Model>();
  model->parameters = Share(UninitializedParameters(Precision::kFloat64, parameters));
  return model;
}

TEST_CASE("A model is found while its id stands for the same version") {
  ModelCache cache;
  cache.Add("a", "1", ModelOf(1));
  CHECK(cache.Find("a", "1") != nullptr);
  CHECK(cache.Find("b", "1") == nullptr);
  CHECK(cache.Find("a", "2") == nullptr);
  CHECK(cache.Find("a", "1") == nullptr);  // nobody will ask for it again
}

TEST_CASE("The least recently used models make room for others, by number and by bytes") {
  ModelCache cache;
  for (std::size_t i = 0; i < ModelCache::kMaxModels; ++i) {
    cache.Add(std::to_string(i), "", ModelOf(1));
  }
  CHECK(cache.Find("0", "") != nullptr);
  cache.Add("new", "", ModelOf(1));
  CHECK(cache.Find("0", "") != nullptr);
  CHECK(cache.Find("1", "") == nullptr);
  cache.Add("large", "", ModelOf(ModelCache::kMaxBytes / 8));
  CHECK(cache.Find("large", "") != nullptr);
  CHECK(cache.Find("new", "") == nullptr);
}

TEST_CASE("A model that is larger than all that may be kept is not, and drops no other") {
  ModelCache cache;
  cache.Add("a", "", ModelOf(1));
  cache.Add("large", "", ModelOf(ModelCache::kMaxBytes / 8 + 1));
  CHECK(cache.Find("large", "") == nullptr);
  CHECK(cache.Find("a", "") != nullptr);
}

TEST_CASE("A model that somebody still uses is found, however large, and whatever makes room") {
  ModelCache cache;
  const auto large = ModelOf(ModelCache::kMaxBytes / 8 + 1);
  const auto small = ModelOf(1);
  cache.Add("large", "", large);
  cache.Add("small", "", small);
  cache.Add("all that may be kept", "", ModelOf(ModelCache::kMaxBytes / 8));
  CHECK(cache.Find("large", "") == large);
  CHECK(cache.Find("small", "") == small);
}

TEST_CASE("A model that is added again replaces what was there") {
  ModelCache cache;
  cache.Add("a", "1", ModelOf(1));
  const auto model = ModelOf(2);
  cache.Add("a", "2", model);
  CHECK(cache.Find("a", "2") == model);
}

}  // namespace
}  // namespace mlp::coordinator
