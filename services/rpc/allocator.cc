#include "services/rpc/allocator.h"

#ifdef MLP_TCMALLOC
#include <gperftools/malloc_extension_c.h>
#endif

namespace mlp {

void ReturnFreedPages() {
#ifdef MLP_TCMALLOC
  MallocExtension_SetNumericProperty("tcmalloc.aggressive_memory_decommit", 1);
#endif
}

}  // namespace mlp
