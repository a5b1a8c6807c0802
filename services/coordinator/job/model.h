// A trained model.
#pragma once

#include <memory>
#include <string>

#include "libmlp/data/schema.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/shared_parameters.h"

namespace mlp::coordinator {

struct Model {
  ModelSpec spec;
  SharedParameters parameters;  // never null
  std::string digest;           // SHA-256 of the parameters, hexadecimal
  std::string job_id;
  std::string dataset;
  std::shared_ptr<const Schema> schema;  // the dataset's; nullptr: it had none
};

}  // namespace mlp::coordinator
