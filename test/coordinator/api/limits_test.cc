// The table of limits in docs/operations.md.

#include "services/rpc/limits.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/coordinator/api/job_service.h"
#include "services/coordinator/api/predict_rows.h"
#include "services/coordinator/datasets/file_vault.h"
#include "services/coordinator/job/job_spec.h"
#include "services/coordinator/job/model_record.h"
#include "services/coordinator/membership/membership.h"
#include "services/coordinator/run/coordinator.h"
#include "services/rpc/server_call.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {
namespace {

TEST_CASE("the manual has the limits of the code") {
  const std::string manual = test::ContentOf(MLP_SOURCE_DIR "/docs/operations.md");
  const std::vector<std::pair<std::string, std::string>> limits = {
      {"jobs that wait", absl::StrCat(kMaxPendingJobs)},
      {"streams of events", absl::StrCat(kMaxWatchers)},
      {"files on their way to the coordinator", absl::StrCat(kMaxUploads)},
      {"nodes", absl::StrCat(kMaxNodes)},
      {"imported models", absl::StrCat(kMaxImportedModels)},
      {"rows of one prediction", absl::StrCat(kMaxPredictRows)},
      {"a message", absl::StrCat(rpc::kMaxMessageBytes >> 20, " MiB")},
      {"silence of a client that sends a stream", absl::StrCat(rpc::kMaxSilence.count(), " s")},
      {"rounds of a job", absl::StrCat(kMaxRounds)},
  };
  for (const auto& [what, limit] : limits) {
    CHECK_THAT(manual, Catch::Contains(absl::StrCat("\n| ", what, " | ", limit, " | ")));
  }
}

}  // namespace
}  // namespace mlp::coordinator
