#include "services/rpc/allocator.h"

#include <cstddef>

#ifdef MLP_TCMALLOC
#include <gperftools/malloc_extension_c.h>
#endif

namespace mlp {
namespace {

[[maybe_unused]] constexpr std::size_t kThreadsKeep = std::size_t{4} << 20;

}  // namespace

void HoldLittleFreedMemory() {
#ifdef MLP_TCMALLOC
  MallocExtension_SetNumericProperty("tcmalloc.max_total_thread_cache_bytes", kThreadsKeep);
  MallocExtension_SetNumericProperty("tcmalloc.aggressive_memory_decommit", 1);
#endif
}

}  // namespace mlp
