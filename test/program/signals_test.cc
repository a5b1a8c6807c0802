#include "services/program/signals.h"

#include <catch2/catch.hpp>
#include <csignal>

namespace mlp::program {
namespace {

TEST_CASE("a termination signal waits until it is asked for") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  BlockTerminationSignals();
  pthread_kill(pthread_self(), SIGTERM);
  CHECK(WaitForTerminationSignal() == SIGTERM);
  pthread_kill(pthread_self(), SIGINT);
  CHECK(WaitForTerminationSignal() == SIGINT);
  pthread_kill(pthread_self(), SIGHUP);
  CHECK(WaitForTerminationSignal() == SIGHUP);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("nothing comes of waiting a while where there was no termination signal") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  BlockTerminationSignals();
  CHECK_FALSE(TerminationSignalWithin(std::chrono::milliseconds(0)));
  pthread_kill(pthread_self(), SIGTERM);
  CHECK(TerminationSignalWithin(std::chrono::hours(1)) == SIGTERM);
  CHECK_FALSE(TerminationSignalWithin(std::chrono::milliseconds(0)));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a SIGHUP that is ignored, as under nohup, stays ignored") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  std::signal(SIGHUP, SIG_IGN);
  BlockTerminationSignals();
  CHECK(std::raise(SIGHUP) == 0);
  CHECK_FALSE(TerminationSignalWithin(std::chrono::milliseconds(0)));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::signal(SIGHUP, SIG_DFL);
}

TEST_CASE("SIGUSR1 and SIGUSR2 do nothing") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  BlockTerminationSignals();
  CHECK(std::raise(SIGUSR1) == 0);
  CHECK(std::raise(SIGUSR2) == 0);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("writing to a peer that is gone does not end the process") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  BlockTerminationSignals();
  CHECK(std::raise(SIGPIPE) == 0);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a file that may not grow is an error of the call and does not end the process") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  BlockTerminationSignals();
  CHECK(std::raise(SIGXFSZ) == 0);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace mlp::program
