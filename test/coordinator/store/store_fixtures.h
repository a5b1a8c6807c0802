// Jobs, events and results for the tests of stores, and their comparison.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "libmlp/data/schema.h"
#include "libmlp/model/shared_parameters.h"
#include "services/attempt/trained.h"
#include "services/coordinator/job/model.h"
#include "services/coordinator/store/store.h"

namespace mlp::coordinator::test {

std::chrono::sys_time<std::chrono::nanoseconds> At(std::int64_t nanoseconds);

Job NewJob(std::int64_t number);

JobEvent Event(std::int64_t sequence, int round = 1);
std::shared_ptr<const JobEvent> SharedEvent(std::int64_t sequence);

SharedParameters SharedNumbers(Precision precision, double first);

std::shared_ptr<const ShardResult> Result(Precision precision, double first);

// Returns a schema with a text, numbers that JSON would round, and replacements for missing values.
Schema Penguins();

std::shared_ptr<const Model> TrainedModel(Precision precision, const std::string& job_id);

// An imported model with its record.
change::SaveModel Imported(std::int64_t number, const std::string& id,
                           Precision precision = Precision::kFloat64);

DatasetRecord Record(const std::string& name, std::size_t shards);

// Returns everything about them as text, for comparisons whose failures can be read.
std::string Text(const Job& job);
std::string Text(const JobEvent& event);
std::string Text(const StoredJob& stored);
std::string Text(const Parameters& parameters);
std::string Text(const ShardResult& result);
std::string Text(const JobProgress& progress);
std::string Text(const Schema& schema);
std::string Text(const DatasetRecord& dataset);
std::string Text(const Model& model);
std::string Text(const StoredState& state);

}  // namespace mlp::coordinator::test
