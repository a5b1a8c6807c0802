#include "libmlp/model/parameters.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

// Saves page faults: each 2 MiB of a large model costs one instead of 512, if the system has such
// pages.
void UseHugePages(void* data, std::size_t size) {
  constexpr std::uintptr_t kPage = std::uintptr_t{2} << 20;
  const auto begin = (reinterpret_cast<std::uintptr_t>(data) + kPage - 1) / kPage * kPage;
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + size) / kPage * kPage;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

static_assert(std::endian::native == std::endian::little, "buffers travel as they lie in memory");

template <class T>
Parameters FromBytes(std::string_view bytes) {
  Vector<T> result(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

// Numbers without their signs are in the order of their bits, which compilers compare in vectors.
template <class T>
double LargestOf(const Vector<T>& values) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits kWithoutSign = std::numeric_limits<Bits>::max() >> 1;
  Bits largest = 0;
  for (const T x : values) largest = std::max(largest, std::bit_cast<Bits>(x) & kWithoutSign);
  return std::bit_cast<T>(largest);
}

}  // namespace

Precision PrecisionOf(const Parameters& parameters) {
  return std::holds_alternative<Vector<float>>(parameters) ? Precision::kFloat32
                                                           : Precision::kFloat64;
}

std::size_t SizeOf(const Parameters& parameters) {
  return std::visit([](const auto& values) { return values.size(); }, parameters);
}

bool AllFinite(const Parameters& parameters) {
  return std::visit(
      [](const auto& values) {
        return std::all_of(values.begin(), values.end(), [](auto x) { return std::isfinite(x); });
      },
      parameters);
}

double LargestMagnitude(const Parameters& parameters) {
  return std::visit([](const auto& values) { return LargestOf(values); }, parameters);
}

SharedParameters Share(Parameters parameters) {
  return std::make_shared<const Parameters>(std::move(parameters));
}

std::span<const std::byte> BytesOf(const Parameters& parameters) {
  return std::visit(
      [](const auto& values) { return std::as_bytes(std::span(values.data(), values.size())); },
      parameters);
}

absl::StatusOr<Parameters> ParametersFromBytes(Precision precision, std::string_view bytes) {
  const std::size_t element = ElementBytes(precision);
  if (bytes.size() % element != 0) {
    return absl::InvalidArgumentError(absl::StrCat(bytes.size(), " bytes are no whole number of ",
                                                   AbslView(PrecisionName(precision)),
                                                   " elements of ", element, " bytes"));
  }
  return precision == Precision::kFloat32 ? FromBytes<float>(bytes) : FromBytes<double>(bytes);
}

Parameters ZeroParameters(Precision precision, std::size_t size) {
  Parameters result = UninitializedParameters(precision, size);
  std::visit([](auto& values) { std::ranges::fill(values, 0); }, result);
  return result;
}

Parameters UninitializedParameters(Precision precision, std::size_t size) {
  Parameters result;
  if (precision == Precision::kFloat32) {
    result = Vector<float>(size);
  } else {
    result = Vector<double>(size);
  }
  std::visit([](auto& values) { UseHugePages(values.data(), values.size() * sizeof(values[0])); },
             result);
  return result;
}

void Add(Parameters& sum, const Parameters& addend) {
  std::visit(
      [&]<class T>(Vector<T>& values) {
        std::ranges::transform(values, std::get<Vector<T>>(addend), values.begin(), std::plus());
      },
      sum);
}

void AddAverage(Parameters& parameters, const Parameters& gradient_sum, std::size_t count) {
  std::visit(
      [&]<class T>(Vector<T>& values) {
        const T divisor = static_cast<T>(count);
        std::ranges::transform(values, std::get<Vector<T>>(gradient_sum), values.begin(),
                               [divisor](T value, T sum) { return value + sum / divisor; });
      },
      parameters);
}

Parameters Part(const Parameters& parameters, std::size_t first, std::size_t count) {
  return std::visit(
      [&]<class T>(const Vector<T>& values) -> Parameters {
        const T* const begin = values.data() + first;
        return Vector<T>(begin, begin + count);
      },
      parameters);
}

Parameters Joined(const Parameters& first, const Parameters& second) {
  return std::visit(
      [&]<class T>(const Vector<T>& values) -> Parameters {
        const auto& more = std::get<Vector<T>>(second);
        Vector<T> joined(values.size() + more.size());
        std::copy(more.begin(), more.end(),
                  std::copy(values.begin(), values.end(), joined.begin()));
        return joined;
      },
      first);
}

Parameters Converted(const Parameters& parameters, Precision precision) {
  return std::visit(
      [&](const auto& values) -> Parameters {
        if (precision == Precision::kFloat32) return Vector<float>(values.begin(), values.end());
        return Vector<double>(values.begin(), values.end());
      },
      parameters);
}

}  // namespace mlp
