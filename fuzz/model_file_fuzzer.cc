// Fuzzes a model file of any format.
#include <cstdint>
#include <string_view>

#include "fuzz/check.h"
#include "libmlp/model/parameters.h"
#include "services/model/model_file.h"
#include "services/model/saved_model.h"

namespace mlp {
namespace {

using fuzz::Check;

void TestAgain(const model::SavedModel& model, model::Format format) {
  const absl::StatusOr<std::string> bytes = model::Write(model, format);
  Check(bytes.ok(), "what was read can be written");
  const absl::StatusOr<model::SavedModel> again = model::Read(*bytes, "again");
  Check(again.ok(), "what was written can be read");
  Check(model::DigestOf(*again) == model::DigestOf(model), "parameters travel unchanged");
  Check(again->spec == model.spec && again->schema == model.schema, "all else travels unchanged");
}

void Test(std::string_view bytes) {
  const absl::StatusOr<model::SavedModel> model = model::Read(bytes, "m");
  if (!model.ok()) {
    return Check(absl::IsInvalidArgument(model.status()), "bad models: INVALID_ARGUMENT");
  }
  Check(CheckModelSpec(model->spec).ok(), "a shape within limits");
  Check(SizeOf(*model->parameters) == ParameterCount(model->spec), "as many parameters as it says");
  Check(AllFinite(*model->parameters), "parameters are finite");
  for (const auto format : {model::Format::kMlp, model::Format::kNpz, model::Format::kJson}) {
    TestAgain(*model, format);
  }
  Check(model::Write(*model, model::Format::kOnnx).ok(), "it can be exported");
}

}  // namespace
}  // namespace mlp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlp::Test({reinterpret_cast<const char*>(data), size});
  return 0;
}
