#include "services/node/run/lease.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/retry_after.h"

namespace mlp::node {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using async::Duration;

constexpr Duration kFirstTryAgain = 100ms;
constexpr Duration kLastTryAgain = 1s;
// The coordinator connects back after the first heartbeat: the first answers always say that it has
// not yet.
constexpr int kUnconnectedBefore = 3;

bool IsUnreachable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsCancelled(status);
}

}  // namespace

Lease::Lease(async::Clock& clock, CoordinatorLink& link, HeartbeatInfo who, std::uint64_t seed,
             Log say)
    : clock_(clock),
      link_(link),
      who_(std::move(who)),
      random_(seed),
      log_(std::move(say)),
      changed_(clock),
      told_(clock),
      try_again_(kFirstTryAgain) {}

async::Task<> Lease::Keep(std::stop_token stop) {
  while (!stop.stop_requested()) {
    HeartbeatInfo info = who_;
    const bool told_draining = info.draining;
    const absl::StatusOr<LeaseAnswer> answer = co_await link_.Heartbeat(std::move(info), stop);
    if (told_draining) {
      drain_told_ = true;
      told_.Notify();
    }
    if (stop.stop_requested()) break;
    Note(answer);
    const async::TimePoint next = clock_.Now() + PauseAfter(answer);
    if (who_.draining == told_draining) co_await changed_.WaitUntil(next, stop);
  }
  HeartbeatInfo farewell = who_;
  farewell.draining = true;
  farewell.leaving = true;
  // The result does not matter: without a farewell the lease ends by itself.
  (void)co_await link_.Heartbeat(std::move(farewell), std::stop_token());
}

void Lease::Hurry() {
  try_again_ = kFirstTryAgain;
  changed_.Notify();
}

void Lease::Drain() {
  who_.draining = true;
  changed_.Notify();
}

async::Task<> Lease::DrainTold(std::stop_token stop) {
  while (!drain_told_ && !stop.stop_requested()) co_await told_.Wait(stop);
}

void Lease::Note(const absl::StatusOr<LeaseAnswer>& answer) {
  const absl::Status& status = answer.status();
  if (IsUnreachable(status)) {
    SayOnce(Said::kLost, "",
            absl::StrCat(said_ == Said::kNothing ? "cannot reach" : "lost",
                         " the coordinator, trying again until it answers: ", status.message()));
    return;
  }
  if (!status.ok() || answer->standing == Standing::kRefused) {
    const std::string why(status.ok() ? answer->detail : status.message());
    // Whoever does not know the call is no coordinator.
    const bool wrong_server = absl::IsUnimplemented(status);
    SayOnce(Said::kRefused, why,
            absl::StrCat(wrong_server ? "cannot register: " : "the coordinator refuses this node: ",
                         why));
    return;
  }
  unconnected_ = answer->standing == Standing::kUnconnected ? unconnected_ + 1 : 0;
  if (answer->standing == Standing::kDrained && !who_.draining) {
    SayOnce(Said::kDrained, "", absl::StrCat("takes no new work: ", answer->detail));
  } else if (unconnected_ >= kUnconnectedBefore) {
    SayOnce(Said::kUnconnected, "",
            absl::StrCat("registered, but the coordinator cannot connect to this node (",
                         answer->detail, "); is --advertise right?"));
  } else if (unconnected_ == 0) {
    SayOnce(Said::kUp, "", absl::StrCat("registered with the coordinator as ", who_.name));
  }
}

void Lease::SayOnce(Said what, const std::string& why, const std::string& words) {
  if (what == said_ && why == said_why_) return;
  said_ = what;
  said_why_ = why;
  const bool fine = what == Said::kUp || what == Said::kDrained;
  log_(!fine, words);
}

Duration Lease::PauseAfter(const absl::StatusOr<LeaseAnswer>& answer) {
  if (answer.ok()) {
    try_again_ = kFirstTryAgain;
    return Jittered(std::max<Duration>(answer->interval, 1ms));
  }
  if (const auto retry_after = RetryAfterOf(answer.status())) {
    return Jittered(std::max<Duration>(*retry_after, kFirstTryAgain));
  }
  if (!IsUnreachable(answer.status())) return Jittered(kLastTryAgain);
  const Duration pause = try_again_;
  try_again_ = std::min(2 * try_again_, kLastTryAgain);
  return Jittered(pause);
}

Duration Lease::Jittered(Duration duration) {
  // std::uniform_real_distribution may draw other numbers elsewhere.
  const double draw = static_cast<double>(random_() >> 11U) * 0x1.0p-53;  // 0 to 1
  return std::chrono::duration_cast<Duration>(duration * (0.9 + 0.2 * draw));
}

}  // namespace mlp::node
