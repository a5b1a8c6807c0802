// A DatasetService on 127.0.0.1, with a vault and an empty data directory of its own and no jobs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/async/thread_workers.h"
#include "services/coordinator/api/dataset_service.h"
#include "services/coordinator/datasets/file_vault.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {

// Remembers no dataset, only the jobs that use each.
class UsersLedger final : public DatasetLedger {
 public:
  using Users = std::map<std::string, std::vector<std::string>>;  // ids of jobs, by dataset

  explicit UsersLedger(Users users) : users_(std::move(users)) {}

  async::Task<absl::Status> Save(DatasetRecord) override { co_return absl::OkStatus(); }
  async::Task<absl::Status> Remove(std::string) override { co_return absl::OkStatus(); }
  std::vector<std::string> UsersOf(const std::string& dataset) const override {
    return users_.contains(dataset) ? users_.at(dataset) : std::vector<std::string>();
  }

 private:
  const Users users_;
};

struct DatasetServer {
  explicit DatasetServer(UsersLedger::Users users = {}) : ledger(std::move(users)) {
    rpc::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.services = {&service.grpc()};
    server = rpc::Server::Listen(options).value();
    workers = std::make_unique<async::ThreadWorkers>(
        2, [this](std::function<void()> done) { server->Post(std::move(done)); });
    catalog = std::make_unique<DatasetCatalog>(server->loop(), *workers, data.path(), vault.get(),
                                               ledger, std::vector<DatasetRecord>());
    service.Serve(*server, *catalog, *workers);
    server->Start();
  }
  ~DatasetServer() { server->Shutdown(std::chrono::milliseconds(0)); }

  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }

  const test::Scratch state;
  const test::Scratch data;
  std::unique_ptr<FileVault> vault = FileVault::Open(state.path()).value();
  UsersLedger ledger;
  DatasetService service;
  std::unique_ptr<rpc::Server> server;
  std::unique_ptr<async::ThreadWorkers> workers;
  std::unique_ptr<DatasetCatalog> catalog;
};

}  // namespace mlp::coordinator
