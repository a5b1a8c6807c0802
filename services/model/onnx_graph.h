// Writes the graph of an ONNX model: values by name, each made once.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mlp::model {

// The type of a tensor's elements.
template <class T>
inline constexpr onnx::TensorProto_DataType kOnnxType = onnx::TensorProto::UNDEFINED;
template <>
inline constexpr onnx::TensorProto_DataType kOnnxType<float> = onnx::TensorProto::FLOAT;
template <>
inline constexpr onnx::TensorProto_DataType kOnnxType<double> = onnx::TensorProto::DOUBLE;
template <>
inline constexpr onnx::TensorProto_DataType kOnnxType<std::int64_t> = onnx::TensorProto::INT64;

class OnnxGraph {
 public:
  explicit OnnxGraph(onnx::GraphProto& graph) : graph_(graph) {}

  // Adds an input: a tensor (N, columns), or (N) for 0 columns. Its name is `name` as it is.
  std::string Input(const std::string& name, onnx::TensorProto_DataType type, std::int64_t columns);
  // Makes `value` a result of the graph.
  void Output(const std::string& value, onnx::TensorProto_DataType type, std::int64_t columns);

  // Declares the type of a tensor (N, 1, depth) if checkers cannot infer it.
  void Declare(const std::string& value, onnx::TensorProto_DataType type, std::int64_t depth);

  // Adds a constant of that shape; a shape without dimensions is a scalar.
  template <class T>
  std::string Constant(const T* values, std::size_t count, std::vector<std::int64_t> shape) {
    onnx::TensorProto& tensor = AddConstant(kOnnxType<T>, shape);
    tensor.set_raw_data(values, count * sizeof(T));
    return tensor.name();
  }
  std::string Constant(const std::vector<std::string>& texts);

  // Adds the operator with these inputs; its result is called `name`, followed by "_" if another
  // value has that name. `domain` names ai.onnx.ml for operators of that domain.
  onnx::NodeProto& Node(const char* operation, std::vector<std::string> inputs,
                        const std::string& name, const char* domain = "");

 private:
  std::string Unused(std::string name);
  onnx::TensorProto& AddConstant(onnx::TensorProto_DataType type,
                                 const std::vector<std::int64_t>& shape);

  onnx::GraphProto& graph_;
  std::set<std::string> names_;
};

// Returns the name of its only result.
inline const std::string& ResultOf(const onnx::NodeProto& node) { return node.output(0); }

void SetInt(onnx::NodeProto& node, const char* name, std::int64_t value);
void SetInts(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values);
void SetStrings(onnx::NodeProto& node, const char* name, const std::vector<std::string>& values);

}  // namespace mlp::model
