#include "services/wire/parameter_pieces.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "libmlp/model/parameters.h"
#include "services/base/out_of_memory.h"

namespace mlp::wire {
namespace {

template <class T>
bool AllFinite(const T* begin, const T* end) {
  return std::all_of(begin, end, [](T value) { return std::isfinite(value); });
}

}  // namespace

bool TravelWhole(const Parameters& parameters) { return BytesOf(parameters).size() <= kWholeBytes; }

absl::StatusOr<ParameterAssembly> ParameterAssembly::Begin(Precision precision,
                                                           std::int64_t bytes) {
  const auto element = static_cast<std::int64_t>(ElementBytes(precision));
  if (bytes <= 0 || bytes % element != 0 ||
      bytes / element > static_cast<std::int64_t>(kMaxParameters)) {
    return absl::InvalidArgumentError(absl::StrCat("must be ", element, " bytes each of 1 to ",
                                                   kMaxParameters, " parameters, is ", bytes));
  }
  const auto size = static_cast<std::size_t>(bytes / element);
  auto begin = [precision, size]() -> absl::StatusOr<ParameterAssembly> {
    return ParameterAssembly(
        std::make_shared<Parameters>(UninitializedParameters(precision, size)));
  };
  return WithinMemory("the parameters", static_cast<std::uint64_t>(bytes), begin)();
}

ParameterAssembly::ParameterAssembly(std::shared_ptr<Parameters> room)
    : parameters_(std::move(room)) {}

absl::Status ParameterAssembly::Add(std::string_view piece) {
  return std::visit(
      [&]<class T>(Vector<T>& values) {
        if (piece.size() > values.size() * sizeof(T) - filled_) {
          return absl::InvalidArgumentError(absl::StrCat(
              "more than the ", values.size() * sizeof(T), " bytes that were to come"));
        }
        std::memcpy(reinterpret_cast<std::byte*>(values.data()) + filled_, piece.data(),
                    piece.size());
        digest_.Add(piece);
        filled_ += piece.size();
        const std::size_t complete = filled_ / sizeof(T);
        if (!AllFinite(values.data() + checked_, values.data() + complete)) {
          return absl::InvalidArgumentError("holds nan or inf; every element must be finite");
        }
        checked_ = complete;
        return absl::OkStatus();
      },
      *parameters_);
}

absl::StatusOr<SharedParameters> ParameterAssembly::Finish(std::string_view sha256) && {
  const std::size_t all = BytesOf(*parameters_).size();
  if (filled_ < all) {
    return absl::InvalidArgumentError(absl::StrCat("ended after ", filled_, " of ", all, " bytes"));
  }
  const std::string digest = digest_.Digest();
  if (digest == sha256) return std::move(parameters_);
  return absl::InvalidArgumentError(absl::StrCat(
      "sha256 says ", Hex(sha256).substr(0, 12), "…, but the bytes have ",
      Hex(digest).substr(0, 12), "…: they were changed on their way; send them again"));
}

}  // namespace mlp::wire
