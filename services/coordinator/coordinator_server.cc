#include "services/coordinator/coordinator_server.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/async/thread_workers.h"
#include "services/coordinator/api/cluster_service.h"
#include "services/coordinator/api/dataset_service.h"
#include "services/coordinator/api/job_service.h"
#include "services/coordinator/api/model_service.h"
#include "services/coordinator/api/predict_service.h"
#include "services/coordinator/datasets/dataset_catalog.h"
#include "services/coordinator/datasets/file_vault.h"
#include "services/coordinator/datasets/journal_ledger.h"
#include "services/coordinator/nodes/grpc_cluster.h"
#include "services/coordinator/run/coordinator.h"
#include "services/coordinator/store/disk/file_job_log.h"
#include "services/coordinator/store/disk/sqlite_store.h"
#include "services/coordinator/store/memory_store.h"
#include "services/rpc/server.h"

namespace mlp::coordinator {
namespace {

namespace fs = std::filesystem;

// Threads for validation, data and logs; the nodes do the heavy work.
constexpr int kWorkers = 2;

absl::Status Check(const CoordinatorServerOptions& options) {
  std::error_code error;
  if (options.data_dir && !fs::is_directory(*options.data_dir, error)) {
    return absl::NotFoundError(absl::StrCat("the data directory ", options.data_dir->string(),
                                            " is not there; give the right one with --data-dir"));
  }
  absl::Status policy = CheckPolicyName("--default-policy", options.default_policy);
  policy.Update(CheckLeaseTerms(options.lease_terms));
  if (!policy.ok()) return policy;
  if (options.log_dir && !fs::is_directory(*options.log_dir, error) &&
      !fs::create_directories(*options.log_dir, error)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot make the log directory ", options.log_dir->string(), ": ", error.message()));
  }
  return absl::OkStatus();
}

LoadDataset DatasetSource(const CoordinatorServerOptions& options, DatasetCatalog& catalog) {
  if (options.in_process.load_dataset) return options.in_process.load_dataset;
  return [&catalog](const std::string& name) { return catalog.Load(name); };
}

// Opens the vault; nullptr if there is no state directory.
absl::StatusOr<std::unique_ptr<FileVault>> OpenVault(const CoordinatorServerOptions& options) {
  if (!options.state_dir) return nullptr;
  return FileVault::Open(*options.state_dir, options.upload_bytes);
}

// Returns the time at which this coordinator started, as in "20261123T093000Z-".
std::string LogPrefix() {
  return absl::FormatTime("%Y%m%dT%H%M%SZ-", absl::Now(), absl::UTCTimeZone());
}

std::shared_ptr<JobLog> MakeLog(const CoordinatorServerOptions& options,
                                async::ThreadWorkers::Post post) {
  if (options.in_process.log != nullptr) return options.in_process.log;
  if (!options.log_dir) return std::make_shared<NoJobLog>();
  // The next coordinator counts its jobs from 1 again if there is no state directory.
  const std::string prefix = options.state_dir ? "" : LogPrefix();
  return std::make_shared<FileJobLog>(*options.log_dir, prefix, std::move(post));
}

absl::StatusOr<std::unique_ptr<Store>> OpenStore(const CoordinatorServerOptions& options) {
  if (!options.state_dir) return std::make_unique<MemoryStore>();
  return SqliteStore::Open(*options.state_dir);
}

JournalOptions OptionsOfJournal(const CoordinatorServerOptions& options) {
  JournalOptions journal;
  journal.keep_jobs = options.keep_jobs;
  journal.keep_checkpoints = options.keep_checkpoints;
  journal.durable = options.state_dir.has_value();
  return journal;
}

}  // namespace

// The parts in the order of construction; each uses those above it.
class CoordinatorServer::Parts {
 public:
  explicit Parts(CoordinatorServerOptions given) : options(std::move(given)) {}

  absl::Status Start() {
    rpc::ServerOptions server_options;
    server_options.listen = options.listen;
    server_options.services = {&jobs.grpc(), &nodes.grpc(), &datasets.grpc(), &models.grpc(),
                               &predict.grpc()};
    server_options.precise_timers = options.in_process.precise_timers;
    absl::StatusOr<std::unique_ptr<rpc::Server>> listening = rpc::Server::Listen(server_options);
    if (!listening.ok()) return listening.status();
    server = *std::move(listening);

    const auto post = [this](std::function<void()> callback) { server->Post(std::move(callback)); };
    workers = std::make_unique<async::ThreadWorkers>(kWorkers, post);
    resolver = std::make_unique<async::ThreadWorkers>(1, post);
    predictor = std::make_unique<async::ThreadWorkers>(1, post);
    cluster = std::make_unique<GrpcCluster>(server->loop(), *resolver, options.lease_terms);
    absl::StatusOr<std::unique_ptr<Store>> opened = OpenStore(options);
    if (!opened.ok()) return opened.status();
    store = *std::move(opened);
    writer = std::make_unique<async::ThreadWorkers>(1, post);
    log = MakeLog(options, post);
    journal = std::make_unique<Journal>(server->loop(), *writer, *workers, *store, *log,
                                        OptionsOfJournal(options));
    if (absl::Status status = journal->Open(); !status.ok()) return status;
    server->loop().NotBefore(journal->latest_time());
    if (absl::Status status = OpenDatasets(); !status.ok()) return status;
    cluster->RestoreDrained(journal->drained_nodes());
    coordinator = std::make_unique<Coordinator>(
        server->loop(), *workers, *cluster, *journal, DatasetSource(options, *catalog),
        options.in_process.waits, options.in_process.scheduler_seed, options.memory);
    Serve();
    server->tasks().Spawn(cluster->Run(options.nodes, server->stop_token()));
    server->tasks().Spawn(coordinator->Run(server->stop_token()));
    server->tasks().Spawn(catalog->Run(server->stop_token()));
    server->Start();
    return absl::OkStatus();
  }

  void Serve() {
    jobs.Serve(*server, *coordinator, *workers, options.data_dir.value_or(""),
               options.default_policy);
    datasets.Serve(*server, *catalog, *workers);
    models.Serve(*server, *coordinator, *workers);
    predict.Serve(*server, *coordinator, *predictor);
    const auto remember = [this](std::string name, bool drained) {
      return RememberDrain(std::move(name), drained);
    };
    nodes.Serve(*server, *cluster, remember);
  }

  // Opens the datasets that the journal has, with their files.
  absl::Status OpenDatasets() {
    absl::StatusOr<std::unique_ptr<FileVault>> opened = OpenVault(options);
    if (!opened.ok()) return opened.status();
    vault = *std::move(opened);
    ledger = std::make_unique<JournalLedger>(*journal);
    catalog = std::make_unique<DatasetCatalog>(server->loop(), *workers, options.data_dir,
                                               vault.get(), *ledger, journal->datasets());
    return absl::OkStatus();
  }

  async::Task<absl::Status> RememberDrain(std::string name, bool drained) {
    journal->Save(change::DrainNode{std::move(name), drained});
    co_return co_await journal->Committed();
  }

  const CoordinatorServerOptions options;
  JobService jobs;
  ClusterService nodes;
  DatasetService datasets;
  ModelService models;
  PredictService predict;
  std::unique_ptr<rpc::Server> server;
  std::unique_ptr<async::ThreadWorkers> workers;
  std::unique_ptr<async::ThreadWorkers> resolver;
  std::unique_ptr<async::ThreadWorkers> predictor;  // keeps jobs from waiting for predictions
  std::unique_ptr<GrpcCluster> cluster;
  std::unique_ptr<Store> store;
  std::unique_ptr<async::ThreadWorkers> writer;  // writes to the store
  std::shared_ptr<JobLog> log;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<FileVault> vault;  // nullptr: datasets cannot be stored
  std::unique_ptr<JournalLedger> ledger;
  std::unique_ptr<DatasetCatalog> catalog;
  std::unique_ptr<Coordinator> coordinator;
  bool stopped = false;
};

CoordinatorServer::CoordinatorServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

CoordinatorServer::~CoordinatorServer() { Stop(std::chrono::seconds(1)); }

absl::StatusOr<std::unique_ptr<CoordinatorServer>> CoordinatorServer::Start(
    CoordinatorServerOptions options) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  auto parts = std::make_unique<Parts>(std::move(options));
  if (absl::Status status = parts->Start(); !status.ok()) return status;
  return std::unique_ptr<CoordinatorServer>(new CoordinatorServer(std::move(parts)));
}

int CoordinatorServer::port() const { return parts_->server->port(); }

void CoordinatorServer::Stop(std::chrono::milliseconds grace) {
  if (std::exchange(parts_->stopped, true)) return;
  parts_->server->Shutdown(grace);
}

}  // namespace mlp::coordinator
