#include "test/support/tiny_data.h"

#include <stdlib.h>

#include <fstream>

#include "services/coordinator/datasets/dataset_loader.h"

namespace mlp::chaos {
namespace {

namespace fs = std::filesystem;

constexpr int kShards = 5;

void WriteRows(const fs::path& path, int first, int rows) {
  std::ofstream file(path);
  for (int n = first; n < first + rows; ++n) {
    file << n * 37 % 11 << ',' << n * 53 % 13 << ',' << n % 3 << '\n';
  }
}

struct Directory {
  Directory() {
    std::string name = (fs::temp_directory_path() / "mlp-chaos-XXXXXX").string();
    path = mkdtemp(name.data());
    fs::create_directories(path / "tiny");
    for (int shard = 1; shard <= kShards; ++shard) {
      WriteRows(path / "tiny" / ("train_" + std::to_string(shard) + ".txt"), shard * 7, 6);
    }
    WriteRows(path / "tiny" / "validate_tiny.txt", 3, 9);
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

}  // namespace

const fs::path& TinyData::Path() {
  static const Directory directory;
  return directory.path;
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

}  // namespace mlp::chaos
