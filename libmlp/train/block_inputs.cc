#include "libmlp/train/block_inputs.h"

#include <algorithm>

namespace mlp {

template <class T>
BlockInputs<T>::BlockInputs(std::size_t features, std::size_t most_rows, std::size_t blocks,
                            ByRow by_row, InstructionSet set)
    : kernels_(KernelsFor<T>(set)),
      features_(features),
      keeps_rows_(by_row == ByRow::kKept),
      stride_(Stride<T>(most_rows)),
      row_stride_(Stride<T>(features)),
      columns_size_((1 + features) * stride_),
      by_row_size_(Padded<T>(most_rows) * row_stride_),
      inputs_(blocks),
      // The memory is one piece, which the allocator keeps for the next object.
      memory_(
          AlignedVector<T>::from_shape({ByRowAt(0) + (keeps_rows_ ? blocks : 1) * by_row_size_})) {
  for (std::size_t i = 0; i < blocks; ++i) {
    const T* const by_row = keeps_rows_ ? memory_.data() + ByRowAt(i) : nullptr;
    inputs_[i] = {{memory_.data() + ColumnsAt(i), stride_}, {by_row, row_stride_}, 0};
  }
}

// Loads the rows that row(0), row(1), … point to.
template <class T>
template <class Row>
void BlockInputs<T>::LoadRows(std::size_t block, std::size_t rows, Row row) {
  inputs_[block].rows = rows;
  T* const by_row = memory_.data() + ByRowAt(block);
  for (std::size_t i = 0; i < rows; ++i) {
    const double* const from = row(i);
    T* const to = by_row + i * row_stride_;
    for (std::size_t j = 0; j < features_; ++j) to[j] = static_cast<T>(from[j]);
    std::fill(to + features_, to + Padded<T>(features_), T(0));
  }
  std::fill(by_row + rows * row_stride_, by_row + Padded<T>(rows) * row_stride_, T(0));
  T* const columns = memory_.data() + ColumnsAt(block);
  std::fill_n(columns, Padded<T>(rows), T(1));
  kernels_.transpose(rows, features_, {by_row, row_stride_}, {columns + stride_, stride_});
}

template <class T>
void BlockInputs<T>::Load(std::size_t block, const Matrix<double>& features, std::size_t first,
                          std::size_t rows) {
  LoadRows(block, rows, [&](std::size_t i) { return &features(first + i, 0); });
}

template <class T>
void BlockInputs<T>::Gather(std::size_t block, const Matrix<double>& features,
                            const std::uint32_t* numbers, std::size_t rows) {
  LoadRows(block, rows, [&](std::size_t i) { return &features(numbers[i], 0); });
}

template class BlockInputs<float>;
template class BlockInputs<double>;

}  // namespace mlp
