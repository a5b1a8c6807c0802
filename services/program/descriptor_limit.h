// How many files and connections the process may have open.
#pragma once

namespace mlp::program {

// Raises the limit to what this user may have without asking: login shells and service managers
// start programs with 1,024, which is a few hundred nodes. Call it first in main.
void RaiseDescriptorLimit();

}  // namespace mlp::program
