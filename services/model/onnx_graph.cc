#include "services/model/onnx_graph.h"

#include <string>
#include <utility>

namespace mlp::model {
namespace {

void Describe(onnx::ValueInfoProto& info, const std::string& name, onnx::TensorProto_DataType type,
              std::int64_t columns) {
  info.set_name(name);
  onnx::TypeProto::Tensor& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape()->add_dim()->set_dim_param("N");
  if (columns > 0) tensor.mutable_shape()->add_dim()->set_dim_value(columns);
}

onnx::AttributeProto& Attribute(onnx::NodeProto& node, const char* name,
                                onnx::AttributeProto_AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

}  // namespace

std::string OnnxGraph::Input(const std::string& name, onnx::TensorProto_DataType type,
                             std::int64_t columns) {
  names_.insert(name);
  Describe(*graph_.add_input(), name, type, columns);
  return name;
}

void OnnxGraph::Output(const std::string& value, onnx::TensorProto_DataType type,
                       std::int64_t columns) {
  Describe(*graph_.add_output(), value, type, columns);
}

void OnnxGraph::Declare(const std::string& value, onnx::TensorProto_DataType type,
                        std::int64_t depth) {
  onnx::ValueInfoProto& info = *graph_.add_value_info();
  Describe(info, value, type, 1);
  info.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(depth);
}

std::string OnnxGraph::Constant(const std::vector<std::string>& texts) {
  onnx::TensorProto& tensor =
      AddConstant(onnx::TensorProto::STRING, {static_cast<std::int64_t>(texts.size())});
  for (const std::string& text : texts) tensor.add_string_data(text);
  return tensor.name();
}

onnx::NodeProto& OnnxGraph::Node(const char* operation, std::vector<std::string> inputs,
                                 const std::string& name, const char* domain) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(operation);
  node.set_domain(domain);
  for (std::string& input : inputs) node.add_input(std::move(input));
  node.add_output(Unused(name));
  node.set_name(node.output(0));
  return node;
}

std::string OnnxGraph::Unused(std::string name) {
  while (!names_.insert(name).second) name += '_';
  return name;
}

onnx::TensorProto& OnnxGraph::AddConstant(onnx::TensorProto_DataType type,
                                          const std::vector<std::int64_t>& shape) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(Unused("constant_" + std::to_string(graph_.initializer_size())));
  tensor.set_data_type(type);
  for (const std::int64_t size : shape) tensor.add_dims(size);
  return tensor;
}

void SetInt(onnx::NodeProto& node, const char* name, std::int64_t value) {
  Attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}

void SetInts(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& attribute = Attribute(node, name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

void SetStrings(onnx::NodeProto& node, const char* name, const std::vector<std::string>& values) {
  onnx::AttributeProto& attribute = Attribute(node, name, onnx::AttributeProto::STRINGS);
  for (const std::string& value : values) attribute.add_strings(value);
}

}  // namespace mlp::model
