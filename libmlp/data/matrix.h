// Matrices that hold the features of rows, and what a model says of them.
#pragma once

#include <xtensor/xtensor.hpp>

namespace mlp {

template <class T>
using Matrix = xt::xtensor<T, 2>;  // row-major

}  // namespace mlp
