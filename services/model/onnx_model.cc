#include "services/model/onnx_model.h"

#include <algorithm>
#include <numeric>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libmlp/data/cell.h"
#include "libmlp/model/parameters.h"
#include "services/model/onnx_graph.h"
#include "services/model/saved_model.h"

namespace mlp::model {
namespace {

constexpr const char* kMachineLearning = "ai.onnx.ml";
constexpr std::int64_t kIrVersion = 8, kOperators = 15, kMachineLearningOperators = 2;

// Returns every way to write a missing text: the marks with each choice of capitals.
std::vector<std::string> MissingTexts() {
  std::vector<std::string> texts;
  for (const std::string_view mark : kMissingMarks) {
    const std::size_t first = texts.size();
    texts.emplace_back(mark);
    for (std::size_t i = 0; i < mark.size(); ++i) {
      if (!absl::ascii_islower(mark[i])) continue;
      for (std::size_t known = first, end = texts.size(); known < end; ++known) {
        texts.push_back(texts[known]);
        texts.back()[i] = absl::ascii_toupper(mark[i]);
      }
    }
  }
  return texts;
}

template <class T>
class Writer {
 public:
  Writer(const SavedModel& model, const Vector<T>& parameters, onnx::GraphProto& graph)
      : model_(model), parameters_(parameters), graph_(graph) {}

  void Write() {
    std::string values = model_.schema ? Columns() : Features();
    for (std::size_t layer = 0; layer < model_.spec.layers(); ++layer) {
      values = Layer(layer, values);
    }
    if (model_.spec.regression()) {
      const auto& prediction = graph_.Node("Identity", {values}, "prediction");
      graph_.Output(ResultOf(prediction), kOnnxType<T>, 1);
    } else {
      Classes(values);
    }
  }

 private:
  std::string Features() {
    return graph_.Input("features", kOnnxType<T>, Signed(model_.spec.features()));
  }

  // Turns every column into its features in float64, then casts them all to the model's precision.
  std::string Columns() {
    const std::vector<Column>& columns = model_.schema->columns;
    // The names of all inputs must be known before others are made.
    for (const Column& column : columns) {
      const bool number = column.categories.empty();
      graph_.Input(column.name, number ? onnx::TensorProto::DOUBLE : onnx::TensorProto::STRING, 1);
    }
    std::vector<std::string> parts;
    for (const Column& column : columns) {
      parts.push_back(column.categories.empty() ? Number(column) : OneHot(column));
    }
    auto& features = graph_.Node("Concat", parts, "features");
    SetInt(features, "axis", 1);
    return Cast(ResultOf(features), kOnnxType<T>);
  }

  std::string Number(const Column& column) {
    std::string value = column.name;
    if (column.imputed_number) {
      const std::string missing = ResultOf(graph_.Node("IsNaN", {value}, column.name + ".missing"));
      const std::string instead = graph_.Constant(&*column.imputed_number, 1, {});
      value = ResultOf(graph_.Node("Where", {missing, instead, value}, column.name + ".filled"));
    }
    if (column.mean != 0) {
      const std::string mean = graph_.Constant(&column.mean, 1, {});
      value = ResultOf(graph_.Node("Sub", {value, mean}, column.name + ".centred"));
    }
    if (column.scale == 1) return value;
    const std::string scale = graph_.Constant(&column.scale, 1, {});
    return ResultOf(graph_.Node("Div", {value, scale}, column.name + ".scaled"));
  }

  // Turns a text into its number among the categories, and the number into a one among zeros.
  std::string OneHot(const Column& column) {
    std::vector<std::string> texts = column.categories;
    std::vector<std::int64_t> numbers(texts.size());
    std::iota(numbers.begin(), numbers.end(), 0);
    const std::vector<std::int64_t> all = numbers;
    if (column.imputed_category) AddMissing(column, texts, numbers);
    auto& encoded =
        graph_.Node("LabelEncoder", {column.name}, column.name + ".number", kMachineLearning);
    SetStrings(encoded, "keys_strings", texts);
    SetInts(encoded, "values_int64s", numbers);
    SetInt(encoded, "default_int64", -1);
    auto& ones = graph_.Node("OneHotEncoder", {ResultOf(encoded)}, column.name + ".ones",
                             kMachineLearning);  // (N, 1, categories)
    SetInts(ones, "cats_int64s", all);
    SetInt(ones, "zeros", 0);  // another number is none of them
    graph_.Declare(ResultOf(ones), onnx::TensorProto::FLOAT, Signed(all.size()));
    const std::int64_t shape[] = {-1, Signed(all.size())};
    const std::string flat = ResultOf(graph_.Node(
        "Reshape", {ResultOf(ones), graph_.Constant(shape, 2, {2})}, column.name + ".flat"));
    return Cast(flat, onnx::TensorProto::DOUBLE);
  }

  static void AddMissing(const Column& column, std::vector<std::string>& texts,
                         std::vector<std::int64_t>& numbers) {
    const auto find = [&](const std::string& text) {
      return std::find(column.categories.begin(), column.categories.end(), text);
    };
    const std::int64_t imputed = find(*column.imputed_category) - column.categories.begin();
    for (const std::string& text : MissingTexts()) {
      if (find(text) != column.categories.end()) continue;  // it is a category
      texts.push_back(text);
      numbers.push_back(imputed);
    }
  }

  std::string Layer(std::size_t layer, const std::string& values) {
    const std::int64_t inputs = Signed(model_.spec.layer_sizes[layer]);
    const std::int64_t outputs = Signed(model_.spec.layer_sizes[layer + 1]);
    const T* const bias = parameters_.data() + LayerOffset(model_.spec, layer);
    const std::string name = absl::StrCat("layer_", layer + 1);
    const std::string weights = graph_.Constant(
        bias + outputs, static_cast<std::size_t>(inputs * outputs), {inputs, outputs});
    const std::string biases = graph_.Constant(bias, static_cast<std::size_t>(outputs), {outputs});
    const std::string sums = ResultOf(graph_.Node("Gemm", {values, weights, biases}, name));
    if (layer + 1 == model_.spec.layers()) return sums;
    const char* activation = Operator(model_.spec.activation);
    if (activation == nullptr) return sums;
    return ResultOf(graph_.Node(activation, {sums}, absl::StrCat("hidden_", layer + 1)));
  }

  // Returns the operator's name; nullptr if there is none.
  static const char* Operator(Activation activation) {
    switch (activation) {
      case Activation::kRelu:
        return "Relu";
      case Activation::kTanh:
        return "Tanh";
      case Activation::kLogistic:
        return "Sigmoid";
      case Activation::kIdentity:
      case Activation::kUnrectifiedRelu:
        break;
    }
    return nullptr;
  }

  void Classes(const std::string& sums) {
    auto& softmax = graph_.Node("Softmax", {sums}, "probabilities");
    SetInt(softmax, "axis", 1);
    const std::string probabilities = ResultOf(softmax);
    auto& greatest =
        graph_.Node("ArgMax", {probabilities}, model_.schema ? "class_number" : "label");
    SetInt(greatest, "axis", 1);
    SetInt(greatest, "keepdims", 0);
    std::string label = ResultOf(greatest);
    if (model_.schema) {
      const std::string names = graph_.Constant(model_.schema->classes);
      label = ResultOf(graph_.Node("Gather", {names, label}, "label"));
    }
    graph_.Output(label, model_.schema ? onnx::TensorProto::STRING : onnx::TensorProto::INT64, 0);
    graph_.Output(probabilities, kOnnxType<T>, Signed(model_.spec.classes()));
  }

  std::string Cast(const std::string& value, onnx::TensorProto_DataType type) {
    auto& cast = graph_.Node("Cast", {value}, value + ".cast");
    SetInt(cast, "to", type);
    return ResultOf(cast);
  }

  static std::int64_t Signed(std::size_t size) { return static_cast<std::int64_t>(size); }

  const SavedModel& model_;
  const Vector<T>& parameters_;
  OnnxGraph graph_;
};

void Tell(onnx::ModelProto& proto, const char* key, const std::string& value) {
  if (value.empty()) return;
  onnx::StringStringEntryProto& entry = *proto.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

}  // namespace

absl::StatusOr<std::string> ToOnnx(const SavedModel& model) {
  onnx::ModelProto proto;
  proto.set_ir_version(kIrVersion);
  proto.set_producer_name("mlp-cluster");
  onnx::OperatorSetIdProto& operators = *proto.add_opset_import();
  operators.set_domain("");
  operators.set_version(kOperators);
  onnx::OperatorSetIdProto& more = *proto.add_opset_import();
  more.set_domain(kMachineLearning);
  more.set_version(kMachineLearningOperators);
  Tell(proto, "mlp.digest", DigestOf(model));
  Tell(proto, "mlp.job_id", model.job_id);
  Tell(proto, "mlp.dataset", model.dataset);
  proto.mutable_graph()->set_name("mlp");
  std::visit(
      [&]<class T>(const Vector<T>& parameters) {
        Writer<T>(model, parameters, *proto.mutable_graph()).Write();
      },
      *model.parameters);
  return proto.SerializeAsString();
}

}  // namespace mlp::model
