#include "services/model/npz_model.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libmlp/model/parameters.h"
#include "services/base/field_error.h"
#include "services/model/archive.h"
#include "services/model/description.h"
#include "services/model/saved_model.h"

namespace mlp::model {
namespace {

constexpr const char* kDescription = "model.json";
constexpr std::size_t kMaxDescription = std::size_t{64} << 20;
constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);
constexpr std::size_t kMaxHeader = std::size_t{1} << 16;

// Returns the header of an array; NumPy writes it in the same words.
std::string ArrayType(Precision precision, const std::string& shape) {
  const char* type = precision == Precision::kFloat32 ? "<f4" : "<f8";
  return absl::StrCat("{'descr': '", type, "', 'fortran_order': False, 'shape': (", shape, "), }");
}

// Returns an array file, whose data begins at a multiple of 64.
std::string Array(std::string header, std::string_view data) {
  const std::size_t before = kMagic.size() + 2;
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  std::string array(kMagic);
  array += static_cast<char>(header.size() & 0xff);
  array += static_cast<char>(header.size() >> 8);
  array.reserve(before + header.size() + data.size());
  array += header;
  array += data;
  return array;
}

// Returns the data after the header, which must say `type`.
absl::StatusOr<std::string_view> DataOf(std::string_view array, const std::string& type) {
  const std::size_t before = kMagic.size() + 2;
  if (array.size() < before || array.substr(0, kMagic.size()) != kMagic) {
    return absl::InvalidArgumentError("is no NumPy array of version 1.0");
  }
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(array[i]); };
  const std::size_t length = byte(before - 2) + std::size_t{256} * byte(before - 1);
  if (array.size() - before < length) {
    return absl::InvalidArgumentError("ends within its header; export the model again");
  }
  const std::string header(array.substr(before, length));
  if (header.substr(0, header.find_last_not_of(" \n") + 1) != type) {
    return absl::InvalidArgumentError(
        absl::StrCat("its header is ", header, "; it should be ", type));
  }
  return array.substr(before + length);
}

// An array of the archive and its place in the flat buffer.
struct Part {
  std::string name;
  std::string shape;
  std::size_t offset;
  std::size_t size;
};

std::vector<Part> PartsOf(const ModelSpec& spec) {
  std::vector<Part> parts;
  for (std::size_t layer = 0; layer < spec.layers(); ++layer) {
    const std::size_t inputs = spec.layer_sizes[layer], outputs = spec.layer_sizes[layer + 1];
    const std::size_t bias = LayerOffset(spec, layer);
    parts.push_back({absl::StrCat("coefs_", layer, ".npy"), absl::StrCat(inputs, ", ", outputs),
                     bias + outputs, inputs * outputs});
    parts.push_back(
        {absl::StrCat("intercepts_", layer, ".npy"), absl::StrCat(outputs, ","), bias, outputs});
  }
  return parts;
}

// Writes the part's elements to their place in `bytes`, which are all parameters.
absl::Status ReadPart(ArchiveReader& archive, const Part& part, Precision precision,
                      std::string& bytes) {
  const std::size_t element = ElementBytes(precision);
  const absl::StatusOr<std::string> array =
      archive.Read(part.name, part.size * element + kMaxHeader);
  if (!array.ok()) return array.status();
  const auto data = DataOf(*array, ArrayType(precision, part.shape));
  if (!data.ok()) return WithContext(part.name, data.status());
  if (data->size() != part.size * element) {
    return absl::InvalidArgumentError(absl::StrCat(
        part.name, ": has ", data->size(), " bytes of data, should have ", part.size * element));
  }
  bytes.resize(std::max(bytes.size(), (part.offset + part.size) * element));
  std::memcpy(bytes.data() + part.offset * element, data->data(), data->size());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ToNpz(const SavedModel& model) {
  const absl::StatusOr<nlohmann::ordered_json> description = Describe(model);
  if (!description.ok()) return description.status();
  const Precision precision = PrecisionOf(*model.parameters);
  const auto bytes = BytesOf(*model.parameters);
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t element = ElementBytes(precision);
  ArchiveWriter archive;
  absl::Status status = archive.Add(kDescription, description->dump(2) + "\n");
  for (const Part& part : PartsOf(model.spec)) {
    if (!status.ok()) return status;
    status = archive.Add(part.name, Array(ArrayType(precision, part.shape),
                                          all.substr(part.offset * element, part.size * element)));
  }
  if (!status.ok()) return status;
  return archive.Finish();
}

absl::StatusOr<SavedModel> FromNpz(std::string_view bytes) {
  absl::StatusOr<ArchiveReader> archive = ArchiveReader::Open(bytes);
  if (!archive.ok()) return archive.status();
  const absl::StatusOr<std::string> text = archive->Read(kDescription, kMaxDescription);
  if (!text.ok()) return text.status();
  const absl::StatusOr<nlohmann::ordered_json> json = ParseJson(*text);
  if (!json.ok()) return WithContext(kDescription, json.status());
  absl::StatusOr<Description> description = ReadDescription(*json);
  if (!description.ok()) return WithContext(kDescription, description.status());
  std::string parameters;
  for (const Part& part : PartsOf(description->model.spec)) {
    absl::Status read = ReadPart(*archive, part, description->precision, parameters);
    if (!read.ok()) return read;
  }
  absl::StatusOr<Parameters> made = ParametersFromBytes(description->precision, parameters);
  if (!made.ok()) return made.status();
  return WithParameters(*std::move(description), *std::move(made));
}

}  // namespace mlp::model
