// The peak of a core's arithmetic units: independent fused multiply-adds in registers.
#pragma once

#include <cstddef>

#include "libmlp/kernels/kernels.h"

namespace mlp::bench {

// Multiplies and adds on the widest vectors of `set`, which must be available, for `steps` steps.
// Returns the number of operations: 2 for a multiply-add of one lane.
template <class T>
double RunMultiplyAdds(InstructionSet set, std::size_t steps);
template <>
double RunMultiplyAdds<float>(InstructionSet set, std::size_t steps);
template <>
double RunMultiplyAdds<double>(InstructionSet set, std::size_t steps);

// The same, each compiled for its own set.
double Avx2MultiplyAdds32(std::size_t steps);
double Avx2MultiplyAdds64(std::size_t steps);
double Avx512MultiplyAdds32(std::size_t steps);
double Avx512MultiplyAdds64(std::size_t steps);

}  // namespace mlp::bench
