// The kernels, as templates over the vectors of simd.h.
//
// Only kernel translation units (kernels_*.cc) include it; each is compiled for its own instruction
// set. Whatever is instantiated here, or in a header that these include, must carry the set in its
// type: the linker keeps one copy of equal names, and it might be one that the machine cannot run.
// scripts/check-kernels looks at the object files.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "libmlp/kernels/elementary.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/kernels/simd.h"

namespace mlp {

// kTileRows x kTileVectors sums lie in registers.
template <class Isa, class T, std::size_t kTileRows, std::size_t kTileVectors>
struct KernelsOf {
  using V = typename Isa::template Vector<T>;
  static constexpr std::size_t kLanes = V::size;

  // Calls f(0), f(1), … with constants: a loop over registers, which a compiler would otherwise
  // keep in memory.
  template <std::size_t kCount, class Function>
  [[gnu::always_inline]] static inline void Unrolled(Function f) {
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) __attribute__((always_inline)) {
      (f(std::integral_constant<std::size_t, kIndex>()), ...);
    }
    (std::make_index_sequence<kCount>());
  }

  // C = A B or C += A B for a tile of C of kRows rows and kVectors vectors. Moves `a` and `c` to
  // the row after it. Inline, because a call would wait for the tile before it.
  template <bool kAdd, std::size_t kRows, std::size_t kVectors>
  [[gnu::always_inline]] static inline void MultiplyTile(std::size_t depth, StridedMatrix<T>& a,
                                                         PaddedMatrix<const T> b,
                                                         PaddedMatrix<T>& c) {
    V sums[kRows * kVectors];
    T* c_row = c.data;
    Unrolled<kRows * kVectors>([&](auto n) {
      constexpr std::size_t j = n % kVectors;
      sums[n] = kAdd ? Isa::Load(c_row + j * kLanes) : Isa::All(T(0));
      if (kAdd && j + 1 == kVectors) c_row += c.stride;
    });
    const T* b_row = b.data;
    const T* a_column = a.data;
    for (std::size_t k = 0; k < depth; ++k, b_row += b.stride, a_column += a.column_stride) {
      V b_vectors[kVectors];
      Unrolled<kVectors>([&](auto j) { b_vectors[j] = Isa::Load(b_row + j * kLanes); });
      Unrolled<kRows>([&](auto i) {
        const V a_element = Isa::All(a_column[i * a.row_stride]);
        Unrolled<kVectors>([&](auto j) {
          V& sum = sums[i * kVectors + j];
          sum = Isa::Fma(a_element, b_vectors[j], sum);
        });
      });
    }
    Unrolled<kRows>([&](auto i) {
      Unrolled<kVectors>([&](auto j) { Isa::Store(c.data + j * kLanes, sums[i * kVectors + j]); });
      c.data += c.stride;
    });
    a.data += kRows * a.row_stride;
  }

  // The functions below hand on the whole product by reference, with the number of a column and the
  // number of the first one of `depth` terms. A copy on the stack would be read in other pieces
  // than it is written in, and such a load waits for all stores before it, and so for the tile
  // before.

  // Multiplies `larger` tiles of kRows rows, one below the other, and below them `smaller` tiles of
  // one row less.
  template <bool kAdd, std::size_t kRows, std::size_t kVectors>
  [[gnu::noinline]] static void MultiplyTiles(std::size_t larger, std::size_t smaller,
                                              const Product<T>& product, std::size_t column,
                                              std::size_t first, std::size_t depth) {
    StridedMatrix<T> a{product.a.data + first * product.a.column_stride, product.a.row_stride,
                       product.a.column_stride};
    const PaddedMatrix<const T> b{product.b.data + first * product.b.stride + column,
                                  product.b.stride};
    PaddedMatrix<T> c{product.c.data + column, product.c.stride};
    for (; larger > 0; --larger) MultiplyTile<kAdd, kRows, kVectors>(depth, a, b, c);
    if constexpr (kRows > 1) {
      for (; smaller > 0; --smaller) MultiplyTile<kAdd, kRows - 1, kVectors>(depth, a, b, c);
    }
  }

  // Multiplies in tiles that are as even as possible, none of more than kRows rows: 17 are 6, 6 and
  // 5 rather than 8, 8 and 1, which would wait for one chain.
  template <bool kAdd, std::size_t kRows, std::size_t kVectors>
  [[gnu::always_inline]] static inline void MultiplyRows(std::size_t tiles,
                                                         const Product<T>& product,
                                                         std::size_t column, std::size_t first,
                                                         std::size_t depth) {
    if (product.rows > tiles * (kRows - 1)) {
      const std::size_t smaller = tiles * kRows - product.rows;
      MultiplyTiles<kAdd, kRows, kVectors>(tiles - smaller, smaller, product, column, first, depth);
    } else if constexpr (kRows > 1) {
      MultiplyRows<kAdd, kRows - 1, kVectors>(tiles, product, column, first, depth);
    }
  }

  // Fewer columns leave registers for more rows.
  template <bool kAdd, std::size_t kVectors>
  [[gnu::noinline]] static void MultiplyColumns(std::size_t vectors, const Product<T>& product,
                                                std::size_t column, std::size_t first,
                                                std::size_t depth) {
    if (vectors == kVectors) {
      constexpr std::size_t kFitting = kTileRows * kTileVectors / kVectors;
      constexpr std::size_t kRows = kFitting < 12 ? kFitting : 12;
      const std::size_t tiles = (product.rows + kRows - 1) / kRows;
      MultiplyRows<kAdd, kRows, kVectors>(tiles, product, column, first, depth);
    } else if constexpr (kVectors > 1) {
      MultiplyColumns<kAdd, kVectors - 1>(vectors, product, column, first, depth);
    }
  }

  template <bool kAdd>
  static void MultiplyPanels(const Product<T>& product, std::size_t first, std::size_t depth) {
    // The panels are as even as possible: 4 are 2 and 2 rather than 3 and 1.
    std::size_t left = (product.columns + kLanes - 1) / kLanes, column = 0;
    for (std::size_t panels = (left + kTileVectors - 1) / kTileVectors; panels > 0; --panels) {
      // Dividing takes as long as many products do.
      const std::size_t vectors =
          left == panels * kTileVectors ? kTileVectors : (left + panels - 1) / panels;
      MultiplyColumns<kAdd, kTileVectors>(vectors, product, column, first, depth);
      column += vectors * kLanes;
      left -= vectors;
    }
  }

  // The depth of a panel of B that stays in the first-level cache while all rows of A pass it. C
  // holds the sums between two panels, as exactly as the registers do.
  static constexpr std::size_t kPanelDepth = 32 * 1024 / (kTileVectors * sizeof(V));

  template <bool kAdd>
  static void Multiply(const Product<T>& product) {
    MultiplyPanels<kAdd>(product, 0, std::min(product.depth, kPanelDepth));
    for (std::size_t first = kPanelDepth; first < product.depth; first += kPanelDepth) {
      MultiplyPanels<true>(product, first, std::min(product.depth - first, kPanelDepth));
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
                       PaddedMatrix<T> a) {
    const auto apply = [&](auto function) {
      ForEachRow(rows, columns, {a.data, a.stride}, a,
                 [&](const T* in, T* out) { Isa::Store(out, function(Isa::Load(in))); });
    };
    switch (activation) {
      case Activation::kRelu:
        return apply([](V value) { return Isa::Max(Isa::All(T(0)), value); });
      case Activation::kTanh:
        return apply([](V value) { return Tanh<Isa, T>(value); });
      case Activation::kLogistic:
        return apply([](V value) { return Logistic<Isa, T>(value); });
      case Activation::kIdentity:
      case Activation::kUnrectifiedRelu:
        return;
    }
  }

  static void MultiplyByDerivative(Activation activation, std::size_t rows, std::size_t columns,
                                   PaddedMatrix<const T> z, PaddedMatrix<T> d) {
    const auto multiply = [&](auto by_slope) {
      ForEachRow(rows, columns, z, d, [&](const T* in, T* out) {
        Isa::Store(out, by_slope(Isa::Load(in), Isa::Load(out)));
      });
    };
    switch (activation) {
      case Activation::kRelu:
        return multiply([](V z, V d) { return Isa::WhereGreater(z, Isa::All(T(0)), d); });
      case Activation::kTanh:  // 1 - z^2
        return multiply(
            [](V z, V d) { return d * Isa::Fma(z * Isa::All(T(-1)), z, Isa::All(T(1))); });
      case Activation::kLogistic:  // z - z^2
        return multiply([](V z, V d) { return d * Isa::Fma(z * Isa::All(T(-1)), z, z); });
      case Activation::kUnrectifiedRelu:
        return multiply([](V z, V d) { return Isa::WhereNotLess(z, Isa::All(T(0)), d); });
      case Activation::kIdentity:
        return;
    }
  }

  // The sum of so many values, each `stride` after the other, in the order of lines of 64 bytes:
  // first line by line, value by value, then half by half.
  static V Sum(const T* values, std::size_t count, std::size_t stride) {
    constexpr std::size_t kLine = kAlignedValues<T>;
    V line[kLine];
    Unrolled<kLine>([&](auto i) {
      line[i] = Isa::All(T(0));
      for (std::size_t k = i; k < count; k += kLine) {
        line[i] = line[i] + Isa::Load(values + k * stride);
      }
    });
    Unrolled<std::bit_width(kLine) - 1>([&](auto step) {
      constexpr std::size_t kHalf = kLine / 2 >> step;
      Unrolled<kHalf>([&](auto i) { line[i] = line[i] + line[kHalf + i]; });
    });
    return line[0];
  }

  // Handles kVectors vectors beside each other: their chains do not wait for each other.
  template <std::size_t kVectors>
  [[gnu::always_inline]] static inline void SoftmaxOfColumns(T* column, std::size_t rows,
                                                             std::size_t stride) {
    // Subtracting the greatest value keeps exp from overflowing.
    V greatest[kVectors];
    Unrolled<kVectors>([&](auto j) { greatest[j] = Isa::Load(column + j * kLanes); });
    for (std::size_t i = 1; i < rows; ++i) {
      Unrolled<kVectors>([&](auto j) {
        greatest[j] = Isa::Max(greatest[j], Isa::Load(column + i * stride + j * kLanes));
      });
    }
    for (std::size_t i = 0; i < rows; ++i) {
      Unrolled<kVectors>([&](auto j) {
        T* const value = column + i * stride + j * kLanes;
        Isa::Store(value, Exp<Isa, T>(Isa::Load(value) - greatest[j]));
      });
    }
    V scale[kVectors];
    Unrolled<kVectors>(
        [&](auto j) { scale[j] = Isa::All(T(1)) / Sum(column + j * kLanes, rows, stride); });
    for (std::size_t i = 0; i < rows; ++i) {
      Unrolled<kVectors>([&](auto j) {
        T* const value = column + i * stride + j * kLanes;
        Isa::Store(value, Isa::Load(value) * scale[j]);
      });
    }
  }
  static void Softmax(std::size_t rows, std::size_t columns, PaddedMatrix<T> a) {
    std::size_t j = 0;
    for (; j + 3 * kLanes < columns; j += 4 * kLanes)
      SoftmaxOfColumns<4>(a.data + j, rows, a.stride);
    for (; j < columns; j += kLanes) SoftmaxOfColumns<1>(a.data + j, rows, a.stride);
  }

  // Finds the row with the greatest value of each column, the first of equals.
  static void ArgMax(std::size_t rows, std::size_t columns, PaddedMatrix<const T> a, T* row) {
    for (std::size_t j = 0; j < columns; j += kLanes) {
      V greatest = Isa::Load(a.data + j), index = Isa::All(T(0));
      for (std::size_t i = 1; i < rows; ++i) {
        const V value = Isa::Load(a.data + i * a.stride + j);
        const V this_one = Isa::OneWhereGreater(value, greatest);
        index = Isa::Fma(this_one, Isa::All(static_cast<T>(i)) - index, index);
        greatest = Isa::Max(value, greatest);
      }
      Isa::Store(row + j, index);
    }
  }

  static void Transpose(std::size_t rows, std::size_t columns, PaddedMatrix<const T> a,
                        PaddedMatrix<T> b) {
    for (std::size_t i = 0; i < rows; i += kLanes) {
      for (std::size_t j = 0; j < columns; j += kLanes) {
        V tile[kLanes];
        Isa::LoadTransposed(a.data + i * a.stride + j, a.stride, tile);
        for (std::size_t k = 0; k < kLanes; ++k)
          Isa::Store(b.data + (j + k) * b.stride + i, tile[k]);
      }
    }
  }

  // Handles kRows rows below each other: their chains do not wait for each other.
  template <std::size_t kRows>
  [[gnu::always_inline]] static inline void AddRowsByLane(std::size_t columns,
                                                          PaddedMatrix<const T> a,
                                                          PaddedMatrix<T> sums) {
    constexpr std::size_t kLine = kAlignedValues<T>;
    const std::size_t whole = columns / kLine * kLine;
    for (std::size_t lane = 0; lane < kLine; lane += kLanes) {
      V sum[kRows];
      Unrolled<kRows>([&](auto i) { sum[i] = Isa::Load(sums.data + i * sums.stride + lane); });
      for (std::size_t j = lane; j < whole; j += kLine) {
        Unrolled<kRows>([&](auto i) { sum[i] = sum[i] + Isa::Load(a.data + i * a.stride + j); });
      }
      Unrolled<kRows>([&](auto i) { Isa::Store(sums.data + i * sums.stride + lane, sum[i]); });
    }
    for (std::size_t j = whole; j < columns; ++j) {
      Unrolled<kRows>(
          [&](auto i) { sums.data[i * sums.stride + j - whole] += a.data[i * a.stride + j]; });
    }
  }
  static void AddByLane(std::size_t rows, std::size_t columns, PaddedMatrix<const T> a,
                        PaddedMatrix<T> sums) {
    const auto next = [&](std::size_t done) {
      a.data += done * a.stride;
      sums.data += done * sums.stride;
    };
    for (; rows >= 4; rows -= 4, next(4)) AddRowsByLane<4>(columns, a, sums);
    for (; rows > 0; --rows, next(1)) AddRowsByLane<1>(columns, a, sums);
  }

  static void Logarithms(T* values, std::size_t count) {
    for (std::size_t i = count; i < Padded<T>(count); ++i) values[i] = 1;
    std::size_t i = 0;
    for (; i + 3 * kLanes < count; i += 4 * kLanes) {
      Unrolled<4>([&](auto j) {
        T* const value = values + i + j * kLanes;
        Isa::Store(value, Log<Isa, T>(Isa::Load(value)));
      });
    }
    for (; i < count; i += kLanes) Isa::Store(values + i, Log<Isa, T>(Isa::Load(values + i)));
  }

  static constexpr Kernels<T> kTable = {
      &Multiply<false>, &Multiply<true>, &Activate,  &MultiplyByDerivative, &Softmax, &ArgMax,
      &Transpose,       &AddByLane,      &Logarithms};
};

}  // namespace mlp
