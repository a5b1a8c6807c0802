// Features of rows as blocks of them (block.h) take them: a column for each row, in the precision
// of the parameters.
//
// Memory is allocated by the constructor. One thread at a time; blocks that are loaded may be read
// by many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libmlp/data/matrix.h"
#include "libmlp/kernels/aligned.h"
#include "libmlp/kernels/kernels.h"

namespace mlp {

// The input of a block. Columns are padded.
template <class T>
struct BlockInput {
  PaddedMatrix<const T> columns;  // [1 X]^T (1 + features, rows)
  PaddedMatrix<const T> by_row;   // X (rows, features); nullptr if it is not kept
  std::size_t rows;
};

template <class T>
class BlockInputs {
 public:
  enum class ByRow : std::uint8_t { kDropped, kKept };

  // Room for `blocks` blocks of up to `most_rows` rows, which are padded.
  BlockInputs(std::size_t features, std::size_t most_rows, std::size_t blocks, ByRow by_row,
              InstructionSet set);
  BlockInputs(const BlockInputs&) = delete;
  BlockInputs& operator=(const BlockInputs&) = delete;

  // Makes rows first .. first + rows - 1 of `features` the input of `block`. Blocks are loaded in
  // ascending order: each overwrites memory of the next one.
  void Load(std::size_t block, const Matrix<double>& features, std::size_t first, std::size_t rows);
  // Does the same with the rows of those numbers.
  void Gather(std::size_t block, const Matrix<double>& features, const std::uint32_t* numbers,
              std::size_t rows);

  // The input of a block that was loaded.
  const BlockInput<T>& operator[](std::size_t block) const { return inputs_[block]; }

 private:
  template <class Row>
  void LoadRows(std::size_t block, std::size_t rows, Row row);
  // The offsets of a block's columns and rows in memory. Whole vectors of features are transposed,
  // so the padding of a block's last ones lies in the next block's columns, which are loaded later.
  std::size_t ColumnsAt(std::size_t block) const { return block * columns_size_; }
  std::size_t ByRowAt(std::size_t block) const {
    const std::size_t padding = (Padded<T>(features_) - features_) * stride_;
    return ColumnsAt(inputs_.size()) + padding + (keeps_rows_ ? block * by_row_size_ : 0);
  }

  const Kernels<T>& kernels_;
  std::size_t features_;
  bool keeps_rows_;  // else all blocks use the same memory for them, one after the other
  std::size_t stride_, row_stride_;
  std::size_t columns_size_, by_row_size_;  // of a block
  std::vector<BlockInput<T>> inputs_;       // by block
  AlignedVector<T> memory_;
};

extern template class BlockInputs<float>;
extern template class BlockInputs<double>;

}  // namespace mlp
