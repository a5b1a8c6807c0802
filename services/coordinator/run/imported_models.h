// The list of the models that were imported. The models themselves are in the journal's store. Loop
// thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/coordinator/job/model_record.h"
#include "services/coordinator/store/journal.h"

namespace mlp::coordinator {

struct Model;

class ImportedModels {
 public:
  // Takes over the journal's list. The journal is open and outlives this.
  ImportedModels(async::Clock& clock, Journal& journal);

  // Keeps the model, under that name or as "model-<number>", and returns when it cannot be lost any
  // more. InvalidArgument (name), AlreadyExists (one has that name), ResourceExhausted
  // (kMaxImportedModels, the disk), Unavailable.
  async::Task<absl::StatusOr<ModelRecord>> Import(std::shared_ptr<const Model> model,
                                                  std::string name);
  // Removes the model. NotFound if there is none.
  async::Task<absl::Status> Remove(std::string id);
  // Returns the model's record, valid until the next import or removal; nullptr if there is none.
  const ModelRecord* Find(const std::string& id) const;
  // Lists the models, newest first.
  std::vector<ModelRecord> List() const;

 private:
  absl::StatusOr<ModelRecord> Admit(const Model& model, const std::string& name);

  async::Clock& clock_;
  Journal& journal_;
  std::int64_t last_number_;
  std::map<std::string, ModelRecord> records_;  // keyed by id
};

}  // namespace mlp::coordinator
