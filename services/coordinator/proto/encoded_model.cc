#include "services/coordinator/proto/encoded_model.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "mlp/v1/model.pb.h"
#include "services/base/sha256.h"
#include "services/coordinator/job/model.h"
#include "services/wire/model_proto.h"
#include "services/wire/parameters_proto.h"
#include "services/wire/schema_proto.h"

namespace mlp::coordinator {

void AppendFieldBegin(int field, std::size_t size, std::string& bytes) {
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  constexpr std::uint32_t kLengthDelimited = 2;
  coded.WriteVarint32(static_cast<std::uint32_t>(field) << 3 | kLengthDelimited);
  coded.WriteVarint64(size);
}

EncodedModel::EncodedModel(std::shared_ptr<const Model> model) : model_(std::move(model)) {
  const std::optional<std::string> sha256 = DigestFromHex(model_->digest);
  v1::ParameterBuffer digest;
  digest.set_sha256(sha256 ? *sha256 : Sha256(parameters()));
  const std::size_t size = parameters().size();
  std::string begin = wire::ReferenceTo(*model_->parameters, "").SerializeAsString();
  AppendFieldBegin(v1::ParameterBuffer::kDataFieldNumber, size, begin);
  const std::string end = digest.SerializeAsString();

  v1::Model first;
  *first.mutable_spec() = wire::ToProto(model_->spec);
  before_ = first.SerializeAsString();
  AppendFieldBegin(v1::Model::kParametersFieldNumber, begin.size() + size + end.size(), before_);
  before_ += begin;

  v1::Model rest;
  rest.set_job_id(model_->job_id);
  rest.set_dataset(model_->dataset);
  if (model_->schema != nullptr) *rest.mutable_schema() = wire::ToProto(*model_->schema);
  after_ = end + rest.SerializeAsString();
}

std::span<const std::byte> EncodedModel::before() const {
  return std::as_bytes(std::span(before_));
}
std::span<const std::byte> EncodedModel::parameters() const { return BytesOf(*model_->parameters); }
std::span<const std::byte> EncodedModel::after() const { return std::as_bytes(std::span(after_)); }

}  // namespace mlp::coordinator
