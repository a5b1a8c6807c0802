// The programs that serve allocate with tcmalloc: a call costs gRPC many small objects, and with
// the C library's allocator a task costs the coordinator some 40 % more.
//
// Only the programs are linked to tcmalloc, and not with sanitizers, which bring an allocator of
// their own.
#pragma once

#include <cstdint>

namespace mlp::program {

// Makes the program hold little more than it uses from here on. Freed pages go back to the system
// at once, because the memory of a large model would stay otherwise. Threads keep few freed
// objects. Any thread.
void HoldLittleFreedMemory();

// Makes threads keep few freed objects from here on, and the program keep freed pages. It is for a
// program that takes as many again and again, as a node does for each task: without them the
// letters job takes a tenth longer. Any thread.
void HoldFreedPages();
// Gives freed pages back to the system if they are more than 32 MiB. Takes milliseconds then. Any
// thread.
void GiveBackManyFreedPages();
// The bytes of freed pages that the program keeps. They count as its memory, and its next
// allocations get them. Any thread.
std::uint64_t HeldFreedBytes();

}  // namespace mlp::program
