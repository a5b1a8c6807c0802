#include "services/coordinator/proto/encoded_model.h"

#include <catch2/catch.hpp>

#include "libmlp/model/parameters.h"
#include "services/coordinator/job/model.h"
#include "services/coordinator/proto/model_proto.h"
#include "services/model/saved_model.h"

namespace mlp::coordinator {
namespace {

std::string Joined(const EncodedModel& encoded) {
  std::string bytes;
  for (const auto part : {encoded.before(), encoded.parameters(), encoded.after()}) {
    bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  return bytes;
}

TEST_CASE("an encoded model has the bytes of its message, and the parameters where they were") {
  model::SavedModel saved;
  saved.spec = {{2, 1}, Activation::kRelu};
  saved.parameters = Share(Parameters(Vector<double>{1, -2, 3}));
  saved.job_id = "job-7";
  saved.dataset = "letters";
  for (const bool has_digest : {true, false}) {
    auto model = std::make_shared<Model>();
    model->spec = saved.spec;
    model->parameters = saved.parameters;
    model->job_id = saved.job_id;
    model->dataset = saved.dataset;
    if (has_digest) model->digest = model::DigestOf(saved);
    const EncodedModel encoded(model);
    CHECK(Joined(encoded) == model::ToProto(saved).SerializeAsString());
    CHECK(encoded.parameters().data() == BytesOf(*saved.parameters).data());
  }
}

}  // namespace
}  // namespace mlp::coordinator
