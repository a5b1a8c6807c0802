// The kernels, as templates over the vectors of simd.h.
//
// For kernel translation units only (kernels_*.cc), each of which is compiled for its own
// instruction set. Whatever is instantiated here, or in a header that these include, must carry the
// set in its type: the linker keeps one copy of equal names, and it might be one that the machine
// cannot run. scripts/check-kernels looks at the object files.
#pragma once

#include <bit>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "libmlp/elementary.h"
#include "libmlp/kernels.h"
#include "libmlp/simd.h"

namespace mlp {

// kTileRows x kTileVectors sums lie in registers.
template <class Isa, class T, std::size_t kTileRows, std::size_t kTileVectors>
struct KernelsOf {
  using V = typename Isa::template Vector<T>;
  static constexpr std::size_t kLanes = V::size;

  // Calls f(0), f(1), … with constants: a loop over registers, which a compiler would else keep in
  // memory.
  template <std::size_t kCount, class Function>
  [[gnu::always_inline]] static inline void Unrolled(Function f) {
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) __attribute__((always_inline)) {
      (f(std::integral_constant<std::size_t, kIndex>()), ...);
    }
    (std::make_index_sequence<kCount>());
  }

  // C = A B or C += A B for a tile of C. C (kRows, kVectors vectors), A (kRows, depth), B (depth,
  // kVectors vectors). Inline, because a call would wait for the tile before it.
  template <bool kAdd, std::size_t kRows, std::size_t kVectors>
  [[gnu::always_inline]] static inline void MultiplyTile(std::size_t depth, StridedMatrix<T> a,
                                                         PaddedMatrix<const T> b,
                                                         PaddedMatrix<T> c) {
    V sums[kRows * kVectors];
    Unrolled<kRows * kVectors>([&](auto n) {
      constexpr std::size_t i = n / kVectors, j = n % kVectors;
      sums[n] = kAdd ? Isa::Load(c.data + i * c.stride + j * kLanes) : Isa::All(T(0));
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
    Unrolled<kRows * kVectors>([&](auto n) {
      constexpr std::size_t i = n / kVectors, j = n % kVectors;
      Isa::Store(c.data + i * c.stride + j * kLanes, sums[n]);
    });
  }

  // `tiles` tiles of kRows rows, one below the other. Moves `a` and `c` to the row after them.
  template <bool kAdd, std::size_t kRows, std::size_t kVectors>
  static void MultiplyTiles(std::size_t tiles, std::size_t depth, StridedMatrix<T>& a,
                            PaddedMatrix<const T> b, PaddedMatrix<T>& c) {
    for (; tiles > 0; --tiles) {
      MultiplyTile<kAdd, kRows, kVectors>(depth, a, b, c);
      a.data += kRows * a.row_stride;
      c.data += kRows * c.stride;
    }
  }

  // In tiles as even as can be, none of more than kRows rows: 17 are 6, 6 and 5 rather than 8, 8
  // and 1, which would wait for one chain.
  template <bool kAdd, std::size_t kRows, std::size_t kVectors>
  static void MultiplyRows(std::size_t tiles, std::size_t rows, std::size_t depth,
                           StridedMatrix<T> a, PaddedMatrix<const T> b, PaddedMatrix<T> c) {
    if (rows > tiles * (kRows - 1)) {
      const std::size_t smaller = tiles * kRows - rows;
      MultiplyTiles<kAdd, kRows, kVectors>(tiles - smaller, depth, a, b, c);
      if constexpr (kRows > 1) {
        MultiplyTiles<kAdd, kRows - 1, kVectors>(smaller, depth, a, b, c);
      }
    } else if constexpr (kRows > 1) {
      MultiplyRows<kAdd, kRows - 1, kVectors>(tiles, rows, depth, a, b, c);
    }
  }

  // Fewer columns leave registers for more rows.
  template <bool kAdd, std::size_t kVectors>
  static void MultiplyColumns(std::size_t vectors, std::size_t rows, std::size_t depth,
                              StridedMatrix<T> a, PaddedMatrix<const T> b, PaddedMatrix<T> c) {
    if (vectors == kVectors) {
      constexpr std::size_t kFitting = kTileRows * kTileVectors / kVectors;
      constexpr std::size_t kRows = kFitting < 12 ? kFitting : 12;
      MultiplyRows<kAdd, kRows, kVectors>((rows + kRows - 1) / kRows, rows, depth, a, b, c);
    } else if constexpr (kVectors > 1) {
      MultiplyColumns<kAdd, kVectors - 1>(vectors, rows, depth, a, b, c);
    }
  }

  template <bool kAdd>
  static void MultiplyPanels(std::size_t rows, std::size_t columns, std::size_t depth,
                             StridedMatrix<T> a, PaddedMatrix<const T> b, PaddedMatrix<T> c) {
    std::size_t left = (columns + kLanes - 1) / kLanes;
    while (left > 0) {
      // As even as can be: 4 are 2 and 2 rather than 3 and 1.
      const std::size_t panels = (left + kTileVectors - 1) / kTileVectors;
      const std::size_t vectors = (left + panels - 1) / panels;
      MultiplyColumns<kAdd, kTileVectors>(vectors, rows, depth, a, b, c);
      b.data += vectors * kLanes;
      c.data += vectors * kLanes;
      left -= vectors;
    }
  }

  // So deep is a panel of B that stays in the first-level cache while all rows of A pass it. C
  // holds the sums between two of them, as exactly as the registers do.
  static constexpr std::size_t kPanelDepth = 32 * 1024 / (kTileVectors * sizeof(V));

  template <bool kAdd>
  static void Multiply(std::size_t rows, std::size_t columns, std::size_t depth, StridedMatrix<T> a,
                       PaddedMatrix<const T> b, PaddedMatrix<T> c) {
    const std::size_t parts = (depth + kPanelDepth - 1) / kPanelDepth;
    for (std::size_t part = 0; part < parts; ++part) {
      const std::size_t first = part * depth / parts, end = (part + 1) * depth / parts;
      const StridedMatrix<T> a_part{a.data + first * a.column_stride, a.row_stride,
                                    a.column_stride};
      const PaddedMatrix<const T> b_part{b.data + first * b.stride, b.stride};
      if (kAdd || part > 0) {
        MultiplyPanels<true>(rows, columns, end - first, a_part, b_part, c);
      } else {
        MultiplyPanels<false>(rows, columns, end - first, a_part, b_part, c);
      }
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

  // The sum of so many values, each `stride` after the other, in an order that is that of lines of
  // 64 bytes: first line by line, value by value, then half by half.
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

  // Of kVectors vectors beside each other: their chains do not wait for each other.
  template <std::size_t kVectors>
  [[gnu::always_inline]] static inline void SoftmaxOfColumns(T* column, std::size_t rows,
                                                             std::size_t stride) {
    // Shifted by the greatest value, exp cannot overflow.
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

  // Which row has the greatest value of each column, the first of equals.
  static void Greatest(std::size_t rows, std::size_t columns, PaddedMatrix<const T> a, T* row) {
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

  static void Logarithms(T* values, std::size_t count) {
    for (std::size_t i = count; i < Padded<T>(count); ++i) values[i] = 1;
    for (std::size_t i = 0; i < count; i += kLanes) {
      Isa::Store(values + i, Log<Isa, T>(Isa::Load(values + i)));
    }
  }

  static constexpr Kernels<T> kTable = {&Multiply<false>, &Multiply<true>, &Activate,
                                        &MultiplyBySlope, &Softmax,        &Greatest,
                                        &Transpose,       &Logarithms};
};

}  // namespace mlp
