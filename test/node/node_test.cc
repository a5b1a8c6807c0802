#include "services/node/node.h"

#include <catch2/catch.hpp>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/async/task_group.h"
#include "services/async/virtual_clock.h"
#include "test/node/fake_source.h"
#include "test/node/shard_files.h"

namespace mlp::node {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

// Workers in virtual time whose work can be held back: a task computes as long as the test likes.
class HeldWorkers final : public async::Workers {
 public:
  explicit HeldWorkers(async::Clock& clock) : clock_(clock) {}

  void Run(std::function<void()> work, std::function<void()> done) override {
    waiting_.push_back([this, work = std::move(work), done = std::move(done)] {
      work();
      clock_.Post(done);
    });
    if (!held_) Release();
  }
  void Hold() { held_ = true; }
  // Lets what is held back run, and what comes later.
  void Release() {
    held_ = false;
    for (const auto& work : std::exchange(waiting_, {})) work();
  }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  async::Clock& clock_;
  std::vector<std::function<void()>> waiting_;
  bool held_ = false;
};

using Told = std::vector<std::string_view>;
const Told kAccepted = {"accepted"};
const Told kStarted = {"accepted", "started"};

// What one task was told, in order, and how it ended.
struct Story final : TaskObserver {
  async::Task<void> OnAccepted(std::size_t behind) override {
    queued_behind = behind;
    told.push_back("accepted");
    co_return;
  }
  async::Task<void> OnStarted(async::Duration queued, async::Duration held_up) override {
    queued_for = queued;
    held_up_for = held_up;
    told.push_back("started");
    co_return;
  }

  bool ended() const { return outcome.has_value(); }
  bool trained() const {
    return ended() && outcome->ok() && std::holds_alternative<SharedResult>(**outcome);
  }
  std::optional<Rejection> rejection() const {
    if (!ended() || !outcome->ok() || !std::holds_alternative<Rejection>(**outcome)) return {};
    return std::get<Rejection>(**outcome);
  }
  const TaskResult& result() const { return *std::get<SharedResult>(**outcome); }
  absl::StatusCode code() const { return outcome->status().code(); }

  Told told;
  std::size_t queued_behind = 0;
  async::Duration queued_for{-1};
  async::Duration held_up_for{-1};
  std::optional<absl::StatusOr<TaskOutcome>> outcome;
  async::Duration ended_after{-1};  // since the world began
  std::stop_source stop;
};

// Where a node has its shards from.
enum class From { kDirectory, kSource, kBoth };

// A node in virtual time with a small dataset, by default one that holds every task up for 3 s.
// Its tasks are stopped and ended with it.
struct World {
  explicit World(double load_probability = 1, From from = From::kDirectory)
      : node(OptionsFor(load_probability, from, data), clock, workers, shutdown.get_token(),
             from == From::kDirectory ? nullptr : &source) {
    request.data = data.Write("xor", "train_1.txt", kXor);
    request.model = ModelSpec{{2, 3, 2}, Activation::kTanh};
    request.parameters = std::make_shared<const Parameters>(
        InitialParameters(request.model, Precision::kFloat64, Initialization::kGlorotUniform, 1));
    request.options.epochs = 5;
    request.options.learning_rate = 0.1;
    request.rejectable = false;
    request.slots = 0;
  }
  ~World() {
    for (Story& story : stories) story.stop.request_stop();
    workers.Release();
    clock.RunAll();
  }

  static NodeOptions OptionsFor(double load_probability, From from, const DataDirectory& data) {
    NodeOptions options;
    options.name = std::string("a");  // g++ 12 warns of the assignment without
    if (from != From::kSource) options.data_dir = data.path();
    options.load.probability = load_probability;
    options.load.delay = 3s;
    return options;
  }

  // Offers the node a task; its story goes on as time does.
  Story& Offer() {
    Story& story = stories.emplace_back();
    tasks.Spawn(Follow(story));
    return story;
  }
  async::Task<void> Follow(Story& story) {
    TaskRequest copy = request;
    if (copy.job_id.empty()) copy.job_id = "job-" + std::to_string(stories.size());
    story.outcome = co_await node.Train(std::move(copy), story, story.stop.get_token());
    story.ended_after = clock.Now() - begin;
  }

  const DataDirectory data;
  async::VirtualClock clock;
  const async::TimePoint begin = clock.Now();
  HeldWorkers workers{clock};
  std::stop_source shutdown;
  FakeSource source{clock};
  Node node;
  TaskRequest request;
  std::list<Story> stories;
  async::TaskGroup tasks;
};

TEST_CASE("a task is accepted, started and trained as mlp::Train does it") {
  World world(0);
  const Story& story = world.Offer();
  world.clock.RunAll();
  REQUIRE(story.trained());
  CHECK(story.told == kStarted);
  CHECK(story.queued_behind == 0);
  CHECK(story.queued_for == 0s);
  CHECK(story.held_up_for == 0s);
  const Shard shard = ParseShard(kXor, "xor").value();
  const TrainingResult expected =
      Train(world.request.model, *world.request.parameters, shard, world.request.options).value();
  CHECK(story.result().training.gradient == expected.gradient);
  CHECK(story.result().training.epochs_run == 5);
  CHECK(story.result().training.training.loss == expected.training.loss);
  CHECK(world.node.finished_tasks() == 1);
  CHECK(world.node.active_tasks() == 0);
}

TEST_CASE("a task that comes again is answered with the result that was kept, at once") {
  World world;
  world.request.job_id = "job-1";
  const Story& first = world.Offer();
  world.clock.RunAll();
  REQUIRE(first.trained());
  REQUIRE(first.ended_after == 3s);
  world.request.offer = 1;
  const Story& again = world.Offer();
  world.clock.RunFor(0s);
  REQUIRE(again.trained());
  CHECK(again.told == kStarted);
  CHECK(again.held_up_for == 0s);
  CHECK(again.result().training.gradient == first.result().training.gradient);
  CHECK(world.node.finished_tasks() == 1);
  CHECK(world.node.active_tasks() == 0);
}

TEST_CASE("a task that was stopped before it was computed leaves no result") {
  World world(0);
  world.request.job_id = "job-1";
  world.workers.Hold();
  const Story& computing = world.Offer();
  Story& waiting = world.Offer();
  world.clock.RunFor(0s);
  waiting.stop.request_stop();
  world.workers.Release();
  world.clock.RunAll();
  REQUIRE(computing.trained());
  REQUIRE(waiting.code() == absl::StatusCode::kCancelled);
  CHECK(world.node.kept_results().Names().size() == 1);
}

TEST_CASE("a node that drains or rejects still answers with what it has kept") {
  World world(1);
  world.request.job_id = "job-1";
  world.Offer();
  world.clock.RunAll();
  world.request.rejectable = true;
  world.node.Drain();
  CHECK(world.Offer().trained());
}

TEST_CASE("tasks are trained one at a time, first come, first served") {
  World world;
  const Story& first = world.Offer();
  const Story& second = world.Offer();
  const Story& third = world.Offer();
  CHECK(world.node.active_tasks() == 3);
  world.clock.RunAll();
  REQUIRE(first.trained());
  REQUIRE(second.trained());
  REQUIRE(third.trained());
  CHECK(first.queued_behind == 0);
  CHECK(second.queued_behind == 1);
  CHECK(third.queued_behind == 2);
  CHECK(first.queued_for == 0s);
  CHECK(second.queued_for == 3s);
  CHECK(third.queued_for == 6s);
  CHECK(third.held_up_for == 3s);
  CHECK(third.ended_after == 9s);
}

TEST_CASE("a task that is held up has not started, and starts when the delay has passed") {
  World world;
  const Story& story = world.Offer();
  world.clock.RunFor(2999ms);
  CHECK(story.told == kAccepted);
  world.clock.RunFor(1ms);
  CHECK(story.told == kStarted);
  CHECK(story.held_up_for == 3s);
}

TEST_CASE("a second offer of the same shard in the same round is held up alike") {
  World world(0.5);
  for (int shard = 0; shard < 20; ++shard) {
    world.request.shard = shard;
    world.request.offer = 0;
    const Story& first = world.Offer();
    world.clock.RunAll();
    world.request.offer = 1;
    const Story& second = world.Offer();
    world.clock.RunAll();
    CHECK(first.held_up_for == second.held_up_for);
  }
}

TEST_CASE("a node that holds twice as many tasks as it has slots rejects the next one") {
  World world;
  world.request.slots = 2;
  for (int i = 0; i < 4; ++i) world.Offer();
  CHECK(world.node.active_tasks() == 4);
  const Story& story = world.Offer();
  CHECK(story.rejection() == Rejection::kBusy);
  CHECK(story.told.empty());
  CHECK(world.node.rejected_tasks() == 1);
  CHECK(world.node.active_tasks() == 4);
}

TEST_CASE("with slots, tasks are held up side by side and computed one after the other") {
  World world;
  world.request.slots = 3;
  const Story& first = world.Offer();
  const Story& second = world.Offer();
  const Story& third = world.Offer();
  CHECK(third.queued_behind == 2);
  world.clock.RunFor(2999ms);
  CHECK(first.told == kAccepted);
  CHECK(third.told == kAccepted);
  world.clock.RunAll();
  for (const Story* story : {&first, &second, &third}) {
    CHECK(story->trained());
    CHECK(story->held_up_for == 3s);
    CHECK(story->ended_after == 3s);  // computing takes no virtual time here
  }
}

TEST_CASE("with slots, a task that is not held up overtakes one that is") {
  World world(0.5);
  world.request.slots = 2;
  const LoadInjector draws(world.node.options().load, world.node.options().name);
  while (draws.HoldUp(world.request.round, world.request.shard) == 0s) ++world.request.shard;
  const Story& held_up = world.Offer();
  while (draws.HoldUp(world.request.round, world.request.shard) > 0s) ++world.request.shard;
  const Story& quick = world.Offer();
  world.clock.RunFor(1s);
  CHECK(quick.trained());
  CHECK(quick.queued_behind == 1);
  CHECK_FALSE(held_up.ended());
}

TEST_CASE("injected load rejects only a task that may be rejected") {
  World world(1);
  world.request.rejectable = true;
  CHECK(world.Offer().rejection() == Rejection::kLoad);
  world.request.rejectable = false;
  const Story& story = world.Offer();
  world.clock.RunAll();
  CHECK(story.trained());
}

TEST_CASE("a shard that is offered again may be accepted") {
  World world(0.8);
  world.request.rejectable = true;
  world.request.offer = 0;
  while (world.request.offer < 100 && world.Offer().rejection() == Rejection::kLoad) {
    ++world.request.offer;
  }
  world.clock.RunAll();
  CHECK(world.stories.back().trained());
  CHECK(world.node.rejected_tasks() == world.request.offer);
}

TEST_CASE("a task stopped in the queue leaves it, the others keep their turns") {
  World world;
  const Story& first = world.Offer();
  Story& second = world.Offer();
  const Story& third = world.Offer();
  world.clock.RunFor(1s);
  second.stop.request_stop();
  world.clock.RunFor(0s);
  REQUIRE(second.ended());
  CHECK(second.code() == absl::StatusCode::kCancelled);
  CHECK(second.told == kAccepted);
  CHECK(world.node.active_tasks() == 2);
  world.clock.RunAll();
  CHECK(first.ended_after == 3s);
  CHECK(third.ended_after == 6s);
}

TEST_CASE("a task stopped while it is held up frees the slot at once") {
  World world;
  Story& first = world.Offer();
  const Story& second = world.Offer();
  world.clock.RunFor(1s);
  first.stop.request_stop();
  world.clock.RunFor(0s);
  REQUIRE(first.ended());
  CHECK(first.code() == absl::StatusCode::kCancelled);
  world.clock.RunAll();
  CHECK(second.queued_for == 1s);
  CHECK(second.ended_after == 4s);
}

TEST_CASE("a task stopped while it computes ends cancelled and frees the slot") {
  World world(0);
  world.workers.Hold();
  Story& first = world.Offer();
  const Story& second = world.Offer();
  world.clock.RunAll();
  REQUIRE(first.told == kStarted);
  REQUIRE(world.workers.waiting() == 1);
  first.stop.request_stop();
  world.workers.Release();
  world.clock.RunAll();
  REQUIRE(first.ended());
  CHECK(first.code() == absl::StatusCode::kCancelled);
  CHECK(second.trained());
  CHECK(world.node.finished_tasks() == 1);
}

TEST_CASE("a task that was stopped before it came never starts") {
  World world(0);
  Story& story = world.stories.emplace_back();
  story.stop.request_stop();
  world.tasks.Spawn(world.Follow(story));
  world.clock.RunAll();
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kCancelled);
  CHECK(story.told == kAccepted);
}

TEST_CASE("shutdown ends what has not started and lets what computes finish") {
  World world(0);
  world.workers.Hold();
  const Story& computing = world.Offer();
  const Story& queued = world.Offer();
  world.clock.RunAll();
  world.shutdown.request_stop();
  world.clock.RunAll();
  REQUIRE(queued.ended());
  CHECK(queued.code() == absl::StatusCode::kUnavailable);
  CHECK_FALSE(computing.ended());
  CHECK(world.Offer().rejection() == Rejection::kShuttingDown);
  world.workers.Release();
  world.clock.RunAll();
  CHECK(computing.trained());
}

TEST_CASE("shutdown ends a task that is held up") {
  World world;
  const Story& story = world.Offer();
  world.clock.RunFor(1s);
  world.shutdown.request_stop();
  world.clock.RunFor(0s);
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("a shard is read once") {
  World world(0);
  world.Offer();
  world.clock.RunAll();
  std::filesystem::remove_all(world.data.path() / "xor");
  const Story& second = world.Offer();
  world.clock.RunAll();
  REQUIRE(second.trained());
  CHECK(second.result().load_time == 0s);
}

TEST_CASE("a task that fails frees the slot") {
  World world(0);
  SECTION("because its file is not there") { world.request.data.file = "train_2.txt"; }
  SECTION("because the shard does not fit the model") {
    world.request.model = ModelSpec{{3, 2}, Activation::kRelu};
    world.request.parameters =
        std::make_shared<const Parameters>(ZeroParameters(Precision::kFloat64, 8));
  }
  const Story& failed = world.Offer();
  world.clock.RunAll();
  REQUIRE(failed.ended());
  CHECK(failed.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(failed.outcome->status().message()), Catch::StartsWith("xor/train_"));
  CHECK(world.node.active_tasks() == 0);
  CHECK(world.node.finished_tasks() == 0);
}

TEST_CASE("training that diverges is out of range") {
  World world(0);
  world.request.model.activation = Activation::kIdentity;  // tanh would keep it bounded
  world.request.options.learning_rate = 1e300;
  const Story& story = world.Offer();
  world.clock.RunAll();
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kOutOfRange);
}

TEST_CASE("a node without a data directory fetches a shard, once") {
  World world(0, From::kSource);
  world.source.Add(kXor);
  world.source.takes = 2s;
  const Story& first = world.Offer();
  const Story& second = world.Offer();
  world.clock.RunAll();
  REQUIRE(first.trained());
  REQUIRE(second.trained());
  CHECK(first.result().load_time == 2s);
  CHECK(second.result().load_time == 0s);
  CHECK(world.source.asked.size() == 1);
}

TEST_CASE("what the data directory has is not fetched, what it lacks or has otherwise is") {
  World world(0, From::kBoth);
  world.source.Add(kXor);
  SECTION("there") {
    const Story& story = world.Offer();
    world.clock.RunAll();
    CHECK(story.trained());
    CHECK(world.source.asked.empty());
  }
  SECTION("missing") {
    std::filesystem::remove_all(world.data.path() / "xor");
    const Story& story = world.Offer();
    world.clock.RunAll();
    CHECK(story.trained());
    CHECK(world.source.asked.size() == 1);
  }
  SECTION("stale") {
    world.data.Write("xor", "train_1.txt", "1,1,1\n");
    const Story& story = world.Offer();
    world.clock.RunAll();
    CHECK(story.trained());
    CHECK(world.source.asked.size() == 1);
  }
  SECTION("out of the data directory: refused, not fetched") {
    world.request.data.dataset = "..";
    const Story& story = world.Offer();
    world.clock.RunAll();
    REQUIRE(story.ended());
    CHECK(story.code() == absl::StatusCode::kInvalidArgument);
    CHECK(world.source.asked.empty());
  }
}

TEST_CASE("a fetch that fails fails the task with its code, names the file and frees the slot") {
  World world(0, From::kSource);
  world.source.failure = absl::UnavailableError("connection refused");
  const Story& failed = world.Offer();
  world.clock.RunAll();
  REQUIRE(failed.ended());
  CHECK(failed.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(failed.outcome->status().message()),
             Catch::Contains("xor/train_1.txt") && Catch::Contains("connection refused"));
  CHECK(world.node.active_tasks() == 0);
  world.source.failure = absl::OkStatus();
  world.source.Add(kXor);
  const Story& next = world.Offer();
  world.clock.RunAll();
  CHECK(next.trained());
}

TEST_CASE("a task that is stopped while its shard is fetched ends at once") {
  World world(0, From::kSource);
  world.source.Add(kXor);
  world.source.takes = 60s;
  Story& story = world.Offer();
  world.clock.RunFor(1s);
  CHECK_FALSE(story.ended());
  story.stop.request_stop();
  world.clock.RunFor(0s);
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kCancelled);
}

TEST_CASE("bytes that are no shard fail the task as unfit for the node") {
  World world(0, From::kSource);
  world.request.data.sha256 = world.source.Add("no,numbers\n");
  const Story& story = world.Offer();
  world.clock.RunAll();
  REQUIRE(story.ended());
  CHECK(story.code() == absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace mlp::node
