// A model as the bytes of its v1::Model, without a copy of the parameters, which lie in memory as
// they travel: only what comes before and after them is made. The same bytes as serialising it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace mlp::coordinator {

struct Model;

class EncodedModel {
 public:
  explicit EncodedModel(std::shared_ptr<const Model> model);

  // The parts, in order. They are valid as long as the EncodedModel.
  std::span<const std::byte> before() const;
  std::span<const std::byte> parameters() const;
  std::span<const std::byte> after() const;

 private:
  std::shared_ptr<const Model> model_;
  std::string before_;
  std::string after_;
};

// Appends the beginning of a message's field of `size` bytes, which come next.
void AppendFieldBegin(int field, std::size_t size, std::string& bytes);

}  // namespace mlp::coordinator
