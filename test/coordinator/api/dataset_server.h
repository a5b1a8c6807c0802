// A DatasetService on 127.0.0.1, with a vault of its own and no jobs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/async/thread_workers.h"
#include "services/coordinator/api/dataset_service.h"
#include "services/coordinator/datasets/file_vault.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {

class NoLedger final : public DatasetLedger {
 public:
  async::Task<absl::Status> Save(DatasetRecord) override { co_return absl::OkStatus(); }
  async::Task<absl::Status> Remove(std::string) override { co_return absl::OkStatus(); }
};

struct DatasetServer {
  // `users` are the jobs that use each dataset.
  explicit DatasetServer(std::map<std::string, std::vector<std::string>> users = {})
      : used_by(std::move(users)) {
    rpc::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.services = {&service};
    server = rpc::Server::Listen(options).value();
    workers = std::make_unique<async::ThreadWorkers>(
        2, [this](std::function<void()> done) { server->Post(std::move(done)); });
    const auto users_of = [this](const std::string& name) {
      return used_by.contains(name) ? used_by.at(name) : std::vector<std::string>();
    };
    catalog = std::make_unique<DatasetCatalog>(server->loop(), *workers, std::nullopt, vault.get(),
                                               ledger, std::vector<DatasetRecord>(), users_of);
    handlers = std::make_unique<DatasetServiceHandlers>(*catalog, *workers);
    handlers->Serve(*server, service);
    server->Start();
  }
  ~DatasetServer() { server->Shutdown(std::chrono::milliseconds(0)); }

  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }

  const test::Scratch state;
  const std::map<std::string, std::vector<std::string>> used_by;
  std::unique_ptr<FileVault> vault = FileVault::Open(state.path()).value();
  NoLedger ledger;
  v1::DatasetService::AsyncService service;
  std::unique_ptr<rpc::Server> server;
  std::unique_ptr<async::ThreadWorkers> workers;
  std::unique_ptr<DatasetCatalog> catalog;
  std::unique_ptr<DatasetServiceHandlers> handlers;
};

}  // namespace mlp::coordinator
