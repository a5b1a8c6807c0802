// An experiment that hardly takes time.
#pragma once

#include <string>

namespace mlp::experiment {

inline const std::string kTiny = R"(title = "A tiny <experiment>"
rounds = 2
nodes = 2
load_delay = "1s"
time_scale = 0.01
repeats = 3

[task]
shards = 4
compute_time = "10ms"

[[load]]
label = "half"
probabilities = 0.5

[[load]]
label = "one, other"
probabilities = [0, 0.9]

[[policy]]
label = "random"
policy = "random"
known = [5, 6]
published = [7.5, 8.25]

[[policy]]
label = "pull | shipped"
policy = "pull"
)";

}  // namespace mlp::experiment
