// The kernels of each instruction set. A machine that lacks the set must not call them.
#pragma once

#include "libmlp/kernels/kernels.h"

namespace mlp {

const Kernels<float>& ScalarKernels32();
const Kernels<double>& ScalarKernels64();
const Kernels<float>& Avx2Kernels32();
const Kernels<double>& Avx2Kernels64();
const Kernels<float>& Avx512Kernels32();
const Kernels<double>& Avx512Kernels64();

}  // namespace mlp
