#include "libmlp/kernels/kernels_of.h"
#include "libmlp/kernels/kernels_tables.h"

namespace mlp {
namespace {

using Avx2 = Xsimd<xsimd::fma3<xsimd::avx2>>;  // has 16 registers

}  // namespace

const Kernels<float>& Avx2Kernels32() { return KernelsOf<Avx2, float, 4, 3>::kTable; }
const Kernels<double>& Avx2Kernels64() { return KernelsOf<Avx2, double, 4, 3>::kTable; }

}  // namespace mlp
