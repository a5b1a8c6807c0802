#include "bench/fma_peak.h"

namespace mlp::bench {

template <>
double RunMultiplyAdds<float>(InstructionSet set, std::size_t steps) {
  return set == InstructionSet::kAvx512 ? Avx512MultiplyAdds32(steps) : Avx2MultiplyAdds32(steps);
}
template <>
double RunMultiplyAdds<double>(InstructionSet set, std::size_t steps) {
  return set == InstructionSet::kAvx512 ? Avx512MultiplyAdds64(steps) : Avx2MultiplyAdds64(steps);
}

}  // namespace mlp::bench
