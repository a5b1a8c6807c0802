#include "libmlp/kernels/kernels_of.h"
#include "libmlp/kernels/kernels_tables.h"

namespace mlp {
namespace {

using Avx512 = Xsimd<xsimd::avx512bw>;  // has 32 registers

}  // namespace

const Kernels<float>& Avx512Kernels32() { return KernelsOf<Avx512, float, 6, 4>::kTable; }
const Kernels<double>& Avx512Kernels64() { return KernelsOf<Avx512, double, 6, 4>::kTable; }

}  // namespace mlp
