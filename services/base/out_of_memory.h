// Work that may be too large for the machine, and an allocation that fails as an error value.
//
// Whoever has something computed whose size others choose (a model, a file, a message) wraps it, so
// that this fails and the process goes on. Re-entrant.
#pragma once

#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace mlp {

// ResourceExhausted: `what` (a task, say) has not got the memory that it needs. `bytes` is about
// how much that is; 0: not known.
absl::Status OutOfMemory(const std::string& what, std::uint64_t bytes = 0);

// Returns a function that returns work(), a Status or a StatusOr; OutOfMemory(what, bytes) if an
// allocation fails in it. `what` is a literal.
template <class Work>
auto WithinMemory(const char* what, std::uint64_t bytes, Work work) {
  return [what, bytes, work = std::move(work)]() mutable -> decltype(work()) {
    try {
      return work();
    } catch (const std::bad_alloc&) {
      return OutOfMemory(what, bytes);
    } catch (const std::length_error&) {  // more than any memory could hold
      return OutOfMemory(what, bytes);
    }
  };
}
template <class Work>
auto WithinMemory(const char* what, Work work) {
  return WithinMemory(what, 0, std::move(work));
}

}  // namespace mlp
