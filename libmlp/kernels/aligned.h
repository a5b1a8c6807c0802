// Containers whose rows begin at a line of the cache, as the kernels require.
#pragma once

#include <cstddef>
#include <xsimd/xsimd.hpp>
#include <xtensor/xtensor.hpp>

#include "libmlp/kernels/kernels.h"

namespace mlp {

// A stride for so many columns, padded. It is no multiple of 8 lines: rows a large power of two
// apart would share few lines of the first-level cache.
template <class T>
constexpr std::size_t Stride(std::size_t columns) {
  const std::size_t lines = Padded<T>(columns) / kAlignedValues<T>;
  return (lines % 8 == 0 ? lines + 1 : lines) * kAlignedValues<T>;
}

template <class T>
using AlignedMatrix =
    xt::xtensor<T, 2, xt::layout_type::row_major, xsimd::aligned_allocator<T, 64>>;
template <class T>
using AlignedVector =
    xt::xtensor<T, 1, xt::layout_type::row_major, xsimd::aligned_allocator<T, 64>>;

}  // namespace mlp
