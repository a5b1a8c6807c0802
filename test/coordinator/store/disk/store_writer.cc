// Takes a store through its steps and prints "committed N" after each, until it is killed:
//   store_writer DIRECTORY [CALL]    kills itself in the CALLth write or sync
// The test program sqlite_store_test runs it.
#include <cstdlib>
#include <iostream>

#include "services/coordinator/store/disk/sqlite_store.h"
#include "test/coordinator/store/disk/disk_faults.h"
#include "test/coordinator/store/store_steps.h"

int main(int argc, char** argv) {
  using namespace mlp::coordinator;
  const auto store = SqliteStore::Open(argv[1]);
  if (!store.ok()) {
    std::cerr << store.status() << '\n';
    return 1;
  }
  int step = test::StepsTaken(**store);
  if (step < 0) return 2;
  std::cout << "open " << step << std::endl;
  if (argc > 2) test::BreakDisk(std::atoi(argv[2]), test::Fault::kKill, false);
  while (true) {
    ++step;
    if (const absl::Status status = (*store)->Commit(test::StepChanges(step)); !status.ok()) {
      std::cerr << status << '\n';
      return 1;
    }
    std::cout << "committed " << step << std::endl;
  }
}
