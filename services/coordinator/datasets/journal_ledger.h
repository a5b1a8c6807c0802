// A DatasetLedger in the journal, whose store has the jobs, too. Loop thread only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "services/coordinator/datasets/dataset_ledger.h"
#include "services/coordinator/store/journal.h"

namespace mlp::coordinator {

class JournalLedger final : public DatasetLedger {
 public:
  // `journal` outlives the ledger.
  explicit JournalLedger(Journal& journal) : journal_(journal) {}

  async::Task<absl::Status> Save(DatasetRecord dataset) override {
    journal_.Save(change::SaveDataset{std::move(dataset)});
    co_return co_await journal_.Committed();
  }
  async::Task<absl::Status> Remove(std::string name) override {
    journal_.Save(change::RemoveDataset{std::move(name)});
    co_return co_await journal_.Committed();
  }
  std::vector<std::string> UsersOf(const std::string& dataset) const override {
    return journal_.UsersOf(dataset);
  }

 private:
  Journal& journal_;
};

}  // namespace mlp::coordinator
