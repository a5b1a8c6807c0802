// What a server has is its user's alone: its files, and its memory after a crash.
#pragma once

namespace mlp::program {

// Takes all permissions of others from the files and directories that this process makes from here
// on (umask 077). What is there already keeps its permissions, and a directory's default ACL still
// decides about the files in it. Call it before the first file is made.
void KeepFilesPrivate();

// Makes a core dump of this process hold no memory: neither a file, nor what the system hands to a
// program that collects dumps. Any thread.
void KeepMemoryOutOfCoreDumps();

}  // namespace mlp::program
