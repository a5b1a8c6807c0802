// The programs that serve allocate with tcmalloc: a call costs gRPC some hundred small objects,
// which the C library's allocator is a third slower with.
//
// tcmalloc is linked to the programs alone, and not where sanitizers bring an allocator of their
// own.
#pragma once

namespace mlp {

// From here on pages that are freed go back to the system at once, so that a program holds no more
// than it needs: what a large model once took would stay else. Any thread.
void ReturnFreedPages();

}  // namespace mlp
