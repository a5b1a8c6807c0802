// Numbers in one piece of memory that begins at a line of the cache.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace mlp {

// Leaves elements as they are in memory if the container gets no value for them: memory that is
// about to be written need not be zeroed, and its pages are not touched before.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* data, std::size_t) noexcept { ::operator delete(data, kAlignment); }
  void construct(T* place) noexcept { ::new (static_cast<void*>(place)) T; }

  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) = default;
};

// Vector<T>(size) has elements of any value; Vector<T>(size, 0) is zero.
template <class T>
using Vector = std::vector<T, AlignedAllocator<T>>;

}  // namespace mlp
