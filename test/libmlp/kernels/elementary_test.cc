// Tests how far exp, log, tanh and the logistic function are from the exact values, and that every
// instruction set gives the same bits. The functions are reached through the kernels.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "libmlp/kernels/kernels.h"

namespace mlp {
namespace {

// Returns the error in units in the last place of `exact`.
template <class T>
double ErrorOf(T value, long double exact) {
  const T near = static_cast<T>(std::abs(exact));
  const T unit = std::nextafter(near, std::numeric_limits<T>::infinity()) - near;
  return static_cast<double>(std::abs((static_cast<long double>(value) - exact) / unit));
}

// Returns `count` values from low to high.
template <class T>
std::vector<T> Between(double low, double high, std::size_t count) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<T>(low + (high - low) * static_cast<double>(i) / double(count - 1));
  }
  return values;
}

template <class T>
std::vector<T> Activated(InstructionSet set, Activation activation, const std::vector<T>& values) {
  std::vector<T> result = values;
  KernelsFor<T>(set).activate(activation, 1, values.size(), {result.data(), result.size()});
  return result;
}

template <class T>
std::vector<T> LogarithmsOf(InstructionSet set, std::vector<T> values) {
  KernelsFor<T>(set).logarithms(values.data(), values.size());
  return values;
}

template <class T, class Exact>
double GreatestError(const std::vector<T>& arguments, const std::vector<T>& values, Exact exact) {
  double greatest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    greatest =
        std::max(greatest, ErrorOf(values[i], exact(static_cast<long double>(arguments[i]))));
  }
  return greatest;
}

constexpr std::size_t kMany = 160'000;

TEMPLATE_TEST_CASE("The logistic function is within two units in the last place", "", float,
                   double) {
  using T = TestType;
  // The arguments leave out those whose value is smaller than exp's least one.
  const auto arguments = Between<T>(sizeof(T) == 4 ? -80 : -700, 40, kMany);
  const auto exact = [](long double x) { return 1 / (1 + std::exp(-x)); };
  for (const InstructionSet set : AvailableInstructionSets()) {
    INFO(InstructionSetName(set));
    CHECK(GreatestError(arguments, Activated(set, Activation::kLogistic, arguments), exact) < 2.5);
  }
}

// Softmax of x and 0 divides exp(x) and 1 by the same sum.
template <class T>
std::vector<T> ExpOf(InstructionSet set, const std::vector<T>& arguments) {
  const std::size_t stride = arguments.size();
  std::vector<T> columns(2 * stride, T(0));
  std::copy(arguments.begin(), arguments.end(), columns.begin());
  KernelsFor<T>(set).softmax(2, stride, {columns.data(), stride});
  std::vector<T> quotients(stride);
  for (std::size_t i = 0; i < stride; ++i) quotients[i] = columns[i] / columns[stride + i];
  return quotients;
}

// exp errs by less than 1.1 units; the product by one, if it falls below a power of two; and the
// quotient by half a unit.
TEMPLATE_TEST_CASE("The exp of softmax is as exact as it says", "", float, double) {
  using T = TestType;
  const double least = sizeof(T) == 4 ? -87.3 : -708.3;
  const auto [low, high] = GENERATE_COPY(
      table<double, double>({{-1e-3, 0}, {-0.05, 0}, {-3, 0}, {-60, 0}, {least, -60}}));
  const auto arguments = Between<T>(low, high, kMany);
  const auto exact = [](long double x) { return std::exp(x); };
  for (const InstructionSet set : AvailableInstructionSets()) {
    INFO(InstructionSetName(set) << " from " << low);
    CHECK(GreatestError(arguments, ExpOf(set, arguments), exact) < 2.6);
  }
}

TEMPLATE_TEST_CASE("The exp of softmax does not fall below its least value, and none is none", "",
                   float, double) {
  using T = TestType;
  std::vector<T> arguments(kAlignedValues<T>, -std::numeric_limits<T>::infinity());
  arguments[1] = T(-1e30);
  arguments[2] = std::numeric_limits<T>::quiet_NaN();
  arguments[3] = -T(0);
  for (const InstructionSet set : AvailableInstructionSets()) {
    INFO(InstructionSetName(set));
    const std::vector<T> values = ExpOf(set, arguments);
    CHECK(values[0] > 0);
    CHECK(values[0] < (sizeof(T) == 4 ? 2e-38 : 1e-307));
    CHECK(values[1] == values[0]);
    CHECK(std::isnan(values[2]));
    CHECK(values[3] == 1);
  }
}

TEMPLATE_TEST_CASE("tanh is within three units in the last place", "", float, double) {
  using T = TestType;
  const double range = GENERATE(1e-6, 0.3, 2.0, 30.0);
  const auto arguments = Between<T>(-range, range * 0.999, kMany);
  const auto exact = [](long double x) { return std::tanh(x); };
  for (const InstructionSet set : AvailableInstructionSets()) {
    INFO(InstructionSetName(set) << " up to " << range);
    CHECK(GreatestError(arguments, Activated(set, Activation::kTanh, arguments), exact) < 3);
  }
}

TEMPLATE_TEST_CASE("log is within two units in the last place", "", float, double) {
  using T = TestType;
  const auto [low, high] =
      GENERATE(table<double, double>({{1e-6, 1e-3}, {1e-3, 1.1}, {0.9, 1.5}, {1.5, 1e30}}));
  const auto arguments = Between<T>(low, high, kMany);
  const auto exact = [](long double x) { return std::log(x); };
  for (const InstructionSet set : AvailableInstructionSets()) {
    INFO(InstructionSetName(set) << " from " << low << " to " << high);
    CHECK(GreatestError(arguments, LogarithmsOf(set, arguments), exact) < 2);
  }
}

TEMPLATE_TEST_CASE("What is not a number stays so, and infinity saturates", "", float, double) {
  using T = TestType;
  const T infinity = std::numeric_limits<T>::infinity();
  std::vector<T> arguments(kAlignedValues<T>, std::numeric_limits<T>::quiet_NaN());
  arguments[0] = infinity;
  arguments[1] = -infinity;
  for (const InstructionSet set : AvailableInstructionSets()) {
    INFO(InstructionSetName(set));
    for (const Activation activation :
         {Activation::kTanh, Activation::kLogistic, Activation::kRelu}) {
      const auto values = Activated(set, activation, arguments);
      for (std::size_t i = 2; i < values.size(); ++i) CHECK(std::isnan(values[i]));
      CHECK(values[0] == (activation == Activation::kRelu ? infinity : T(1)));
      CHECK(values[1] == Approx(activation == Activation::kTanh ? -1.0 : 0.0).margin(1e-30));
    }
  }
}

}  // namespace
}  // namespace mlp
