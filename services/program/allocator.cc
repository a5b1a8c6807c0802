#include "services/program/allocator.h"

#include <cstddef>

#ifdef MLP_TCMALLOC
#include <gperftools/malloc_extension_c.h>
#endif

namespace mlp::program {
namespace {

[[maybe_unused]] constexpr std::size_t kThreadsKeep = std::size_t{4} << 20;
[[maybe_unused]] constexpr std::size_t kManyPages = std::size_t{32} << 20;  // in bytes

void BoundThreadCaches() {
#ifdef MLP_TCMALLOC
  MallocExtension_SetNumericProperty("tcmalloc.max_total_thread_cache_bytes", kThreadsKeep);
#endif
}

}  // namespace

void HoldFreedPages() { BoundThreadCaches(); }

void HoldLittleFreedMemory() {
  BoundThreadCaches();
#ifdef MLP_TCMALLOC
  MallocExtension_SetNumericProperty("tcmalloc.aggressive_memory_decommit", 1);
#endif
}

std::uint64_t HeldFreedBytes() {
  std::size_t freed = 0;
#ifdef MLP_TCMALLOC
  MallocExtension_GetNumericProperty("tcmalloc.pageheap_free_bytes", &freed);
#endif
  return freed;
}

void GiveBackManyFreedPages() {
#ifdef MLP_TCMALLOC
  if (HeldFreedBytes() > kManyPages) MallocExtension_ReleaseFreeMemory();
#endif
}

}  // namespace mlp::program
