#include "cli/job/train.h"

#include <chrono>
#include <cstdint>
#include <random>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/errors.h"
#include "cli/client/job_client.h"
#include "cli/job/follow.h"
#include "cli/model/models.h"
#include "services/local/local_cluster.h"

namespace mlp::cli {
namespace {

// Tries again if the connection broke before the answer came. The request's id makes it the same
// job.
constexpr RetryPolicy kSubmission{.tries = 2, .pause = std::chrono::milliseconds(300)};

// A UUID of version 4.
std::string RandomUuid() {
  std::random_device device;
  std::uniform_int_distribution<std::uint64_t> draw;
  const std::uint64_t high = (draw(device) & ~0xf000u) | 0x4000u;
  const std::uint64_t low = (draw(device) & ~(3ull << 62)) | (2ull << 62);
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, high >> 16 & 0xffff,
                         high & 0xffff, low >> 48, low & 0xffffffffffff);
}

v1::CreateJobRequest RequestFor(const TrainCommand& command, const std::string& dataset) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = command.spec;
  request.mutable_spec()->set_dataset(dataset);
  request.set_request_id(command.request_id.empty() ? RandomUuid() : command.request_id);
  return request;
}

void SaySubmitted(const Session& session, const v1::Job& job) {
  session.terminal.out << job.id() << " submitted: " << job.spec().dataset() << ", "
                       << CountText(job.shards(), "shard") << ", "
                       << CountText(job.spec().rounds(), "round") << " of "
                       << CountText(job.spec().epochs(), "epoch") << std::endl;
}

// The directory's absolute path. It ends in "/", so that its parent is the directory itself.
std::filesystem::path Normal(const std::filesystem::path& directory) {
  return std::filesystem::absolute(directory / "").lexically_normal();
}

bool IsDirectory(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// Says what makes a file a dataset, if the user gave one.
void HintAtFile(const Session& session, const std::filesystem::path& path, const char* command) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return;
  Log(session, absl::StrCat(path.string(), " is a file; `mlp-client dataset ", command, " ",
                            path.string(), "` makes it a dataset"));
}

// Nobody wants to hear after the training that its model cannot be written.
absl::Status CheckPlace(const std::filesystem::path& save) {
  if (save.empty()) return absl::OkStatus();
  if (IsDirectory(save)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--save ", save.string(), ": is a directory; give the name of a file"));
  }
  if (IsDirectory(save.has_parent_path() ? save.parent_path() : ".")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--save ", save.string(),
                                                 ": there is no directory ",
                                                 save.parent_path().string(), "; make it first"));
}

// Submits the job to the session's coordinator and follows it.
int TrainOn(const Session& session, const TrainCommand& command, const std::string& dataset) {
  JobClient client(session);
  const auto submitted = std::chrono::steady_clock::now();
  const auto created = client.CreateJob(RequestFor(command, dataset), kSubmission);
  if (!created.ok()) {
    if (absl::IsNotFound(created.status())) HintAtFile(session, command.dataset, "put");
    return Fail(session, created.status());
  }
  const v1::Job& job = created->job();
  if (!session.json) SaySubmitted(session, job);
  if (command.detach) {
    if (session.json) session.terminal.out << Json(*created) << std::endl;
    return kExitDone;
  }
  const int exit_code = Follow(session, client, job, {.from = 1, .submitted = submitted});
  if (exit_code == kExitInterrupted && !command.local) SayDetached(session, job);
  if (exit_code != kExitDone || command.save.empty()) return exit_code;
  ModelExportCommand save;
  save.model = job.id();
  save.output = command.save;
  return Run(session, save);
}

local::LocalClusterOptions ClusterOptions(const LocalOptions& local,
                                          const std::filesystem::path& data_dir) {
  local::LocalClusterOptions options;
  options.data_dir = data_dir;
  options.nodes = local.nodes;
  options.load_probabilities = local.load_probabilities;
  options.load_delay = local.load_delay;
  options.load_seed = local.load_seed;
  options.log_dir = local.log_dir;
  return options;
}

}  // namespace

int OnLocalCluster(const Session& session, const LocalOptions& local,
                   const std::filesystem::path& dataset, const OnCluster& run) {
  const std::filesystem::path path = local.data_dir / dataset;
  if (!IsDirectory(path)) {
    Log(session, absl::StrCat("there is no directory ", path.string(),
                              "; with --local, DATASET is a path to a dataset's directory"));
    HintAtFile(session, path, "split");
    return kExitFailed;
  }
  const bool apart = !local.data_dir.empty();  // from the dataset's name
  const auto data_dir = apart ? local.data_dir : Normal(path).parent_path().parent_path();
  const auto cluster = local::LocalCluster::Start(ClusterOptions(local, data_dir));
  if (!cluster.ok()) {
    Log(session, absl::StrCat("cannot start the local cluster: ", cluster.status().message()));
    return absl::IsInvalidArgument(cluster.status()) ? kExitUsage : kExitFailed;
  }
  const Session here{(*cluster)->coordinator_address(), session.json, session.terminal,
                     session.interrupt};
  return run(here, apart ? dataset.string() : DatasetName(path));
}

int Run(const Session& session, const TrainCommand& command) {
  if (const absl::Status place = CheckPlace(command.save); !place.ok()) {
    Log(session, std::string(place.message()));
    return kExitUsage;
  }
  if (command.local) {
    const auto train = [&command](const Session& here, const std::string& dataset) {
      return TrainOn(here, command, dataset);
    };
    const int exit_code = OnLocalCluster(session, *command.local, command.dataset, train);
    if (exit_code == kExitInterrupted) Log(session, "interrupted; the job and its cluster stop");
    return exit_code;
  }
  return TrainOn(session, command, DatasetName(command.dataset));
}

std::string DatasetName(const std::filesystem::path& dataset) {
  if (!IsDirectory(dataset)) return dataset.string();
  return Normal(dataset).parent_path().filename().string();
}

}  // namespace mlp::cli
