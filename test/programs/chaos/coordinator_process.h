// One life of the simulated coordinator: the production flows on a cluster, a disk and a clock that
// misbehave.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/async/inline_workers.h"
#include "services/coordinator/run/coordinator.h"
#include "services/coordinator/store/journal.h"
#include "test/programs/chaos/cluster.h"
#include "test/programs/chaos/disk.h"
#include "test/programs/chaos/network.h"

namespace mlp::chaos {

class NoLog final : public coordinator::JobLog {
 public:
  void Append(const std::string&, const coordinator::JobEvent&) override {}
};

class CoordinatorProcess final : public Process {
 public:
  CoordinatorProcess(async::VirtualClock& world, Disk& disk, Dice& dice, Network& network,
                     std::vector<std::unique_ptr<Machine>>& machines, bool faulty,
                     coordinator::LoadDataset load_dataset)
      : Process(world, {}),
        disk(disk, dice, faulty),
        workers_(clock),
        disk_workers_(clock, dice),
        journal(clock, disk_workers_, disk_workers_, this->disk, log_,
                coordinator::JournalOptions{.durable = true}),
        opened(journal.Open()),
        cluster(*this, network, machines) {
    coordinator.emplace(clock, workers_, cluster, journal, std::move(load_dataset));
  }

  // Starts the coordinator, once `self` holds it.
  void Start(const std::shared_ptr<CoordinatorProcess>& self) {
    cluster.SetAddress(self);
    tasks.Spawn(coordinator->Run(stop.get_token()));
    tasks.Spawn(cluster.WatchLeases(stop.get_token()));
  }

  DiskAccess disk;

 private:
  async::InlineWorkers workers_;
  SlowWorkers disk_workers_;
  NoLog log_;

 public:
  coordinator::Journal journal;
  absl::Status opened;
  ChaosCluster cluster;
  std::optional<coordinator::Coordinator> coordinator;
};

}  // namespace mlp::chaos
