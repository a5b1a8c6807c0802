#include "bench/openblas_training.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "libmlp/data/shard.h"

namespace mlp::bench {
namespace {

void Gemm(CBLAS_TRANSPOSE a_form, CBLAS_TRANSPOSE b_form, int m, int n, int k, float alpha,
          const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, a_form, b_form, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
void Gemm(CBLAS_TRANSPOSE a_form, CBLAS_TRANSPOSE b_form, int m, int n, int k, double alpha,
          const double* a, int lda, const double* b, int ldb, double beta, double* c, int ldc) {
  cblas_dgemm(CblasRowMajor, a_form, b_form, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

// Trains on all rows at once, which suits OpenBLAS best. Matrices are row-major.
template <class T>
class OpenBlasNetwork {
 public:
  OpenBlasNetwork(const ModelSpec& spec, const Vector<T>& start, const Shard& shard)
      : rows_(static_cast<int>(shard.rows())), labels_(shard.labels), weights_(start) {
    for (std::size_t l = 0; l < spec.layers(); ++l) {
      const int inputs = static_cast<int>(spec.layer_sizes[l]);
      const int outputs = static_cast<int>(spec.layer_sizes[l + 1]);
      layers_.push_back({inputs, outputs, weights_.data() + LayerOffset(spec, l),
                         std::vector<T>(shard.rows() * (inputs + 1), T(1)),
                         std::vector<T>(shard.rows() * outputs)});
    }
    for (std::size_t i = 0; i < shard.rows(); ++i) {
      std::copy_n(&shard.features(i, 0), spec.features(), layers_[0].InputRow(i));
    }
  }

  void Forward() {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      Layer& layer = layers_[l];
      if (l > 0) Activate(layers_[l - 1], layer);
      Gemm(CblasNoTrans, CblasNoTrans, rows_, layer.outputs, layer.inputs + 1, 1,
           layer.input.data(), layer.inputs + 1, layer.weights, layer.outputs, 0,
           layer.output.data(), layer.outputs);
    }
    for (int i = 0; i < rows_; ++i) Softmax(layers_.back().OutputRow(i), layers_.back().outputs);
  }

  // Computes weights += learning_rate * [1 Z]^T D, each layer's once D of the layer below was
  // computed.
  void BackwardAndStep(T learning_rate) {
    Layer& last = layers_.back();
    for (int i = 0; i < rows_; ++i) last.OutputRow(i)[labels_(i)] -= 1;
    for (std::size_t l = layers_.size(); l-- > 0;) {
      Layer& layer = layers_[l];
      if (l > 0) PropagateBack(layer, layers_[l - 1]);
      Gemm(CblasTrans, CblasNoTrans, layer.inputs + 1, layer.outputs, rows_, -learning_rate,
           layer.input.data(), layer.inputs + 1, layer.output.data(), layer.outputs, 1,
           layer.weights, layer.outputs);
    }
  }

  const Vector<T>& weights() const { return weights_; }

 private:
  struct Layer {
    int inputs, outputs;
    T* weights;             // (inputs + 1, outputs)
    std::vector<T> input;   // (rows, inputs + 1), column 0 is 1
    std::vector<T> output;  // (rows, outputs)

    T* InputRow(std::size_t i) { return input.data() + i * (inputs + 1) + 1; }
    T* OutputRow(std::size_t i) { return output.data() + i * outputs; }
  };

  void Activate(Layer& from, Layer& to) {
    for (int i = 0; i < rows_; ++i) {
      std::transform(from.OutputRow(i), from.OutputRow(i) + from.outputs, to.InputRow(i),
                     [](T a) { return a > 0 ? a : T(0); });
    }
  }

  static void Softmax(T* row, int columns) {
    const T greatest = *std::max_element(row, row + columns);
    T sum = 0;
    for (int j = 0; j < columns; ++j) sum += row[j] = std::exp(row[j] - greatest);
    for (int j = 0; j < columns; ++j) row[j] /= sum;
  }

  void PropagateBack(Layer& from, Layer& to) {
    Gemm(CblasNoTrans, CblasTrans, rows_, from.inputs, from.outputs, 1, from.output.data(),
         from.outputs, from.weights + from.outputs, from.outputs, 0, to.output.data(), to.outputs);
    for (int i = 0; i < rows_; ++i) {
      const T* z = from.InputRow(i);
      T* d = to.OutputRow(i);
      for (int j = 0; j < from.inputs; ++j) d[j] = z[j] > 0 ? d[j] : T(0);
    }
  }

  int rows_;
  const xt::xtensor<std::int32_t, 1>& labels_;
  Vector<T> weights_;
  std::vector<Layer> layers_;
};

}  // namespace

const char* OpenBlasCore() { return openblas_get_corename(); }

template <class T>
Vector<T> TrainOnOpenBlas(const ModelSpec& spec, const Vector<T>& start, const Shard& shard,
                          int epochs, T learning_rate) {
  OpenBlasNetwork<T> network(spec, start, shard);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    network.Forward();
    network.BackwardAndStep(learning_rate);
  }
  network.Forward();
  return network.weights();
}

template Vector<float> TrainOnOpenBlas(const ModelSpec&, const Vector<float>&, const Shard&, int,
                                       float);
template Vector<double> TrainOnOpenBlas(const ModelSpec&, const Vector<double>&, const Shard&, int,
                                        double);

}  // namespace mlp::bench
