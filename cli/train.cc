#include "cli/train.h"

#include <chrono>
#include <cstdint>
#include <random>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/connection.h"
#include "cli/errors.h"
#include "cli/follow.h"

namespace mlp::cli {
namespace {

constexpr int kSubmissions = 3;
constexpr std::chrono::milliseconds kPause(300);

// A UUID of version 4.
std::string RandomUuid() {
  std::random_device device;
  std::uniform_int_distribution<std::uint64_t> draw;
  const std::uint64_t high = (draw(device) & ~0xf000u) | 0x4000u;
  const std::uint64_t low = (draw(device) & ~(3ull << 62)) | (2ull << 62);
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, high >> 16 & 0xffff,
                         high & 0xffff, low >> 48, low & 0xffffffffffff);
}

v1::CreateJobRequest RequestFor(const TrainCommand& command) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = command.spec;
  request.mutable_spec()->set_dataset(DatasetName(command.dataset));
  request.set_request_id(command.request_id.empty() ? RandomUuid() : command.request_id);
  return request;
}

// Again when the connection broke before the answer came: the request's id makes it the same job.
absl::StatusOr<v1::CreateJobResponse> Submit(Connection& connection,
                                             const v1::CreateJobRequest& request) {
  for (int left = kSubmissions - 1;; --left) {
    auto created = connection.Call(connection.jobs(), &v1::JobService::Stub::CreateJob, request);
    if (!absl::IsUnavailable(created.status()) || left == 0) return created;
    if (connection.interrupt().WaitFor(kPause)) return created;
  }
}

void SaySubmitted(const Session& session, const v1::Job& job) {
  session.terminal.out << absl::StreamFormat("%s submitted: %s, %d shards, %d rounds of %d epochs",
                                             job.id(), job.spec().dataset(), job.shards(),
                                             job.spec().rounds(), job.spec().epochs())
                       << std::endl;
}

}  // namespace

int Run(const Session& session, const TrainCommand& command) {
  Connection connection(session.coordinator, session.interrupt);
  const auto submitted = std::chrono::steady_clock::now();
  const auto created = Submit(connection, RequestFor(command));
  if (!created.ok()) return Fail(session, created.status());
  const v1::Job& job = created->job();
  if (!session.json) SaySubmitted(session, job);
  if (command.detach) {
    if (session.json) session.terminal.out << Json(*created) << std::endl;
    return kExitDone;
  }
  const int exit_code = Follow(session, connection, job, {.from = 1, .submitted = submitted});
  if (exit_code == kExitInterrupted) SayDetached(session, job);
  return exit_code;
}

std::string DatasetName(const std::filesystem::path& dataset) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(dataset, ignored)) return dataset.string();
  const auto path = std::filesystem::absolute(dataset / "").lexically_normal();  // ends in "/"
  return path.parent_path().filename().string();
}

}  // namespace mlp::cli
