// The style and the script of the timeline's page: page.css and page.js, built into the program.
#pragma once

namespace mlp::cli::timeline {

extern const char kPageStyle[];
extern const char kPageScript[];

}  // namespace mlp::cli::timeline
