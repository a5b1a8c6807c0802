// Parameters as others see them who keep, send or store them but compute nothing: shared,
// unchanged, and without the type of their elements. Such code includes this header instead of
// parameters.h.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "libmlp/model/precision.h"

namespace mlp {

class Parameters;
using SharedParameters = std::shared_ptr<const Parameters>;

SharedParameters Share(Parameters parameters);

Precision PrecisionOf(const Parameters& parameters);
std::size_t SizeOf(const Parameters& parameters);  // elements
bool AllFinite(const Parameters& parameters);
// The largest of the elements, which are finite, without their signs; 0 if there is none.
double LargestMagnitude(const Parameters& parameters);

// The elements as they lie in memory: little-endian IEEE 754. Valid as long as `parameters`.
std::span<const std::byte> BytesOf(const Parameters& parameters);

}  // namespace mlp
