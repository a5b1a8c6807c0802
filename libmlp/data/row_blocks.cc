#include "libmlp/data/row_blocks.h"

#include <algorithm>
#include <utility>
#include <xtensor/xview.hpp>

#include "absl/strings/str_cat.h"
#include "libmlp/data/shard.h"

namespace mlp {
namespace {

// Values of a block: 32 MiB.
constexpr std::size_t kMaxValues = std::size_t{1} << 22;

template <class Tensor>
void Shorten(Tensor& tensor, std::size_t rows) {
  Tensor part = xt::view(tensor, xt::range(0, rows));
  tensor = std::move(part);
}

}  // namespace

RowBlocks::RowBlocks(const Schema& schema, std::string name, char separator, LabelUse labels,
                     Source source)
    : schema_(schema),
      name_(std::move(name)),
      label_use_(labels),
      source_(std::move(source)),
      block_rows_(std::clamp<std::size_t>(kMaxValues / schema.features(), 1, kMaxRows)),
      reader_(name_, separator) {}

absl::StatusOr<bool> RowBlocks::NextRecord() {
  while (true) {
    absl::StatusOr<bool> there = reader_.Next(record_);
    if (!there.ok() || *there) return there;
    const absl::StatusOr<std::string_view> bytes = source_();
    if (!bytes.ok()) return bytes.status();
    if (!bytes->empty()) {
      reader_.Add(*bytes);
      continue;
    }
    reader_.End();
    return reader_.Next(record_);
  }
}

absl::Status RowBlocks::Begin() {
  const absl::StatusOr<bool> there = NextRecord();
  if (!there.ok()) return there.status();
  absl::StatusOr<RowEncoder> encoder = RowEncoder::Make(schema_, record_, Header::kAuto, name_);
  if (!encoder.ok()) return encoder.status();
  if (label_use_ == LabelUse::kRequired && !encoder->has_label()) {
    return absl::InvalidArgumentError(absl::StrCat(name_, ": has no column '", schema_.label,
                                                   "', which rows must have to be measured"));
  }
  have_row_ = !encoder->has_header();
  encoder_ = *std::move(encoder);
  return absl::OkStatus();
}

absl::StatusOr<bool> RowBlocks::Next(Shard& block) {
  if (!encoder_) {
    if (absl::Status begun = Begin(); !begun.ok()) return begun;
  }
  const bool labelled = label_use_ == LabelUse::kRequired;
  block.features.resize({block_rows_, schema_.features()});
  block.labels.resize({labelled && !schema_.regression() ? block_rows_ : 0});
  block.targets.resize({labelled && schema_.regression() ? block_rows_ : 0});
  std::size_t rows = 0;
  while (rows < block_rows_) {
    if (!std::exchange(have_row_, false)) {
      const absl::StatusOr<bool> there = NextRecord();
      if (!there.ok()) return there.status();
      if (!*there) break;
    }
    if (absl::Status taken = TakeRow(block, rows++); !taken.ok()) return taken;
  }
  if (rows == block_rows_) return true;
  Shorten(block.features, rows);
  if (block.labels.size() > 0) Shorten(block.labels, rows);
  if (block.targets.size() > 0) Shorten(block.targets, rows);
  return rows > 0;
}

absl::Status RowBlocks::TakeRow(Shard& block, std::size_t row) {
  absl::Status encoded = encoder_->Encode(record_, &block.features(row, 0));
  if (!encoded.ok() || label_use_ == LabelUse::kIgnored) return encoded;
  const absl::StatusOr<double> label = encoder_->Label(record_);
  if (!label.ok()) return label.status();
  if (schema_.regression()) {
    block.targets(row) = *label;
  } else {
    block.labels(row) = static_cast<std::int32_t>(*label);
  }
  return absl::OkStatus();
}

}  // namespace mlp
