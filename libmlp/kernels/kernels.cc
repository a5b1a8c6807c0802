#include "libmlp/kernels/kernels.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "libmlp/kernels/kernels_tables.h"
#include "libmlp/model/absl_view.h"

namespace mlp {
namespace {

constexpr const char* kVariable = "MLP_INSTRUCTION_SET";

absl::StatusOr<InstructionSet> BestOrWanted() {
  const std::vector<InstructionSet> sets = AvailableInstructionSets();
  const char* wanted = std::getenv(kVariable);
  if (wanted == nullptr || *wanted == '\0') return sets.back();
  const auto found = std::ranges::find(sets, std::string_view(wanted), InstructionSetName);
  if (found != sets.end()) return *found;
  std::string names;
  for (const InstructionSet set : sets) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", AbslView(InstructionSetName(set)));
  }
  return absl::InvalidArgumentError(absl::StrCat("environment variable ", kVariable, " is '",
                                                 wanted, "'; this machine has ", names,
                                                 ", and takes the last one where it is not set"));
}

template <class T>
const Kernels<T>& Choose(InstructionSet set, const Kernels<T>& (*scalar)(),
                         const Kernels<T>& (*avx2)(), const Kernels<T>& (*avx512)()) {
  if (set == InstructionSet::kAvx512) return avx512();
  return set == InstructionSet::kAvx2 ? avx2() : scalar();
}

}  // namespace

std::string_view ArithmeticId() { return "mlp-3"; }

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
  static const InstructionSet chosen = BestOrWanted().value_or(AvailableInstructionSets().back());
  return chosen;
}

absl::Status CheckChosenInstructionSet() { return BestOrWanted().status(); }

template <>
const Kernels<float>& KernelsFor(InstructionSet set) {
  return Choose(set, ScalarKernels32, Avx2Kernels32, Avx512Kernels32);
}
template <>
const Kernels<double>& KernelsFor(InstructionSet set) {
  return Choose(set, ScalarKernels64, Avx2Kernels64, Avx512Kernels64);
}

}  // namespace mlp
