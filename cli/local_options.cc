#include "cli/local_options.h"

#include <string>

#include "services/base/duration_text.h"

namespace mlp::cli {

void AddLocalOptions(CLI::App& app, LocalOptions& local, CLI::Option* nodes) {
  app.add_option("--load-probability", local.load_probabilities,
                 "Of injected load: one for all nodes, or one each: 0.2,0.4,0.6,0.8 [0]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(nodes);
  app.add_option_function<std::string>(
         "--load-delay",
         [&](const std::string& text) {
           const auto delay = ParseDuration(text);
           if (!delay.ok()) {
             throw CLI::ValidationError("--load-delay", std::string(delay.status().message()));
           }
           local.load_delay = *delay;
         },
         "How long injected load holds a task up: 20ms, 3s, 1m [3s]")
      ->type_name("DURATION")
      ->needs(nodes);
  app.add_option("--load-seed", local.load_seed, "Of the injected load [1]")->needs(nodes);
  app.add_option("--data-dir", local.data_dir,
                 "Directory that DATASET is looked up in [the one that DATASET is in]")
      ->needs(nodes);
  app.add_option("--log-dir", local.log_dir,
                 "Directory for the job's log, one event a line as JSON [it is not kept]")
      ->needs(nodes);
}

}  // namespace mlp::cli
