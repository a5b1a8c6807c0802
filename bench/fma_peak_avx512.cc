#include "bench/fma_peak.h"
#include "bench/fma_peak_of.h"

namespace mlp::bench {
namespace {

using Avx512 = Xsimd<xsimd::avx512bw>;

}  // namespace

double Avx512MultiplyAdds32(std::size_t steps) { return MultiplyAdds<Avx512, float>::Run(steps); }
double Avx512MultiplyAdds64(std::size_t steps) { return MultiplyAdds<Avx512, double>::Run(steps); }

}  // namespace mlp::bench
