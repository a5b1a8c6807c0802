#include "services/coordinator/run/imported_models.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/retry_after.h"
#include "services/coordinator/job/model.h"

namespace mlp::coordinator {

ImportedModels::ImportedModels(async::Clock& clock, Journal& journal)
    : clock_(clock), journal_(journal), last_number_(journal.last_model_number()) {
  for (const ModelRecord& record : journal.imported_models()) records_.emplace(record.id, record);
}

async::Task<absl::StatusOr<ModelRecord>> ImportedModels::Import(std::shared_ptr<const Model> model,
                                                                std::string name) {
  if (!journal_.trouble().ok()) co_return WithRetryAfter(journal_.trouble(), kStoreRetry);
  absl::StatusOr<ModelRecord> record = Admit(*model, name);
  if (!record.ok()) co_return record;
  journal_.SaveModel(*record, std::move(model));
  const absl::Status committed = co_await journal_.Committed();
  if (!committed.ok()) co_return WithRetryAfter(committed, kStoreRetry);
  co_return record;
}

absl::StatusOr<ModelRecord> ImportedModels::Admit(const Model& model, const std::string& name) {
  if (!name.empty()) {
    if (absl::Status status = CheckModelName(name); !status.ok()) return status;
  }
  if (const ModelRecord* known = Find(name)) {
    return absl::AlreadyExistsError(
        absl::StrCat("a model is called ", name, " already, with digest ", known->digest,
                     "; choose another name, or remove that one with `mlp-client model rm`"));
  }
  if (records_.size() >= kMaxImportedModels) {
    return absl::ResourceExhaustedError(
        absl::StrCat(records_.size(), " models are imported, which is the limit; remove one with ",
                     "`mlp-client model rm`"));
  }
  ModelRecord record;
  record.number = ++last_number_;
  record.id = name.empty() ? absl::StrCat("model-", record.number) : name;
  record.spec = model.spec;
  record.precision = PrecisionOf(*model.parameters);
  record.digest = model.digest;
  record.job_id = model.job_id;
  record.dataset = model.dataset;
  record.import_time = clock_.Now();
  records_.emplace(record.id, record);
  return record;
}

async::Task<absl::Status> ImportedModels::Remove(std::string id) {
  if (records_.erase(id) == 0) {
    co_return absl::NotFoundError(
        absl::StrCat("no model \"", id, "\" was imported; `mlp-client model ls` lists them"));
  }
  journal_.Save(change::RemoveModel{std::move(id)});
  const absl::Status committed = co_await journal_.Committed();
  co_return WithRetryAfter(committed, kStoreRetry);
}

const ModelRecord* ImportedModels::Find(const std::string& id) const {
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : &found->second;
}

std::vector<ModelRecord> ImportedModels::List() const {
  std::vector<ModelRecord> list;
  for (const auto& [id, record] : records_) list.push_back(record);
  std::ranges::sort(list, std::ranges::greater(), &ModelRecord::number);
  return list;
}

}  // namespace mlp::coordinator
