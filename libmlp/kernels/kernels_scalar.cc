#include "libmlp/kernels/kernels_of.h"
#include "libmlp/kernels/kernels_tables.h"

namespace mlp {

const Kernels<float>& ScalarKernels32() { return KernelsOf<ScalarFma, float, 2, 4>::kTable; }
const Kernels<double>& ScalarKernels64() { return KernelsOf<ScalarFma, double, 2, 4>::kTable; }

}  // namespace mlp
