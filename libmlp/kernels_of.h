// The kernels, as templates over the vectors of simd.h.
//
// For kernel translation units only (kernels_*.cc), each of which is compiled for its own
// instruction set. Whatever is instantiated here, or in a header that these include, must carry the
// set in its type: the linker keeps one copy of equal names, and it might be one that the machine
// cannot run. scripts/check-kernels looks at the object files.
#pragma once

#include <cstddef>
#include <limits>

#include "libmlp/elementary.h"
#include "libmlp/kernels.h"
#include "libmlp/simd.h"

namespace mlp {

// kTileRows x kTileVectors sums lie in registers.
template <class Isa, class T, std::size_t kTileRows, std::size_t kTileVectors>
struct KernelsOf {
  using V = typename Isa::template Vector<T>;
  static constexpr std::size_t kLanes = V::size;

  // C = A B or C += A B for a tile of C. C (kRows, kVectors vectors), A (kRows, depth), B (depth,
  // kVectors vectors).
  template <bool kAdd, std::size_t kRows, std::size_t kVectors>
  static inline void MultiplyTile(std::size_t depth, StridedMatrix<T> a, PaddedMatrix<const T> b,
                                  PaddedMatrix<T> c) {
    V sums[kRows][kVectors];
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < kVectors; ++j) {
        sums[i][j] = kAdd ? Isa::Load(c.data + i * c.stride + j * kLanes) : Isa::All(T(0));
      }
    }
    const T* b_row = b.data;
    const T* a_column = a.data;
    for (std::size_t k = 0; k < depth; ++k, b_row += b.stride, a_column += a.column_stride) {
      V b_vectors[kVectors];
      for (std::size_t j = 0; j < kVectors; ++j) b_vectors[j] = Isa::Load(b_row + j * kLanes);
      for (std::size_t i = 0; i < kRows; ++i) {
        const V a_element = Isa::All(a_column[i * a.row_stride]);
        for (std::size_t j = 0; j < kVectors; ++j) {
          sums[i][j] = Isa::Fma(a_element, b_vectors[j], sums[i][j]);
        }
      }
    }
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < kVectors; ++j) {
        Isa::Store(c.data + i * c.stride + j * kLanes, sums[i][j]);
      }
    }
  }

  // Tiles of kRows rows from `row` on, then the rest in tiles of half as many.
  template <bool kAdd, std::size_t kRows, std::size_t kVectors>
  static void MultiplyRows(std::size_t row, std::size_t rows, std::size_t depth, StridedMatrix<T> a,
                           PaddedMatrix<const T> b, PaddedMatrix<T> c) {
    for (; row + kRows <= rows; row += kRows) {
      MultiplyTile<kAdd, kRows, kVectors>(
          depth, {a.data + row * a.row_stride, a.row_stride, a.column_stride}, b,
          {c.data + row * c.stride, c.stride});
    }
    if constexpr (kRows > 1) {
      if (row < rows) MultiplyRows<kAdd, kRows / 2, kVectors>(row, rows, depth, a, b, c);
    }
  }

  // Fewer columns leave registers for more rows.
  template <bool kAdd, std::size_t kVectors>
  static void MultiplyColumns(std::size_t vectors, std::size_t rows, std::size_t depth,
                              StridedMatrix<T> a, PaddedMatrix<const T> b, PaddedMatrix<T> c) {
    if (vectors == kVectors) {
      constexpr std::size_t kRows = kTileRows * kTileVectors / kVectors;
      MultiplyRows<kAdd, (kRows < 8 ? kRows : 8), kVectors>(0, rows, depth, a, b, c);
    } else if constexpr (kVectors > 1) {
      MultiplyColumns<kAdd, kVectors - 1>(vectors, rows, depth, a, b, c);
    }
  }

  template <bool kAdd>
  static void Multiply(std::size_t rows, std::size_t columns, std::size_t depth, StridedMatrix<T> a,
                       PaddedMatrix<const T> b, PaddedMatrix<T> c) {
    std::size_t left = (columns + kLanes - 1) / kLanes;
    while (left > 0) {
      // As even as can be: 4 are 2 and 2 rather than 3 and 1.
      const std::size_t parts = (left + kTileVectors - 1) / kTileVectors;
      const std::size_t vectors = (left + parts - 1) / parts;
      MultiplyColumns<kAdd, kTileVectors>(vectors, rows, depth, a, b, c);
      b.data += vectors * kLanes;
      c.data += vectors * kLanes;
      left -= vectors;
    }
  }

  template <class Function>
  static void ForEachRow(std::size_t rows, std::size_t columns, PaddedMatrix<const T> from,
                         PaddedMatrix<T> to, Function function) {
    for (std::size_t i = 0; i < rows; ++i) {
      const T* in = from.data + i * from.stride;
      T* out = to.data + i * to.stride;
      for (std::size_t j = 0; j < columns; j += kLanes) function(in + j, out + j);
    }
  }

  static void Activate(Activation activation, std::size_t rows, std::size_t columns,
                       PaddedMatrix<const T> a, PaddedMatrix<T> z) {
    switch (activation) {
      case Activation::kRelu:
        return ForEachRow(rows, columns, a, z, [](const T* in, T* out) {
          Isa::Store(out, Isa::Max(Isa::All(T(0)), Isa::Load(in)));
        });
      case Activation::kTanh:
        return ForEachRow(rows, columns, a, z, [](const T* in, T* out) {
          Isa::Store(out, Tanh<Isa, T>(Isa::Load(in)));
        });
      case Activation::kLogistic:
        return ForEachRow(rows, columns, a, z, [](const T* in, T* out) {
          Isa::Store(out, Logistic<Isa, T>(Isa::Load(in)));
        });
      case Activation::kIdentity:
      case Activation::kUnrectifiedRelu:
        return ForEachRow(rows, columns, a, z,
                          [](const T* in, T* out) { Isa::Store(out, Isa::Load(in)); });
    }
  }

  static void MultiplyBySlope(Activation activation, std::size_t rows, std::size_t columns,
                              PaddedMatrix<const T> z, PaddedMatrix<T> d) {
    const auto multiply = [&](auto slope) {
      ForEachRow(rows, columns, z, d, [&](const T* in, T* out) {
        Isa::Store(out, Isa::Load(out) * slope(Isa::Load(in)));
      });
    };
    switch (activation) {
      case Activation::kRelu:
        return multiply([](V value) { return Isa::OneWhereGreater(value, Isa::All(T(0))); });
      case Activation::kTanh:  // 1 - z^2
        return multiply(
            [](V value) { return Isa::Fma(value * Isa::All(T(-1)), value, Isa::All(T(1))); });
      case Activation::kLogistic:  // z - z^2
        return multiply([](V value) { return Isa::Fma(value * Isa::All(T(-1)), value, value); });
      case Activation::kUnrectifiedRelu:
        return multiply([](V value) { return Isa::OneWhereNotLess(value, Isa::All(T(0))); });
      case Activation::kIdentity:
        return;
    }
  }

  // Combines the values of a row of whole lines in an order that does not depend on the width of
  // vectors: first line by line, value by value, then half by half.
  template <class Combine>
  static T Reduced(const T* row, std::size_t columns, Combine combine) {
    constexpr std::size_t kLine = kAlignedValues<T>;
    alignas(64) T line[kLine];
    for (std::size_t j = 0; j < kLine; j += kLanes) {
      V value = Isa::Load(row + j);
      for (std::size_t k = kLine; k < columns; k += kLine) {
        value = combine(value, Isa::Load(row + k + j));
      }
      Isa::Store(line + j, value);
    }
    for (std::size_t half = kLine / 2; half > 0; half /= 2) {
      if (half >= kLanes) {
        for (std::size_t j = 0; j < half; j += kLanes) {
          Isa::Store(line + j, combine(Isa::Load(line + j), Isa::Load(line + half + j)));
        }
      } else {
        for (std::size_t j = 0; j < half; ++j) line[j] = combine(line[j], line[half + j]);
      }
    }
    return line[0];
  }

  struct Add {
    V operator()(V a, V b) const { return a + b; }
    T operator()(T a, T b) const { return a + b; }
  };
  struct Greater {
    V operator()(V a, V b) const { return Isa::Max(a, b); }
    T operator()(T a, T b) const { return a > b ? a : b; }
  };

  // The padding becomes 0.
  static void SoftmaxRow(T* row, std::size_t columns) {
    const std::size_t padded = Padded<T>(columns);
    for (std::size_t j = columns; j < padded; ++j) row[j] = -std::numeric_limits<T>::infinity();
    // Shifted by the greatest value, exp cannot overflow.
    const V greatest = Isa::All(Reduced(row, padded, Greater()));
    for (std::size_t j = 0; j < padded; j += kLanes) {
      Isa::Store(row + j, Exp<Isa, T>(Isa::Load(row + j) - greatest));
    }
    for (std::size_t j = columns; j < padded; ++j) row[j] = 0;
    const V scale = Isa::All(T(1) / Reduced(row, padded, Add()));
    for (std::size_t j = 0; j < padded; j += kLanes) {
      Isa::Store(row + j, Isa::Load(row + j) * scale);
    }
  }
  static void Softmax(std::size_t rows, std::size_t columns, PaddedMatrix<T> a) {
    for (std::size_t i = 0; i < rows; ++i) SoftmaxRow(a.data + i * a.stride, columns);
  }

  static void Logarithms(T* values, std::size_t count) {
    for (std::size_t i = count; i < Padded<T>(count); ++i) values[i] = 1;
    for (std::size_t i = 0; i < count; i += kLanes) {
      Isa::Store(values + i, Log<Isa, T>(Isa::Load(values + i)));
    }
  }

  static constexpr Kernels<T> kTable = {&Multiply<false>, &Multiply<true>, &Activate,
                                        &MultiplyBySlope, &Softmax,        &Logarithms};
};

}  // namespace mlp
