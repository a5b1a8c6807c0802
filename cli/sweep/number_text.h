// Numbers as one types them. Pure.
#pragma once

#include <string>

namespace mlp::cli::sweep {

// The shortest text that is read as this number again: "0.01", "1000000", "1e-08".
std::string NumberText(double number);

}  // namespace mlp::cli::sweep
