// The arithmetic of batches: one matrix product, softmax, and the activation functions.
//
// The bits are a function of the operands and of the instruction set alone: each element of a
// product is one chain of fused multiply-adds in ascending order, elements lie across the lanes,
// and rows are padded to whole batches so that every element takes the same instructions.
//
// Matrices whose rows are read or written by batches are "padded": row-major, with a stride that is
// a multiple of kLanes. The padding takes part in the arithmetic; what is in it reaches no element.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <xsimd/xsimd.hpp>

#include "libmlp/model_spec.h"

namespace mlp {

template <class T>
using Batch = xsimd::batch<T>;
template <class T>
inline constexpr std::size_t kLanes = Batch<T>::size;

template <class T>
constexpr std::size_t Padded(std::size_t size) {
  return (size + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
}

// A matrix that is read element by element: (i, k) lies at data[i * row_stride + k *
// column_stride].
template <class T>
struct StridedMatrix {
  const T* data;
  std::size_t row_stride;
  std::size_t column_stride;
};

// A matrix with padded rows; `T` may be const.
template <class T>
struct PaddedMatrix {
  T* data;
  std::size_t stride;
};

// C += A B for a tile of C that fits into registers. C (kRows, kBatches batches), A (kRows, depth),
// B (depth, kBatches batches).
template <std::size_t kRows, std::size_t kBatches, class T>
inline void MultiplyAddTile(std::size_t depth, StridedMatrix<T> a, PaddedMatrix<const T> b,
                            PaddedMatrix<T> c) {
  Batch<T> sums[kRows][kBatches];
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kBatches; ++j) {
      sums[i][j] = Batch<T>::load_unaligned(c.data + i * c.stride + j * kLanes<T>);
    }
  }
  for (std::size_t k = 0; k < depth; ++k) {
    Batch<T> b_row[kBatches];
    for (std::size_t j = 0; j < kBatches; ++j) {
      b_row[j] = Batch<T>::load_unaligned(b.data + k * b.stride + j * kLanes<T>);
    }
    for (std::size_t i = 0; i < kRows; ++i) {
      const Batch<T> a_element(a.data[i * a.row_stride + k * a.column_stride]);
      for (std::size_t j = 0; j < kBatches; ++j) {
        sums[i][j] = xsimd::fma(a_element, b_row[j], sums[i][j]);
      }
    }
  }
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kBatches; ++j) {
      sums[i][j].store_unaligned(c.data + i * c.stride + j * kLanes<T>);
    }
  }
}

// C += A B for kBatches batches of columns.
template <std::size_t kBatches, class T>
void MultiplyAddColumns(std::size_t rows, std::size_t depth, StridedMatrix<T> a,
                        PaddedMatrix<const T> b, PaddedMatrix<T> c) {
  const auto tile = [&]<std::size_t kRows>(std::size_t row) {
    MultiplyAddTile<kRows, kBatches, T>(
        depth, {a.data + row * a.row_stride, a.row_stride, a.column_stride}, b,
        {c.data + row * c.stride, c.stride});
  };
  std::size_t row = 0;
  for (; row + 4 <= rows; row += 4) tile.template operator()<4>(row);
  for (; row < rows; ++row) tile.template operator()<1>(row);
}

// C += A B. C (rows, columns), A (rows, depth), B (depth, columns); columns rounded up to batches.
template <class T>
void MultiplyAdd(std::size_t rows, std::size_t columns, std::size_t depth, StridedMatrix<T> a,
                 PaddedMatrix<const T> b, PaddedMatrix<T> c) {
  const std::size_t batches = Padded<T>(columns) / kLanes<T>;
  for (std::size_t batch = 0; batch < batches;) {
    const PaddedMatrix<const T> b_part = {b.data + batch * kLanes<T>, b.stride};
    const PaddedMatrix<T> c_part = {c.data + batch * kLanes<T>, c.stride};
    const std::size_t left = batches - batch;
    if (left >= 3) {
      MultiplyAddColumns<3>(rows, depth, a, b_part, c_part);
    } else if (left == 2) {
      MultiplyAddColumns<2>(rows, depth, a, b_part, c_part);
    } else {
      MultiplyAddColumns<1>(rows, depth, a, b_part, c_part);
    }
    batch += std::min<std::size_t>(left, 3);
  }
}

// f(a).
template <class T>
Batch<T> Activated(Activation activation, const Batch<T>& a) {
  switch (activation) {
    case Activation::kRelu:
      return xsimd::max(a, Batch<T>(0));
    case Activation::kTanh:
      return xsimd::tanh(a);
    case Activation::kLogistic:
      return Batch<T>(1) / (Batch<T>(1) + xsimd::exp(-a));
    case Activation::kIdentity:
    case Activation::kUnrectifiedRelu:
      break;
  }
  return a;
}

// f'(a), or the mask of kUnrectifiedRelu, as a function of z = f(a).
template <class T>
Batch<T> Slope(Activation activation, const Batch<T>& z) {
  const Batch<T> zero(0), one(1);
  switch (activation) {
    case Activation::kRelu:
      return xsimd::select(z > zero, one, zero);
    case Activation::kTanh:
      return xsimd::fnma(z, z, one);
    case Activation::kLogistic:
      return xsimd::fnma(z, z, z);
    case Activation::kUnrectifiedRelu:
      return xsimd::select(z >= zero, one, zero);
    case Activation::kIdentity:
      break;
  }
  return one;
}

// Turns a padded row of `size` values into softmax(values); the padding becomes 0.
template <class T>
void Softmax(T* row, std::size_t size) {
  const std::size_t padded = Padded<T>(size);
  std::fill(row + size, row + padded, -std::numeric_limits<T>::infinity());
  // Shifted by the greatest value, exp cannot overflow.
  const Batch<T> greatest(*std::max_element(row, row + size));
  for (std::size_t j = 0; j < padded; j += kLanes<T>) {
    xsimd::exp(Batch<T>::load_unaligned(row + j) - greatest).store_unaligned(row + j);
  }
  T sum = 0;
  for (std::size_t j = 0; j < size; ++j) sum += row[j];
  const Batch<T> scale(1 / sum);
  for (std::size_t j = 0; j < padded; j += kLanes<T>) {
    (Batch<T>::load_unaligned(row + j) * scale).store_unaligned(row + j);
  }
}

// Replaces `count` values by their logarithms; there is room for Padded(count).
template <class T>
void Logarithms(T* values, std::size_t count) {
  std::fill(values + count, values + Padded<T>(count), T{1});
  for (std::size_t i = 0; i < count; i += kLanes<T>) {
    xsimd::log(Batch<T>::load_unaligned(values + i)).store_unaligned(values + i);
  }
}

}  // namespace mlp
