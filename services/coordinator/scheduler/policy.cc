#include "services/coordinator/scheduler/policy.h"

#include <array>

#include "services/coordinator/scheduler/policies/least_load.h"
#include "services/coordinator/scheduler/policies/power_of_two.h"
#include "services/coordinator/scheduler/policies/pull.h"
#include "services/coordinator/scheduler/policies/random.h"

namespace mlp::coordinator {
namespace {

template <class P>
std::unique_ptr<Policy> Make() {
  return std::make_unique<P>();
}

struct Entry {
  std::string_view name;
  std::unique_ptr<Policy> (*make)();
};

constexpr std::array kPolicies = {
    Entry{"random", Make<RandomPolicy>},
    Entry{"least-load", Make<LeastLoadPolicy>},
    Entry{"pull", Make<PullPolicy>},
    Entry{"power-of-two", Make<PowerOfTwoPolicy>},
};

}  // namespace

std::vector<std::string_view> PolicyNames() {
  std::vector<std::string_view> names;
  names.reserve(std::size(kPolicies));
  for (const Entry& entry : kPolicies) names.push_back(entry.name);
  return names;
}

std::unique_ptr<Policy> MakePolicy(std::string_view name) {
  for (const Entry& entry : kPolicies) {
    if (entry.name == name) return entry.make();
  }
  return nullptr;
}

}  // namespace mlp::coordinator
