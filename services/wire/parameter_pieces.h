// Parameters that are too large for one message: they travel in pieces, and each is put in its
// place when it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/shared_parameters.h"
#include "services/base/sha256.h"

namespace mlp::wire {

// The size up to which parameters travel within the message that is about them.
inline constexpr std::size_t kWholeBytes = std::size_t{1} << 20;
// The size of a piece: some hundred microseconds of copying and checking. A multiple of an element.
inline constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

// Tells whether `parameters` travel within the message.
bool TravelWhole(const Parameters& parameters);

// Puts pieces together.
class ParameterAssembly {
 public:
  enum class Room {
    kAtOnce,    // whoever begins it knows the size
    kAsItComes  // a peer says the size, and may send less: never more than four times what came
  };

  // InvalidArgument if `bytes` is no number of elements that a model may have. ResourceExhausted if
  // there is no memory for them.
  static absl::StatusOr<ParameterAssembly> Begin(Precision precision, std::int64_t bytes,
                                                 Room room = Room::kAtOnce);

  // Appends the piece. InvalidArgument if it is more than was to come, or has an element that is
  // not finite. ResourceExhausted if there is no memory for it.
  absl::Status Add(std::string_view piece);
  // Number of bytes that there is memory for.
  std::size_t room() const;
  // Returns all of them, once. InvalidArgument if some are missing or the digest is not `sha256`.
  absl::StatusOr<SharedParameters> Finish(std::string_view sha256) &&;

 private:
  ParameterAssembly(Precision precision, std::size_t whole);
  absl::Status GrowTo(std::size_t bytes);

  Precision precision_;
  std::size_t whole_;                       // bytes
  std::shared_ptr<Parameters> parameters_;  // nobody else has them before Finish
  std::size_t filled_ = 0;                  // bytes
  std::size_t checked_ = 0;                 // elements that are finite
  Sha256Pieces digest_;
};

}  // namespace mlp::wire
