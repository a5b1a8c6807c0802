// Matrices that hold the features of rows, and a model's outputs for them.
#pragma once

#include <xtensor/xtensor.hpp>

namespace mlp {

template <class T>
using Matrix = xt::xtensor<T, 2>;  // row-major

}  // namespace mlp
