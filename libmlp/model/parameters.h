// Parameters and gradients: one flat buffer, in float32 or float64.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "libmlp/model/precision.h"
#include "libmlp/model/shared_parameters.h"
#include "libmlp/model/vector.h"

namespace mlp {

// (parameters) by the layout of model_spec.h. It is a class so that others can declare it without
// this header.
class Parameters : public std::variant<Vector<float>, Vector<double>> {
 public:
  using std::variant<Vector<float>, Vector<double>>::variant;
};

// The reverse of BytesOf; InvalidArgument if the size is no multiple of the element size. Copies.
absl::StatusOr<Parameters> ParametersFromBytes(Precision precision, std::string_view bytes);

Parameters ZeroParameters(Precision precision, std::size_t size);
// Elements of any value; the caller writes all of them.
Parameters UninitializedParameters(Precision precision, std::size_t size);
// sum += addend, element by element. Same size and precision.
void Add(Parameters& sum, const Parameters& addend);
// parameters += gradient_sum / count, element by element: the averaging step of a round.
void AddAverage(Parameters& parameters, const Parameters& gradient_sum, std::size_t count);

// `count` elements from `first` on.
Parameters Part(const Parameters& parameters, std::size_t first, std::size_t count);
// The elements of `first`, then those of `second`; same precision.
Parameters Joined(const Parameters& first, const Parameters& second);
// The elements in `precision`, rounded if it is the smaller one.
Parameters Converted(const Parameters& parameters, Precision precision);

}  // namespace mlp
