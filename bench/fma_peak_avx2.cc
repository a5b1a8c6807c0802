#include "bench/fma_peak.h"
#include "bench/fma_peak_of.h"

namespace mlp::bench {
namespace {

using Avx2 = Xsimd<xsimd::fma3<xsimd::avx2>>;

}  // namespace

double Avx2MultiplyAdds32(std::size_t steps) { return MultiplyAdds<Avx2, float>::Run(steps); }
double Avx2MultiplyAdds64(std::size_t steps) { return MultiplyAdds<Avx2, double>::Run(steps); }

}  // namespace mlp::bench
