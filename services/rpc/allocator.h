// The programs that serve allocate with tcmalloc: a call costs gRPC some hundred small objects,
// which the C library's allocator is a third slower with.
//
// tcmalloc is linked to the programs alone, and not where sanitizers bring an allocator of their
// own.
#pragma once

namespace mlp {

// From here on a program holds little more than it uses: pages that are freed go back to the system
// at once, where what a large model once took would stay else, and threads keep few freed objects.
// Any thread.
void HoldLittleFreedMemory();

}  // namespace mlp
