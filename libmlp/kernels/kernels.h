// The arithmetic of batches of rows, for the instruction set of the machine that it runs on.
//
// The bits do not depend on the instruction set: each element of a product is one chain of fused
// multiply-adds in ascending order, elements lie across the lanes of a vector, other sums have an
// order that is written down, and exp, log and tanh are our own (elementary.h).
//
// Matrices are row-major with a stride that is a multiple of kAlignedValues: rows are worked on in
// whole vectors. The padding takes part in the arithmetic, but its values reach no element.
// Re-entrant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "libmlp/model/model_spec.h"

namespace mlp {

// Values in 64 bytes: the widest vector, and a line of the cache.
template <class T>
inline constexpr std::size_t kAlignedValues = 64 / sizeof(T);

template <class T>
constexpr std::size_t Padded(std::size_t size) {
  return (size + kAlignedValues<T> - 1) / kAlignedValues<T> * kAlignedValues<T>;
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

// A product of A (rows, depth) and B (depth, columns), for C (rows, columns).
template <class T>
struct Product {
  std::size_t rows, columns, depth;
  StridedMatrix<T> a;
  PaddedMatrix<const T> b;
  PaddedMatrix<T> c;
};

template <class T>
struct Kernels {
  // C = A B, C += A B.
  void (*multiply)(const Product<T>& product);
  void (*multiply_add)(const Product<T>& product);
  // A becomes Z = f(A). (rows, columns)
  void (*activate)(Activation activation, std::size_t rows, std::size_t columns, PaddedMatrix<T> a);
  // D *= f'(A), or the mask of kUnrectifiedRelu, as a function of Z = f(A).
  void (*multiply_by_slope)(Activation activation, std::size_t rows, std::size_t columns,
                            PaddedMatrix<const T> z, PaddedMatrix<T> d);
  // Each column becomes softmax(column). (rows, columns)
  void (*softmax)(std::size_t rows, std::size_t columns, PaddedMatrix<T> a);
  // The row of the greatest value of each column, the first of equals; there is room for
  // Padded(columns). (rows, columns), at most 2^24 rows.
  void (*greatest)(std::size_t rows, std::size_t columns, PaddedMatrix<const T> a, T* row);
  // B = A^T. A (rows, columns), in memory Padded(rows) rows; B (columns, rows), in memory
  // Padded(columns) rows, the last of which get the padding of A.
  void (*transpose)(std::size_t rows, std::size_t columns, PaddedMatrix<const T> a,
                    PaddedMatrix<T> b);
  // sums(i, j mod kAlignedValues) += A(i, j), j in ascending order. A (rows, columns), sums (rows,
  // kAlignedValues).
  void (*add_by_lane)(std::size_t rows, std::size_t columns, PaddedMatrix<const T> a,
                      PaddedMatrix<T> sums);
  // Positive values become their logarithms; there is room for Padded(count).
  void (*logarithms)(T* values, std::size_t count);
};

// Names the version of the kernels, which alone decides the bits besides the arguments. Machines
// whose values differ must not train one model together.
std::string_view ArithmeticId();

enum class InstructionSet : std::uint8_t { kScalarFma, kAvx2, kAvx512 };

// "scalar-fma", "avx2", "avx512".
std::string_view InstructionSetName(InstructionSet set);
// The instruction sets that this machine has, the best one last.
std::vector<InstructionSet> AvailableInstructionSets();
// The best one, or the one that the environment variable MLP_INSTRUCTION_SET names. If the next
// function returns an error, it is the best one too.
InstructionSet ChosenInstructionSet();
// InvalidArgument if MLP_INSTRUCTION_SET names none, or one that the machine lacks. Programs call
// it first.
absl::Status CheckChosenInstructionSet();

// `set` must be available.
template <class T>
const Kernels<T>& KernelsFor(InstructionSet set);
template <>
const Kernels<float>& KernelsFor(InstructionSet set);
template <>
const Kernels<double>& KernelsFor(InstructionSet set);

}  // namespace mlp
