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

// The step in which memory grows: what came is copied, in all half as much again at most.
constexpr std::size_t kGrowth = 4;

template <class T>
bool AllFinite(const T* begin, const T* end) {
  return std::all_of(begin, end, [](T value) { return std::isfinite(value); });
}

}  // namespace

bool TravelWhole(const Parameters& parameters) { return BytesOf(parameters).size() <= kWholeBytes; }

absl::StatusOr<ParameterAssembly> ParameterAssembly::Begin(Precision precision, std::int64_t bytes,
                                                           Room room) {
  const auto element = static_cast<std::int64_t>(ElementBytes(precision));
  if (bytes <= 0 || bytes % element != 0 ||
      bytes / element > static_cast<std::int64_t>(kMaxParameters)) {
    return absl::InvalidArgumentError(absl::StrCat("must be ", element, " bytes each of 1 to ",
                                                   kMaxParameters, " parameters, is ", bytes));
  }
  ParameterAssembly assembly(precision, static_cast<std::size_t>(bytes));
  if (room == Room::kAtOnce) {
    if (absl::Status status = assembly.GrowTo(assembly.whole_); !status.ok()) return status;
  }
  return assembly;
}

ParameterAssembly::ParameterAssembly(Precision precision, std::size_t whole)
    : precision_(precision), whole_(whole), parameters_(std::make_shared<Parameters>()) {}

std::size_t ParameterAssembly::room() const { return BytesOf(*parameters_).size(); }

absl::Status ParameterAssembly::GrowTo(std::size_t bytes) {
  auto grow = [this, bytes] {
    auto larger = std::make_shared<Parameters>(
        UninitializedParameters(precision_, bytes / ElementBytes(precision_)));
    std::visit(
        [&]<class T>(Vector<T>& values) {
          if (filled_ > 0) std::memcpy(values.data(), BytesOf(*parameters_).data(), filled_);
        },
        *larger);
    parameters_ = std::move(larger);
    return absl::OkStatus();
  };
  return WithinMemory("the parameters", bytes, std::move(grow))();
}

absl::Status ParameterAssembly::Add(std::string_view piece) {
  if (piece.size() > whole_ - filled_) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than the ", whole_, " bytes that were to come"));
  }
  if (piece.empty()) return absl::OkStatus();
  const std::size_t needed = filled_ + piece.size();
  if (needed > room()) {
    const std::size_t element = ElementBytes(precision_);
    const std::size_t elements = (needed + element - 1) / element;
    const absl::Status grown = GrowTo(std::min(whole_, kGrowth * elements * element));
    if (!grown.ok()) return grown;
  }
  return std::visit(
      [&]<class T>(Vector<T>& values) {
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
  if (filled_ < whole_) {
    return absl::InvalidArgumentError(
        absl::StrCat("ended after ", filled_, " of ", whole_, " bytes"));
  }
  const std::string digest = digest_.Digest();
  if (digest == sha256) return std::move(parameters_);
  return absl::InvalidArgumentError(absl::StrCat(
      "sha256 says ", Hex(sha256).substr(0, 12), "…, but the bytes have ",
      Hex(digest).substr(0, 12), "…: they were changed on their way; send them again"));
}

}  // namespace mlp::wire
