// The programs that serve allocate with tcmalloc: a call costs gRPC many small objects, and with
// the C library's allocator a task costs the coordinator some 40 % more.
//
// tcmalloc is linked to the programs alone, and not where sanitizers bring an allocator of their
// own.
#pragma once

namespace mlp::program {

// From here on a program holds little more than it uses: pages that are freed go back to the system
// at once, where what a large model once took would stay else, and threads keep few freed objects.
// Any thread.
void HoldLittleFreedMemory();

// From here on threads keep few freed objects, and the program keeps freed pages: for one that
// takes as many again and again, as a node does for each task. Without them the letters job takes a
// tenth longer. Any thread.
void HoldFreedPages();
// Gives freed pages back to the system where they are more than 32 MiB. Takes milliseconds then.
// Any thread.
void GiveBackManyFreedPages();

}  // namespace mlp::program
