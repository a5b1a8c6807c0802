// The same training, written on OpenBLAS, with which libmlp's kernels are compared.
//
// OpenBLAS 0.3.21 does not know newer processors, so OPENBLAS_CORETYPE must name one that it knows,
// and OPENBLAS_NUM_THREADS must be 1, before the process starts.
#pragma once

#include "libmlp/model/model_spec.h"
#include "libmlp/model/vector.h"

namespace mlp {
struct Shard;
}  // namespace mlp

namespace mlp::bench {

// Returns the core that OpenBLAS computes for.
const char* OpenBlasCore();

// Makes `epochs` full-batch steps and one more forward pass, like mlp::Train; returns the
// parameters afterwards. The activation is ReLU whatever `spec` says.
template <class T>
Vector<T> TrainOnOpenBlas(const ModelSpec& spec, const Vector<T>& start, const Shard& shard,
                          int epochs, T learning_rate);

extern template Vector<float> TrainOnOpenBlas(const ModelSpec&, const Vector<float>&, const Shard&,
                                              int, float);
extern template Vector<double> TrainOnOpenBlas(const ModelSpec&, const Vector<double>&,
                                               const Shard&, int, double);

}  // namespace mlp::bench
