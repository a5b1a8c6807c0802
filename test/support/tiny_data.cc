#include "test/support/tiny_data.h"

#include <fstream>
#include <sstream>
#include <string>

#include "services/coordinator/datasets/dataset_loader.h"
#include "test/support/scratch.h"

namespace mlp::test {
namespace {

namespace fs = std::filesystem;

std::string Rows(int first, int rows) {
  std::ostringstream text;
  for (int n = first; n < first + rows; ++n) {
    text << n * 37 % 11 << ',' << n * 53 % 13 << ',' << n % 3 << '\n';
  }
  return text.str();
}

struct Directory {
  Directory() { TinyData::WriteTo(scratch.path()); }
  Scratch scratch;
};

}  // namespace

void TinyData::WriteTo(const fs::path& directory) {
  fs::create_directories(directory / "tiny");
  for (int shard = 1; shard <= kShards; ++shard) {
    std::ofstream(directory / "tiny" / ("train_" + std::to_string(shard) + ".txt"))
        << Rows(shard * 7, 6);
  }
  std::ofstream(directory / "tiny" / "validate_tiny.txt") << Rows(3, 9);
}

const fs::path& TinyData::Path() {
  static const Directory directory;
  return directory.scratch.path();
}

absl::StatusOr<std::shared_ptr<const coordinator::Dataset>> TinyData::Dataset() {
  static const auto dataset = coordinator::ReadDataset(Path(), "tiny");
  return dataset;
}

coordinator::JobSpec TinyData::Job() {
  coordinator::JobSpec spec;
  spec.dataset = "tiny";
  spec.rounds = 4;
  spec.epochs = 3;
  spec.hidden_layer_sizes = {4};
  spec.learning_rate = 0.01;
  spec.max_retries = 1'000'000;  // misfortune alone must not fail the job
  return spec;
}

coordinator::JobSpec TinyData::JobWithEverything() {
  coordinator::JobSpec spec = Job();
  spec.rounds = 12;
  spec.hidden_layer_sizes = {6, 4};
  spec.learning_rate = 0.05;
  spec.solver = Solver::kAdam;
  spec.batches.batch_size = 4;
  spec.batches.dropout = 0.2;
  spec.batches.clip_norm = 0.5;
  spec.batches.label_smoothing = 0.1;
  spec.balanced_classes = true;
  spec.schedule = {coordinator::Schedule::Kind::kCosine, 2};
  spec.weighting = coordinator::Weighting::kByRows;
  spec.server = {.kind = coordinator::ServerOptions::Kind::kAdam, .learning_rate = 0.05};
  spec.early_stopping = {.patience = 3};
  return spec;
}

}  // namespace mlp::test
