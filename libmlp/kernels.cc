#include "libmlp/kernels.h"

#include <algorithm>
#include <cstdlib>

#include "libmlp/kernels_tables.h"

namespace mlp {
namespace {

constexpr const char* kVariable = "MLP_INSTRUCTION_SET";

InstructionSet Choose() {
  const std::vector<InstructionSet> sets = AvailableInstructionSets();
  const char* wanted = std::getenv(kVariable);
  if (wanted == nullptr) return sets.back();
  const auto found = std::ranges::find(sets, std::string_view(wanted), InstructionSetName);
  return found == sets.end() ? sets.back() : *found;
}

}  // namespace

std::string_view InstructionSetName(InstructionSet set) {
  switch (set) {
    case InstructionSet::kScalarFma:
      return "scalar-fma";
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kAvx512:
      return "avx512";
  }
  return "";
}

// The programs are compiled for x86-64-v3, so AVX2 is there.
std::vector<InstructionSet> AvailableInstructionSets() {
  std::vector<InstructionSet> sets{InstructionSet::kScalarFma, InstructionSet::kAvx2};
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  if (avx512) sets.push_back(InstructionSet::kAvx512);
  return sets;
}

InstructionSet ChosenInstructionSet() {
  static const InstructionSet chosen = Choose();
  return chosen;
}

template <>
const Kernels<float>& KernelsFor(InstructionSet set) {
  switch (set) {
    case InstructionSet::kScalarFma:
      return ScalarKernels32();
    case InstructionSet::kAvx2:
      return Avx2Kernels32();
    case InstructionSet::kAvx512:
      return Avx512Kernels32();
  }
  return ScalarKernels32();
}

template <>
const Kernels<double>& KernelsFor(InstructionSet set) {
  switch (set) {
    case InstructionSet::kScalarFma:
      return ScalarKernels64();
    case InstructionSet::kAvx2:
      return Avx2Kernels64();
    case InstructionSet::kAvx512:
      return Avx512Kernels64();
  }
  return ScalarKernels64();
}

}  // namespace mlp
