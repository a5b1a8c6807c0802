#include "services/coordinator/api/job_service.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libmlp/data/shard_blocks.h"
#include "libmlp/train/measurement.h"
#include "libmlp/train/training.h"
#include "mlp/v1/job.grpc.pb.h"
#include "services/async/clock.h"
#include "services/async/task.h"
#include "services/async/wait.h"
#include "services/base/field_error.h"
#include "services/base/out_of_memory.h"
#include "services/base/retry_after.h"
#include "services/coordinator/api/encoded_events.h"
#include "services/coordinator/datasets/dataset_loader.h"
#include "services/coordinator/job/model.h"
#include "services/coordinator/proto/encoded_model.h"
#include "services/coordinator/proto/job_proto.h"
#include "services/model/measurement_proto.h"
#include "services/rpc/byte_buffer.h"
#include "services/rpc/server_call.h"

namespace mlp::coordinator {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1000;
constexpr std::size_t kModelChunkBytes = std::size_t{1} << 20;
constexpr std::chrono::seconds kTooManyWatchersRetry{5};
// Readers of models that may be open.
constexpr rpc::BudgetLimits kModelReaders{.all = 64, .host = 32};

// The number below which the page's jobs lie.
absl::StatusOr<std::int64_t> ParsePageToken(const std::string& token) {
  if (token.empty()) return std::numeric_limits<std::int64_t>::max();
  std::int64_t before = 0;
  if (!absl::SimpleAtoi(token, &before) || before < 1) {
    return FieldError("page_token",
                      "is not one that ListJobs returned; leave it empty for the first page");
  }
  return before;
}

absl::Status TooManyWatchers() {
  return WithRetryAfter(
      absl::ResourceExhaustedError(absl::StrCat(
          kMaxWatchers, " streams of events are open, which is the limit; try again later")),
      kTooManyWatchersRetry);
}

std::string NameOf(const v1::EvaluateModelRequest& request) {
  if (request.has_file()) return request.file();
  return request.content_name().empty() ? "content" : request.content_name();
}

// Returns the rows' text, which lies in the request or, if they are in a file, in `file`.
absl::StatusOr<std::string_view> RowsOf(const v1::EvaluateModelRequest& request,
                                        const std::filesystem::path& data_dir, std::string& file) {
  if (request.has_file() && data_dir.empty()) {
    return FieldError("file", "this coordinator has no data directory; send the rows as `content`");
  }
  if (request.has_file()) {
    absl::StatusOr<std::string> text = ReadFileBelow(data_dir, request.file());
    if (!text.ok()) return AtField("file", text.status());
    file = *std::move(text);
    return file;
  }
  if (!request.has_content()) return FieldError("rows", "is required: `file` or `content`");
  return request.content();
}

absl::StatusOr<v1::EvaluateModelResponse> Measure(const Model& model,
                                                  const v1::EvaluateModelRequest& request,
                                                  const std::filesystem::path& data_dir) {
  std::string file;
  const absl::StatusOr<std::string_view> rows = RowsOf(request, data_dir, file);
  if (!rows.ok()) return rows.status();
  Measurement measurement(model.spec, *model.parameters);
  const LabelKind kind = model.spec.regression() ? LabelKind::kNumber : LabelKind::kClass;
  const absl::Status measured =
      ForEachBlock(*rows, NameOf(request), kind, [&](const Shard& block) -> absl::Status {
        absl::Status fits = CheckShard(model.spec, block);
        if (!fits.ok()) return WithContext(NameOf(request), fits);
        return measurement.Add(block);
      });
  if (!measured.ok()) return AtField(request.has_file() ? "file" : "content", measured);
  v1::EvaluateModelResponse response =
      model::ToProto(measurement, model.schema.get(), NameOf(request));
  response.set_model_digest(model.digest);
  return response;
}

// True for a job's last event.
bool IsEnd(const JobEvent& event) {
  const auto* change = std::get_if<events::StateChanged>(&event.body);
  return change != nullptr && change->state != JobState::kPending &&
         change->state != JobState::kRunning;
}

}  // namespace

class JobService::Generated final : public rpc::AsyncService<v1::JobService> {};

class JobService::Handlers {
 public:
  Handlers(async::Clock& clock, Coordinator& coordinator, async::Workers& workers,
           std::filesystem::path data_dir, std::string default_policy);

  void Serve(rpc::Server& server, Generated& jobs);

 private:
  template <class T>
  using Reply = async::Task<absl::StatusOr<T>>;

  Reply<v1::CreateJobResponse> CreateJob(const v1::CreateJobRequest& request);
  Reply<v1::GetJobResponse> GetJob(const v1::GetJobRequest& request);
  Reply<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request);
  Reply<v1::CancelJobResponse> CancelJob(const v1::CancelJobRequest& request);
  Reply<v1::RemoveJobResponse> RemoveJob(const v1::RemoveJobRequest& request);
  Reply<v1::ExplainJobResponse> ExplainJob(const v1::ExplainJobRequest& request);
  Reply<v1::EvaluateModelResponse> EvaluateModel(const v1::EvaluateModelRequest& request);
  using WatchStream = rpc::ServerStream<grpc::ByteBuffer>;
  async::Task<absl::Status> WatchJob(const v1::WatchJobRequest& request, WatchStream& stream);
  async::Task<absl::Status> SendEvents(const v1::WatchJobRequest& request, WatchStream& stream);
  async::Task<absl::StatusOr<SharedEvents>> Events(const v1::WatchJobRequest& request,
                                                   std::int64_t from, std::stop_token stop);
  using ModelStream = rpc::ServerStream<grpc::ByteBuffer>;
  async::Task<absl::Status> StreamModel(const v1::GetModelRequest& request, ModelStream& stream);
  // Sends one of the model's parts in pieces. False if the call is dead.
  async::Task<bool> SendPart(std::span<const std::byte> part, std::shared_ptr<const void> owner,
                             ModelStream& stream);

  async::Clock& clock_;
  Coordinator& coordinator_;
  async::Workers& workers_;
  const std::filesystem::path data_dir_;
  const std::string default_policy_;
  int watchers_ = 0;
  rpc::Budget model_readers_{kModelReaders};
  EncodedEvents encoded_events_;
};

JobService::Handlers::Handlers(async::Clock& clock, Coordinator& coordinator,
                               async::Workers& workers, std::filesystem::path data_dir,
                               std::string default_policy)
    : clock_(clock),
      coordinator_(coordinator),
      workers_(workers),
      data_dir_(std::move(data_dir)),
      default_policy_(std::move(default_policy)) {}

void JobService::Handlers::Serve(rpc::Server& server, Generated& jobs) {
  rpc::ServeUnary(server, jobs, &Generated::CreateJob,
                  [this](const auto& request) { return CreateJob(request); });
  rpc::ServeUnary(server, jobs, &Generated::GetJob,
                  [this](const auto& request) { return GetJob(request); });
  rpc::ServeUnary(server, jobs, &Generated::ListJobs,
                  [this](const auto& request) { return ListJobs(request); });
  rpc::ServeUnary(server, jobs, &Generated::CancelJob,
                  [this](const auto& request) { return CancelJob(request); });
  rpc::ServeUnary(server, jobs, &Generated::RemoveJob,
                  [this](const auto& request) { return RemoveJob(request); });
  rpc::ServeUnary(server, jobs, &Generated::ExplainJob,
                  [this](const auto& request) { return ExplainJob(request); });
  rpc::ServeUnary(server, jobs, &Generated::EvaluateModel,
                  [this](const auto& request) { return EvaluateModel(request); });
  // An event is encoded once for all its watchers.
  rpc::ServeEncodedStream(
      server, jobs, &Generated::WatchJob,
      [this](const auto& request, auto& stream) { return WatchJob(request, stream); });
  // A model is sent from where it lies in memory: a reader that does not read holds no copy.
  rpc::ServeEncodedStream(
      server, jobs, &Generated::GetModel,
      [this](const auto& request, auto& stream) { return StreamModel(request, stream); });
}

auto JobService::Handlers::CreateJob(const v1::CreateJobRequest& request)
    -> Reply<v1::CreateJobResponse> {
  if (!request.has_spec()) co_return FieldError("spec", "is required");
  absl::StatusOr<JobSpec> spec = FromProto(request.spec(), default_policy_);
  if (!spec.ok()) co_return spec.status();
  absl::StatusOr<Job> job = co_await coordinator_.Create(*std::move(spec), request.request_id());
  if (!job.ok()) co_return job.status();
  v1::CreateJobResponse response;
  *response.mutable_job() = ToProto(*job);
  co_return response;
}

auto JobService::Handlers::GetJob(const v1::GetJobRequest& request) -> Reply<v1::GetJobResponse> {
  absl::StatusOr<Job> job = coordinator_.Get(request.id());
  if (!job.ok()) co_return job.status();
  v1::GetJobResponse response;
  *response.mutable_job() = ToProto(*job);
  co_return response;
}

auto JobService::Handlers::ListJobs(const v1::ListJobsRequest& request)
    -> Reply<v1::ListJobsResponse> {
  const int size = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  if (size < 0 || size > kMaxPageSize) {
    co_return FieldError("page_size", absl::StrCat("must be 0 to ", kMaxPageSize, ", not ", size));
  }
  absl::StatusOr<std::int64_t> before = ParsePageToken(request.page_token());
  if (!before.ok()) co_return before.status();
  // One more than asked for tells whether there is another page.
  std::vector<Job> jobs = coordinator_.List(*before, static_cast<std::size_t>(size) + 1);
  v1::ListJobsResponse response;
  if (jobs.size() > static_cast<std::size_t>(size)) {
    jobs.pop_back();
    response.set_next_page_token(absl::StrCat(jobs.back().number));
  }
  for (const Job& job : jobs) *response.add_jobs() = ToProto(job);
  co_return response;
}

auto JobService::Handlers::CancelJob(const v1::CancelJobRequest& request)
    -> Reply<v1::CancelJobResponse> {
  absl::StatusOr<Job> job = coordinator_.Cancel(request.id());
  if (!job.ok()) co_return job.status();
  v1::CancelJobResponse response;
  *response.mutable_job() = ToProto(*job);
  co_return response;
}

auto JobService::Handlers::RemoveJob(const v1::RemoveJobRequest& request)
    -> Reply<v1::RemoveJobResponse> {
  const absl::Status removed = co_await coordinator_.Remove(request.id());
  if (!removed.ok()) co_return removed;
  co_return v1::RemoveJobResponse();
}

auto JobService::Handlers::ExplainJob(const v1::ExplainJobRequest& request)
    -> Reply<v1::ExplainJobResponse> {
  const absl::StatusOr<Explanation> said = coordinator_.Explain(request.id());
  if (!said.ok()) co_return said.status();
  co_return ToProto(*said);
}

auto JobService::Handlers::EvaluateModel(const v1::EvaluateModelRequest& request)
    -> Reply<v1::EvaluateModelResponse> {
  const absl::StatusOr<std::shared_ptr<const Model>> model =
      co_await coordinator_.GetModel(request.id());
  if (!model.ok()) co_return model.status();
  auto measure = WithinMemory(
      "the rows", [this, &model, &request] { return Measure(**model, request, data_dir_); });
  co_return co_await async::Offload(workers_, std::move(measure));
}

async::Task<absl::Status> JobService::Handlers::WatchJob(const v1::WatchJobRequest& request,
                                                         WatchStream& stream) {
  if (request.from_sequence() < 0) {
    co_return FieldError("from_sequence",
                         absl::StrCat("must be 0 or more, not ", request.from_sequence()));
  }
  if (watchers_ == kMaxWatchers) co_return TooManyWatchers();
  ++watchers_;
  absl::Status status = co_await SendEvents(request, stream);
  --watchers_;
  co_return status;
}

async::Task<absl::Status> JobService::Handlers::SendEvents(const v1::WatchJobRequest& request,
                                                           WatchStream& stream) {
  std::int64_t next = std::max<std::int64_t>(request.from_sequence(), 1);
  while (true) {
    const absl::StatusOr<SharedEvents> events = co_await Events(request, next, stream.stop_token());
    if (!events.ok()) co_return events.status();
    if (events->empty()) co_return absl::OkStatus();
    // A watcher that reads slowly gets more at once, and holds no more memory than that.
    std::string response;
    for (const auto& event : *events) encoded_events_.AppendTo(response, event);
    const grpc::ByteBuffer message = rpc::ToByteBuffer(std::move(response));
    const async::TimePoint begin = clock_.Now();
    const bool sent = co_await stream.Write(message);
    if (!sent) co_return absl::CancelledError("the watcher is gone");
    next = events->back()->sequence + 1;
    if (IsEnd(*events->back())) continue;
    // The pause keeps the cost of any number of watchers to that of a few, and one watcher cheap.
    const async::Duration share =
        async::Duration(std::chrono::seconds(watchers_)) / kWatchMessagesPerSecond;
    const async::Duration pause = std::max<async::Duration>(share, kWatchPause);
    const bool go_on = co_await async::SleepUntil(clock_, begin + pause, stream.stop_token());
    if (!go_on) co_return absl::CancelledError("the watcher is gone");
  }
}

async::Task<absl::StatusOr<SharedEvents>> JobService::Handlers::Events(
    const v1::WatchJobRequest& request, std::int64_t from, std::stop_token stop) {
  if (request.until_now()) co_return co_await coordinator_.EventsSoFar(request.id(), from);
  co_return co_await coordinator_.NextEvents(request.id(), from, std::move(stop));
}

async::Task<absl::Status> JobService::Handlers::StreamModel(const v1::GetModelRequest& request,
                                                            ModelStream& stream) {
  rpc::Budget::Claim place(model_readers_, stream.host());
  if (!place.Resize(1)) co_return rpc::PlacesTaken("streams of models", kModelReaders);
  absl::StatusOr<std::shared_ptr<const Model>> model = co_await coordinator_.GetModel(request.id());
  if (!model.ok()) co_return model.status();
  auto encode = [&model] { return std::make_shared<const EncodedModel>(*std::move(model)); };
  const auto encoded = co_await async::Offload(workers_, std::move(encode));
  const std::array parts = {encoded->before(), encoded->parameters(), encoded->after()};
  for (const std::span<const std::byte> part : parts) {
    const bool sent = co_await SendPart(part, encoded, stream);
    if (!sent) co_return absl::CancelledError("the receiver is gone");
  }
  co_return absl::OkStatus();
}

async::Task<bool> JobService::Handlers::SendPart(std::span<const std::byte> part,
                                                 std::shared_ptr<const void> owner,
                                                 ModelStream& stream) {
  bool sent = true;
  while (sent && !part.empty()) {
    const auto chunk = part.first(std::min(part.size(), kModelChunkBytes));
    part = part.subspan(chunk.size());
    std::string field;
    AppendFieldBegin(v1::GetModelResponse::kChunkFieldNumber, chunk.size(), field);
    const grpc::ByteBuffer message = rpc::ToByteBuffer(std::move(field), chunk, owner);
    sent = co_await stream.WriteInTime(message);
  }
  co_return sent;
}

JobService::JobService() : generated_(std::make_unique<Generated>()) {}

JobService::~JobService() = default;

grpc::Service& JobService::grpc() { return *generated_; }

void JobService::Serve(rpc::Server& server, Coordinator& coordinator, async::Workers& workers,
                       std::filesystem::path data_dir, std::string default_policy) {
  handlers_ = std::make_unique<Handlers>(server.loop(), coordinator, workers, std::move(data_dir),
                                         std::move(default_policy));
  handlers_->Serve(server, *generated_);
}

}  // namespace mlp::coordinator
