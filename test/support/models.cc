#include "test/support/models.h"

#include <limits>
#include <utility>
#include <variant>

#include "libmlp/model/initialization.h"
#include "libmlp/model/parameters.h"

namespace mlp::model::test {

Schema FruitSchema() {
  Schema schema;
  schema.columns.resize(3);
  schema.columns[0].name = "weight";
  schema.columns[0].imputed_number = 2.5;
  schema.columns[0].mean = 3;
  schema.columns[0].scale = 0.7;
  schema.columns[1].name = "colour";
  schema.columns[1].categories = {"red", "grün", "a \"b\", c"};
  schema.columns[1].imputed_category = "red";
  schema.columns[2].name = "age";
  schema.label = "fruit";
  schema.classes = {"apple", "pear"};
  return schema;
}

SavedModel Fruit(Precision precision) {
  SavedModel model;
  model.spec = {{5, 4, 2}, Activation::kTanh, Output::kSoftmax};
  Parameters parameters =
      InitialParameters(model.spec, precision, Initialization::kGlorotUniform, 11);
  const auto awkward = [](auto& values) {
    using T = typename std::decay_t<decltype(values)>::value_type;
    values[0] = -T(0);
    values[1] = std::numeric_limits<T>::denorm_min();
    values[2] = std::numeric_limits<T>::max();
    values[3] = T(1) / T(3);
  };
  std::visit(awkward, parameters);
  model.parameters = Share(std::move(parameters));
  model.schema = FruitSchema();
  model.job_id = "job-7";
  model.dataset = "fruits";
  return model;
}

SavedModel Number() {
  SavedModel model;
  model.spec = {{2, 3, 1}, Activation::kLogistic, Output::kIdentity};
  model.parameters =
      Share(InitialParameters(model.spec, Precision::kFloat64, Initialization::kGlorotUniform, 3));
  return model;
}

}  // namespace mlp::model::test
