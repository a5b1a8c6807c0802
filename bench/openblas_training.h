// The same training, written on OpenBLAS: what libmlp's kernels are compared with.
//
// OpenBLAS 0.3.21 does not know newer processors, so OPENBLAS_CORETYPE must name one that it knows,
// and OPENBLAS_NUM_THREADS must be 1, before the process starts.
#pragma once

#include "libmlp/data/dataset.h"
#include "libmlp/model/model_spec.h"
#include "libmlp/model/parameters.h"

namespace mlp::bench {

// The core that OpenBLAS computes for.
const char* OpenBlasCore();

// `epochs` full-batch steps and one more forward pass, as mlp::Train; the parameters afterwards.
// The activation is ReLU whatever `spec` says.
template <class T>
Vector<T> TrainOnOpenBlas(const ModelSpec& spec, const Vector<T>& start, const Shard& shard,
                          int epochs, T learning_rate);

extern template Vector<float> TrainOnOpenBlas(const ModelSpec&, const Vector<float>&, const Shard&,
                                              int, float);
extern template Vector<double> TrainOnOpenBlas(const ModelSpec&, const Vector<double>&,
                                               const Shard&, int, double);

}  // namespace mlp::bench
