// Vectors of numbers, of one width for each instruction set, with the few operations that the
// kernels need. All of them are exact or rounded once as IEEE 754 says, so an element's value does
// not depend on which of the vectors it is in.
//
// Only translation units of one instruction set include it, such as those of the kernels:
// everything that they instantiate must carry that set in its type.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

namespace mlp {

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

// One number: any machine with a fused multiply-add, and the reference for the others.
struct ScalarFma {
  template <class T>
  struct Vector {
    static constexpr std::size_t size = 1;
    T value;
    friend Vector operator+(Vector a, Vector b) { return {a.value + b.value}; }
    friend Vector operator-(Vector a, Vector b) { return {a.value - b.value}; }
    friend Vector operator*(Vector a, Vector b) { return {a.value * b.value}; }
    friend Vector operator/(Vector a, Vector b) { return {a.value / b.value}; }
  };

  template <class T>
  static Vector<T> All(T value) {
    return {value};
  }
  template <class T>
  static Vector<T> Load(const T* from) {
    return {*from};
  }
  template <class T>
  static void Store(T* to, Vector<T> a) {
    *to = a.value;
  }
  // a * b + c, rounded once.
  static Vector<float> Fma(Vector<float> a, Vector<float> b, Vector<float> c) {
    return {__builtin_fmaf(a.value, b.value, c.value)};
  }
  static Vector<double> Fma(Vector<double> a, Vector<double> b, Vector<double> c) {
    return {__builtin_fma(a.value, b.value, c.value)};
  }
  // The greater one, the smaller one; `b` if they are equal or one is NaN.
  template <class T>
  static Vector<T> Max(Vector<T> a, Vector<T> b) {
    return {a.value > b.value ? a.value : b.value};
  }
  template <class T>
  static Vector<T> Min(Vector<T> a, Vector<T> b) {
    return {a.value < b.value ? a.value : b.value};
  }
  // 1 if a > b, else 0.
  template <class T>
  static Vector<T> OneWhereGreater(Vector<T> a, Vector<T> b) {
    return {a.value > b.value ? T(1) : T(0)};
  }
  // `value` if a > b (a >= b), else 0.
  template <class T>
  static Vector<T> WhereGreater(Vector<T> a, Vector<T> b, Vector<T> value) {
    return {a.value > b.value ? value.value : T(0)};
  }
  template <class T>
  static Vector<T> WhereNotLess(Vector<T> a, Vector<T> b, Vector<T> value) {
    return {a.value >= b.value ? value.value : T(0)};
  }
  template <class T>
  static Vector<BitsOf<T>> ToBits(Vector<T> a) {
    return {std::bit_cast<BitsOf<T>>(a.value)};
  }
  template <class T>
  static Vector<T> FromBits(Vector<BitsOf<T>> a) {
    return {std::bit_cast<T>(a.value)};
  }
  template <int kBits, class U>
  static Vector<U> ShiftLeft(Vector<U> a) {
    return {a.value << kBits};
  }
  template <int kBits, class U>
  static Vector<U> ShiftRight(Vector<U> a) {
    return {a.value >> kBits};
  }
  template <class U>
  static Vector<U> And(Vector<U> a, Vector<U> b) {
    return {a.value & b.value};
  }
  template <class U>
  static Vector<U> Or(Vector<U> a, Vector<U> b) {
    return {a.value | b.value};
  }
  // The entry whose index is in the low 4 bits.
  template <class T>
  static Vector<T> Lookup(const std::array<T, 16>& table, Vector<BitsOf<T>> index) {
    return {table[index.value & 15]};
  }
  // Lane i of vector j is from[i * stride + j].
  template <class T>
  static void LoadTransposed(const T* from, std::size_t, Vector<T> (&tile)[1]) {
    tile[0] = Load(from);
  }
};

// The same on xsimd's batches of one architecture.
template <class Arch>
struct Xsimd {
  template <class T>
  using Vector = xsimd::batch<T, Arch>;

  template <class T>
  static Vector<T> All(T value) {
    return Vector<T>(value);
  }
  template <class T>
  static Vector<T> Load(const T* from) {
    return Vector<T>::load_unaligned(from);
  }
  template <class T>
  static void Store(T* to, Vector<T> a) {
    a.store_unaligned(to);
  }
  template <class T>
  static Vector<T> Fma(Vector<T> a, Vector<T> b, Vector<T> c) {
#ifdef __AVX512F__
    // xsimd 8.1 has no fused multiply-add for it, and would round twice.
    if constexpr (std::is_same_v<T, float>) {
      return Vector<T>(_mm512_fmadd_ps(a, b, c));
    } else {
      return Vector<T>(_mm512_fmadd_pd(a, b, c));
    }
#else
    return xsimd::fma(a, b, c);
#endif
  }
  template <class T>
  static Vector<T> Max(Vector<T> a, Vector<T> b) {
    return xsimd::max(a, b);
  }
  template <class T>
  static Vector<T> Min(Vector<T> a, Vector<T> b) {
    return xsimd::min(a, b);
  }
  template <class T>
  static Vector<T> OneWhereGreater(Vector<T> a, Vector<T> b) {
    return xsimd::select(a > b, All(T(1)), All(T(0)));
  }
  template <class T>
  static Vector<T> WhereGreater(Vector<T> a, Vector<T> b, Vector<T> value) {
    return xsimd::select(a > b, value, All(T(0)));
  }
  template <class T>
  static Vector<T> WhereNotLess(Vector<T> a, Vector<T> b, Vector<T> value) {
    return xsimd::select(a >= b, value, All(T(0)));
  }
  template <class T>
  static Vector<BitsOf<T>> ToBits(Vector<T> a) {
    return xsimd::bitwise_cast<Vector<BitsOf<T>>>(a);
  }
  template <class T>
  static Vector<T> FromBits(Vector<BitsOf<T>> a) {
    return xsimd::bitwise_cast<Vector<T>>(a);
  }
  template <int kBits, class U>
  static Vector<U> ShiftLeft(Vector<U> a) {
    return a << kBits;
  }
  template <int kBits, class U>
  static Vector<U> ShiftRight(Vector<U> a) {
    return a >> kBits;
  }
  template <class U>
  static Vector<U> And(Vector<U> a, Vector<U> b) {
    return a & b;
  }
  template <class U>
  static Vector<U> Or(Vector<U> a, Vector<U> b) {
    return a | b;
  }
  template <class T>
  static Vector<T> Lookup(const std::array<T, 16>& table, Vector<BitsOf<T>> index) {
    const T* const entries = table.data();
#ifdef __AVX512F__
    if constexpr (std::is_same_v<T, float>) {
      return Vector<T>(_mm512_permutexvar_ps(index, _mm512_loadu_ps(entries)));
    } else {
      return Vector<T>(
          _mm512_permutex2var_pd(_mm512_loadu_pd(entries), index, _mm512_loadu_pd(entries + 8)));
    }
#else
    if constexpr (std::is_same_v<T, float>) {
      const __m256 lower = _mm256_permutevar8x32_ps(_mm256_loadu_ps(entries), index);
      const __m256 upper = _mm256_permutevar8x32_ps(_mm256_loadu_ps(entries + 8), index);
      const __m256i fourth_bit = _mm256_slli_epi32(index, 28);
      return Vector<T>(_mm256_blendv_ps(lower, upper, _mm256_castsi256_ps(fourth_bit)));
    } else {
      // One by one: gathering is slow on many processors.
      const auto entry = [&](std::int64_t bits) { return entries[bits & 15]; };
      const __m256i all = index;
      const __m128i low = _mm256_castsi256_si128(all), high = _mm256_extracti128_si256(all, 1);
      return Vector<T>(
          _mm256_setr_pd(entry(_mm_cvtsi128_si64(low)), entry(_mm_extract_epi64(low, 1)),
                         entry(_mm_cvtsi128_si64(high)), entry(_mm_extract_epi64(high, 1))));
    }
#endif
  }
  // Lane i of vector j is from[i * stride + j]. Exchanges the two blocks off the diagonal, then
  // does so within each of the four. The loads make the first exchange, because few execution
  // units can move values between the lanes.
  template <class T, std::size_t kLanes>
  static void LoadTransposed(const T* from, std::size_t stride, Vector<T> (&tile)[kLanes]) {
    constexpr std::size_t kHalf = kLanes / 2;
    for (std::size_t i = 0; i < kHalf; ++i, from += stride) {
      const T* const lower = from + kHalf * stride;
      tile[i] = LoadHalves(from, lower);
      tile[i + kHalf] = LoadHalves(from + kHalf, lower + kHalf);
    }
    [&]<std::size_t... kStep>(std::index_sequence<kStep...>) {
      (ExchangeBlocks<(kHalf / 2 >> kStep)>(tile, std::make_index_sequence<kLanes>()), ...);
    }
    (std::make_index_sequence<std::bit_width(kHalf) - 1>());
  }

 private:
  // The first half of the lanes from one place, the second from another. The compilers make a
  // shuffle of anything more general.
  template <class T>
  static Vector<T> LoadHalves(const T* first, const T* second) {
    const auto* const lower = reinterpret_cast<const double*>(first);
    const auto* const upper = reinterpret_cast<const double*>(second);
#ifdef __AVX512F__
    const __m512d both = _mm512_insertf64x4(_mm512_castpd256_pd512(_mm256_loadu_pd(lower)),
                                            _mm256_loadu_pd(upper), 1);
#else
    const __m256d both =
        _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(lower)), _mm_loadu_pd(upper), 1);
#endif
    return std::bit_cast<typename Vector<T>::register_type>(both);
  }
  // Exchanges blocks of kHalf x kHalf values, in all diagonal blocks of twice the size.
  template <std::size_t kHalf, class T, std::size_t kLanes, std::size_t... kLane>
  static void ExchangeBlocks(Vector<T> (&tile)[kLanes], std::index_sequence<kLane...>) {
    (Exchange<kHalf, kLane>(tile, std::make_index_sequence<kLanes>()), ...);
  }
  template <std::size_t kHalf, std::size_t kRow, class T, std::size_t kLanes, std::size_t... kLane>
  static void Exchange(Vector<T> (&tile)[kLanes], std::index_sequence<kLane...>) {
    if constexpr ((kRow & kHalf) == 0) {
      const auto upper = tile[kRow].data, lower = tile[kRow + kHalf].data;
      tile[kRow].data = __builtin_shufflevector(
          upper, lower, ((kLane & kHalf) == 0 ? kLane : kLane - kHalf + kLanes)...);
      tile[kRow + kHalf].data = __builtin_shufflevector(
          upper, lower, ((kLane & kHalf) == 0 ? kLane + kHalf : kLane + kLanes)...);
    }
  }
};

}  // namespace mlp
