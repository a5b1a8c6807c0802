// Models for tests: of every kind, with numbers that are hard to write in decimals.
#pragma once

#include "libmlp/data/schema.h"
#include "libmlp/model/precision.h"
#include "services/model/saved_model.h"

namespace mlp::model::test {

Schema FruitSchema();

SavedModel Fruit(Precision precision = Precision::kFloat64);

// Returns a model without a schema.
SavedModel Number();

}  // namespace mlp::model::test
