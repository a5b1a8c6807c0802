#include "cli/sweep/trials.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/client/errors.h"
#include "cli/client/event_stream.h"
#include "cli/client/job_client.h"
#include "cli/job/follow.h"
#include "cli/show/progress.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"

namespace mlp::cli::sweep {
namespace {

constexpr RetryPolicy kFirstSubmission{.tries = 2, .pause = std::chrono::milliseconds(300)};
constexpr int kMaxLosses = 3;

bool HasEnded(const v1::Job& job) {
  return job.state() == v1::JOB_STATE_SUCCEEDED || job.state() == v1::JOB_STATE_FAILED ||
         job.state() == v1::JOB_STATE_CANCELLED;
}

// True if the coordinator refuses these settings; it may accept others.
bool IsTrialsOwn(const absl::Status& error) {
  const bool refused = absl::IsInvalidArgument(error) || absl::IsNotFound(error) ||
                       absl::IsFailedPrecondition(error);
  return refused && FieldOf(error) != "spec.dataset";
}

absl::Status Advised(const absl::Status& error) {
  if (!absl::IsAlreadyExists(error)) return error;
  return absl::AlreadyExistsError(
      absl::StrCat(error.message(), ": --name NAME begins the sweep anew"));
}

}  // namespace

Trials::Trials(const Session& session, const Plan& plan, const std::string& name,
               const std::string& dataset, TrialsSink sink)
    : session_(session),
      plan_(plan),
      name_(name),
      dataset_(dataset),
      sink_(std::move(sink)),
      client_(std::make_unique<JobClient>(session)) {}

Trials::~Trials() = default;

absl::Status Trials::Run() {
  while (next_ < plan_.trials() || !outstanding_.empty()) {
    if (session_.interrupt.happened()) return absl::CancelledError("interrupted");
    if (absl::Status status = Fill(); !status.ok()) return status;
    if (outstanding_.empty()) continue;
    if (absl::Status status = Settle(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::vector<std::string> Trials::Outstanding() const {
  std::vector<std::string> ids;
  for (const Submitted& submitted : outstanding_) ids.push_back(submitted.job.id());
  return ids;
}

absl::Status Trials::Fill() {
  while (next_ < plan_.trials() && outstanding_.size() < kMaxOutstanding) {
    const absl::StatusOr<v1::Job> job = Submit(next_);
    if (absl::IsResourceExhausted(job.status())) {
      if (outstanding_.empty()) WaitForRoom(job.status());
      return absl::OkStatus();
    }
    if (!job.ok() && !IsTrialsOwn(job.status())) return Advised(job.status());
    if (!job.ok()) {
      End({.trial = next_, .job = {}, .problem = ErrorText(job.status(), session_.coordinator)});
    } else if (HasEnded(*job)) {
      End(OutcomeOf(next_, *job));
    } else {
      outstanding_.push_back({.trial = next_, .job = *job});
    }
    ++next_;
  }
  return absl::OkStatus();
}

absl::Status Trials::Settle() {
  Submitted& oldest = outstanding_.front();
  const absl::StatusOr<v1::Job> job = AwaitEnd(oldest);
  if (absl::IsNotFound(job.status())) {
    if (++oldest.losses <= kMaxLosses) return SubmitAgain(oldest);
    End({.trial = oldest.trial,
         .job = {},
         .problem = absl::StrCat("the coordinator has lost it ", oldest.losses, " times")});
  } else if (!job.ok()) {
    return job.status();
  } else {
    End(OutcomeOf(oldest.trial, *job));
  }
  outstanding_.pop_front();
  return absl::OkStatus();
}

absl::Status Trials::SubmitAgain(Submitted& lost) {
  Log(session_, absl::StrCat("the coordinator has lost ", lost.job.id(), ", trial ", lost.trial + 1,
                             "; submitting it again"));
  absl::StatusOr<v1::Job> job = Submit(lost.trial);
  if (absl::IsResourceExhausted(job.status())) {
    WaitForRoom(job.status());
    return absl::OkStatus();
  }
  if (!job.ok()) return Advised(job.status());
  lost.job = *std::move(job);
  return absl::OkStatus();
}

// A repeated submission is the same job, by its request id.
absl::StatusOr<v1::Job> Trials::Submit(std::size_t trial) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = SpecOf(plan_, trial, dataset_);
  request.set_request_id(RequestId(plan_, name_, trial));
  auto response = client_->CreateJob(request, answered_ ? RetryPolicy{} : kFirstSubmission);
  if (!response.ok()) return response.status();
  answered_ = true;
  return std::move(*response->mutable_job());
}

// The job as it ended. NotFound if the coordinator has lost it.
absl::StatusOr<v1::Job> Trials::AwaitEnd(const Submitted& submitted) {
  absl::StatusOr<v1::Job> job = Look(submitted.job);
  if (!job.ok() || HasEnded(*job)) return job;
  if (absl::Status status = Watch(submitted); !status.ok()) return status;
  return Look(submitted.job);
}

absl::StatusOr<v1::Job> Trials::Look(const v1::Job& job) {
  auto now = client_->GetJob(job.id(), RetryPolicy());
  if (absl::Status same = CheckSame(job, now); !same.ok()) return same;
  return std::move(*now->mutable_job());
}

absl::Status Trials::Watch(const Submitted& submitted) {
  Progress progress(submitted.job, /*live=*/true);
  const auto event = [&](const v1::JobEvent& event) {
    progress.Apply(event);
    sink_.progress(submitted.trial, absl::StrCat(submitted.job.id(), "  ", progress.Status()));
  };
  const auto lost = [&](const absl::Status& error) {
    Log(session_, absl::StrCat("lost the coordinator at ", session_.coordinator, " (",
                               error.message(), "); trying again"));
  };
  const auto same = [&] { return Look(submitted.job).status(); };
  return WatchEvents(*client_, submitted.job.id(), 1, {.event = event, .lost = lost, .same = same});
}

void Trials::WaitForRoom(const absl::Status& full) {
  if (!std::exchange(said_full_, true)) {
    Log(session_, absl::StrCat(full.message(), "; waiting for it"));
  }
  session_.interrupt.WaitFor(RetryAfterOf(full).value_or(std::chrono::seconds(1)));
}

}  // namespace mlp::cli::sweep
