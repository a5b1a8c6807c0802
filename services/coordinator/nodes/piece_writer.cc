#include "services/coordinator/nodes/piece_writer.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "mlp/v1/node.pb.h"
#include "services/rpc/byte_buffer.h"
#include "services/wire/parameter_pieces.h"
#include "services/wire/parameters_proto.h"

namespace mlp::coordinator {

PieceWriter::PieceWriter(RoundParameters parameters) : parameters_(std::move(parameters)) {
  v1::PutParametersRequest first;
  *first.mutable_parameters() = wire::ReferenceTo(*parameters_.values, parameters_.sha256);
  first.set_size(static_cast<std::int64_t>(BytesOf(*parameters_.values).size()));
  header_ = first.SerializeAsString();
}

std::optional<grpc::ByteBuffer> PieceWriter::Next() {
  const auto bytes = BytesOf(*parameters_.values);
  if (sent_ == bytes.size()) return std::nullopt;
  const auto piece = bytes.subspan(sent_, std::min(wire::kPieceBytes, bytes.size() - sent_));
  sent_ += piece.size();
  // The piece follows the tag and the length of the field `data`.
  std::string before = std::exchange(header_, {});
  {
    google::protobuf::io::StringOutputStream stream(&before);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.WriteTag(v1::PutParametersRequest::kDataFieldNumber << 3 | 2);
    out.WriteVarint32(static_cast<std::uint32_t>(piece.size()));
  }
  return rpc::ToByteBuffer(std::move(before), piece, parameters_.values);
}

}  // namespace mlp::coordinator
