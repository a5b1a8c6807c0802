// exp, log, tanh and the logistic function on the vectors of simd.h: the same operations in the
// same order for every instruction set, and so the same bits. Errors are against the exact value,
// in units in the last place (elementary_test.cc measures them).
//
// Series are Taylor's, cut off once the rest is far below half a unit; arguments are reduced so
// that a few terms are enough. Chebyshev polynomials spread the rest evenly, which saves one more
// term (economization: Lanczos, 1938).
#pragma once

#include <array>
#include <cstddef>
#include <limits>

#include "libmlp/kernels/simd.h"

namespace mlp {

template <class T>
struct Elementary;

template <>
struct Elementary<float> {
  static constexpr int kMantissaBits = 23;
  static constexpr int kExponentBias = 127;
  static constexpr float kRound = 0x1.8p23F;  // + kRound - kRound rounds to a whole number
  // 2^n is a normal number for n = x / ln 2 rounded, from the least to the greatest x.
  static constexpr float kLeast = -87.3F;
  static constexpr float kGreatest = 88.3F;
  // ln 2 in two parts; x less n times the first one, fused, is exact.
  static constexpr float kLn2High = 0x1.62e4p-1F;
  static constexpr float kLn2Low = 0x1.7f7d1cp-20F;
  // The terms for |x| up to ln 2 / 2, and up to ln 2 / 32.
  static constexpr std::size_t kExpTerms = 7, kShortExpTerms = 3;
  static constexpr std::size_t kLogTerms = 6;
};

template <>
struct Elementary<double> {
  static constexpr int kMantissaBits = 52;
  static constexpr int kExponentBias = 1023;
  static constexpr double kRound = 0x1.8p52;
  static constexpr double kLeast = -708.3;
  static constexpr double kGreatest = 709.4;
  static constexpr double kLn2High = 0x1.62e42feep-1;
  static constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  static constexpr std::size_t kExpTerms = 13, kShortExpTerms = 6;
  static constexpr std::size_t kLogTerms = 12;
};

// first + x (next + x (...)), by Horner's rule.
template <class Isa, class T, std::size_t kTerms>
typename Isa::template Vector<T> Polynomial(typename Isa::template Vector<T> x,
                                            const std::array<T, kTerms>& coefficients) {
  auto value = Isa::All(coefficients[kTerms - 1]);
  for (std::size_t i = kTerms - 1; i-- > 0;) value = Isa::Fma(value, x, Isa::All(coefficients[i]));
  return value;
}

// 1/1!, 1/2!, 1/3!, …: the series of (exp(x) - 1) / x for |x| up to a = ln 2 / (2 kSteps).
//
// If there are steps, lower terms replace the first term that is left out by its approximation in
// that range, T being Chebyshev's polynomials: 4 x^3 = a^3 T_3(x / a) + 3 a^2 x, which x / (4 * 4!)
// makes x^4 / 4!, and 64 x^7 = a^7 T_7(x / a) + 112 a^2 x^5 - 56 a^4 x^3 + 7 a^6 x.
template <class T, std::size_t kSteps>
consteval auto ExpSeries() {
  static_assert(kSteps == 1 || kSteps == 16);
  using E = Elementary<T>;
  constexpr std::size_t kTerms = kSteps == 1 ? E::kExpTerms : E::kShortExpTerms;
  std::array<double, kTerms> terms{};
  double factorial = 1;
  for (std::size_t i = 0; i < kTerms; ++i) {
    factorial *= static_cast<double>(i + 1);
    terms[i] = 1 / factorial;
  }
  constexpr double kSquare = (0.69314718055994530942 / 32) * (0.69314718055994530942 / 32);
  if constexpr (kSteps > 1 && kTerms == 3) {
    terms[1] += kSquare * 3 / 4 / 24;
  } else if constexpr (kSteps > 1) {
    static_assert(kTerms == 6);
    terms[0] += kSquare * kSquare * kSquare * 7 / 64 / 5040;
    terms[2] -= kSquare * kSquare * 56 / 64 / 5040;
    terms[4] += kSquare * 112 / 64 / 5040;
  }
  std::array<T, kTerms> result{};
  for (std::size_t i = 0; i < kTerms; ++i) result[i] = static_cast<T>(terms[i]);
  return result;
}

// 2/3, 2/5, 2/7, …
template <class T, std::size_t kTerms>
consteval std::array<T, kTerms> LogCoefficients() {
  std::array<T, kTerms> result{};
  for (std::size_t i = 0; i < kTerms; ++i) {
    result[i] = static_cast<T>(2 / static_cast<double>(2 * i + 3));
  }
  return result;
}

// 2^(0/16) to 2^(15/16), each with its number taken off the exponent's and the mantissa's bits, so
// that adding a whole number of sixteenths to those gives the power of two.
template <class T>
consteval std::array<T, 16> SixteenthsOfPowers() {
  constexpr double kPowers[] = {
      0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
      0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
      0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0,
      0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0};
  std::array<T, 16> result{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto bits = std::bit_cast<BitsOf<T>>(static_cast<T>(kPowers[i]));
    result[i] = std::bit_cast<T>(
        static_cast<BitsOf<T>>(bits - (BitsOf<T>(i) << (Elementary<T>::kMantissaBits - 4))));
  }
  return result;
}

// exp(x) = scale (1 + rest) for x <= kGreatest, where scale is a power of 2^(1 / kSteps) and |rest|
// at most 0.42 / kSteps. An x below kLeast gives the value at kLeast; NaN stays NaN.
template <class Isa, class T, std::size_t kSteps>
struct ExpParts {
  static_assert(kSteps == 1 || kSteps == 16);
  using V = typename Isa::template Vector<T>;
  using E = Elementary<T>;

  explicit ExpParts(V x) {
    x = Isa::Max(Isa::All(E::kLeast), x);
    constexpr T kLog2E = static_cast<T>(1.4426950408889634074) * kSteps;
    const V shifted = Isa::Fma(x, Isa::All(kLog2E), Isa::All(E::kRound));
    const V n = shifted - Isa::All(E::kRound);
    V r = Isa::Fma(n, Isa::All(-E::kLn2High / kSteps), x);
    r = Isa::Fma(n, Isa::All(-E::kLn2Low / kSteps), r);
    static constexpr auto kSeries = ExpSeries<T, kSteps>();
    rest = r * Polynomial<Isa, T>(r, kSeries);
    // The low bits of `shifted` are n.
    const auto n_bits = Isa::ToBits(shifted);
    constexpr int kStepBits = std::bit_width(kSteps) - 1;
    const auto shifted_bits = Isa::template ShiftLeft<E::kMantissaBits - kStepBits>(n_bits);
    if constexpr (kSteps == 1) {
      scale = Isa::template FromBits<T>(shifted_bits + Isa::ToBits(Isa::All(T(1))));
    } else {
      static constexpr auto kTable = SixteenthsOfPowers<T>();
      scale = Isa::template FromBits<T>(shifted_bits +
                                        Isa::ToBits(Isa::template Lookup<T>(kTable, n_bits)));
    }
  }

  V scale;
  V rest;
};

// exp(x) for x <= kGreatest; the error is below 1.1 units. An x below kLeast gives the value at
// kLeast, 1e-38 or 1e-308, instead of 0. More steps are faster, and err by half a unit more often,
// because their scale is rounded.
template <class Isa, class T, std::size_t kSteps = 16>
typename Isa::template Vector<T> Exp(typename Isa::template Vector<T> x) {
  const ExpParts<Isa, T, kSteps> parts(x);
  return Isa::Fma(parts.rest, parts.scale, parts.scale);
}

// 1 / (1 + exp(-x)).
template <class Isa, class T>
typename Isa::template Vector<T> Logistic(typename Isa::template Vector<T> x) {
  const auto one = Isa::All(T(1));
  const auto opposite = Isa::Min(Isa::All(Elementary<T>::kGreatest), x * Isa::All(T(-1)));
  return one / (one + Exp<Isa, T, 1>(opposite));
}

// exp(2|x|) - 1 =: e, and tanh|x| = e / (e + 2). Taking 1 from a scale is exact for powers of two
// only.
template <class Isa, class T>
typename Isa::template Vector<T> Tanh(typename Isa::template Vector<T> x) {
  using E = Elementary<T>;
  const auto bits = Isa::ToBits(x);
  const auto sign_bit = Isa::ToBits(Isa::All(-T(0)));
  const auto magnitude = Isa::template FromBits<T>(
      Isa::And(bits, Isa::All(static_cast<BitsOf<T>>(~BitsOf<T>(0) >> 1))));
  const ExpParts<Isa, T, 1> parts(Isa::Min(Isa::All(E::kGreatest / 2), magnitude) * Isa::All(T(2)));
  const auto e = Isa::Fma(parts.rest, parts.scale, parts.scale - Isa::All(T(1)));
  const auto value = e / (e + Isa::All(T(2)));
  return Isa::template FromBits<T>(Isa::Or(Isa::ToBits(value), Isa::And(bits, sign_bit)));
}

// The logarithm of positive normal numbers; NaN and infinity give NaN.
// x = 2^k m with m in [sqrt(1/2), sqrt(2)), and log m = 2 artanh s with s = (m - 1) / (m + 1).
template <class Isa, class T>
typename Isa::template Vector<T> Log(typename Isa::template Vector<T> x) {
  using E = Elementary<T>;
  using U = BitsOf<T>;
  constexpr U kOne = std::bit_cast<U>(T(1));
  constexpr U kRootOfHalf = std::bit_cast<U>(static_cast<T>(0.70710678118654752440));
  constexpr T kShift = static_cast<T>(U(1) << E::kMantissaBits);

  const auto bits = Isa::ToBits(x);
  const auto biased =
      Isa::template ShiftRight<E::kMantissaBits>(bits + Isa::All(U(kOne - kRootOfHalf)));
  const auto exponent_bits = Isa::template ShiftLeft<E::kMantissaBits>(biased) - Isa::All(kOne);
  const auto m = Isa::template FromBits<T>(bits - exponent_bits);
  // `biased` becomes a number by its place behind the binary point of 2^mantissa.
  const auto k = Isa::template FromBits<T>(Isa::Or(biased, Isa::ToBits(Isa::All(kShift)))) -
                 Isa::All(kShift + static_cast<T>(E::kExponentBias));

  const auto f = m - Isa::All(T(1));
  const auto s = f / (f + Isa::All(T(2)));
  const auto s2 = s * s;
  static constexpr auto kCoefficients = LogCoefficients<T, E::kLogTerms>();
  const auto series = s2 * Polynomial<Isa, T>(s2, kCoefficients);
  // 2 s = f - s f, so log m = f - s (f - series).
  const auto tail = Isa::Fma(k, Isa::All(E::kLn2Low), Isa::Fma(s, series - f, f));
  return Isa::Fma(k, Isa::All(E::kLn2High), tail) + (x - x);
}

}  // namespace mlp
