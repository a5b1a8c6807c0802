// Measures the arithmetic against the peak of one core.
//
// `training/*` is the whole of a task: ten full-batch steps (forward pass, softmax and loss,
// backward pass, step) and the evaluation after the last one. Its useful operations are 2 for each
// multiply-add: 2 sum((in + 1) out) a row for a forward pass, as much for the gradients of the
// weights, and 2 in out for each layer that D is propagated back through; nothing is counted for
// softmax, padding and the step. Beside `FLOPS` stand `peak`, that of fused multiply-adds in
// registers, and `share_of_peak`; if OpenBLAS is there, `times_openblas` says how many times as
// fast it is as the same training on OpenBLAS. All are measured in turns, on the thread's own
// clock, and the ratios are medians over the turns, so that other work on the machine matters
// little.
//
// `exp` is the logistic function, an exp and a quotient.
//
// One thread. OPENBLAS_CORETYPE, if it is not set, becomes Haswell, the fastest core type on the
// machine of the measurements; try SkylakeX, too.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/fma_peak.h"
#include "libmlp/data/shard.h"
#include "libmlp/kernels/kernels.h"
#include "libmlp/model/initialization.h"
#include "libmlp/train/training.h"
#ifdef MLP_BENCH_OPENBLAS
#include "bench/openblas_training.h"
#endif

namespace mlp::bench {
namespace {

constexpr int kEpochs = 10;
constexpr double kLearningRate = 1e-6;

// Returns the seconds of this thread's own time.
template <class Work>
double SecondsOf(Work work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double begin = now();
  work();
  return now() - begin;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

template <class T>
double PeakRate() {
  double operations = 0;
  const double seconds = SecondsOf(
      [&] { operations = RunMultiplyAdds<T>(AvailableInstructionSets().back(), 100'000); });
  return operations / seconds;
}

Shard RandomRows(std::size_t rows, const ModelSpec& spec) {
  std::mt19937 random(1);
  Shard shard{Matrix<double>::from_shape({rows, spec.features()}),
              xt::xtensor<std::int32_t, 1>::from_shape({rows})};
  for (double& x : shard.features) x = static_cast<double>(random() % 1024) / 1024;
  for (std::int32_t& label : shard.labels) {
    label = static_cast<std::int32_t>(random() % spec.classes());
  }
  return shard;
}

double UsefulOperations(const ModelSpec& spec, std::size_t rows, int epochs) {
  double forward = 0, propagated = 0;
  for (std::size_t l = 0; l < spec.layers(); ++l) {
    const auto in = static_cast<double>(spec.layer_sizes[l]);
    const auto out = static_cast<double>(spec.layer_sizes[l + 1]);
    forward += 2 * (in + 1) * out;
    if (l > 0) propagated += 2 * in * out;
  }
  return static_cast<double>(rows) * (epochs * (2 * forward + propagated) + forward);
}

template <class T>
void Training(benchmark::State& state, std::vector<std::size_t> layer_sizes, std::size_t rows) {
  const ModelSpec spec{std::move(layer_sizes), Activation::kRelu};
  const Shard shard = RandomRows(rows, spec);
  const Precision precision = sizeof(T) == 4 ? Precision::kFloat32 : Precision::kFloat64;
  const Parameters start = InitialParameters(spec, precision, Initialization::kGlorotUniform, 1);
  const double operations = UsefulOperations(spec, rows, kEpochs);
  std::vector<double> peaks, shares, times_openblas;
  for (auto _ : state) {
    peaks.push_back(PeakRate<T>());
    const double seconds = SecondsOf([&] {
      benchmark::DoNotOptimize(Train(spec, start, shard, {kEpochs, kLearningRate, 0}).value());
    });
    state.SetIterationTime(seconds);
    shares.push_back(operations / seconds / peaks.back());
#ifdef MLP_BENCH_OPENBLAS
    times_openblas.push_back(SecondsOf([&] {
                               benchmark::DoNotOptimize(
                                   TrainOnOpenBlas<T>(spec, std::get<Vector<T>>(start), shard,
                                                      kEpochs, T(kLearningRate)));
                             }) /
                             seconds);
#endif
  }
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["FLOPS"] =
      benchmark::Counter(iterations * operations, benchmark::Counter::kIsRate);
  state.counters["peak"] = Median(peaks);
  state.counters["share_of_peak"] = Median(shares);
  if (!times_openblas.empty()) state.counters["times_openblas"] = Median(times_openblas);
}

// The matrices of a kernel, which lie in the nearest caches.
template <class T>
struct Operands {
  Operands(std::size_t rows, std::size_t columns)
      : stride(Padded<T>(columns)), values(Padded<T>(rows) * stride, T(0.25)) {}
  PaddedMatrix<T> padded() { return {values.data(), stride}; }

  std::size_t stride;
  std::vector<T> values;
};

// Runs `work` again and again, and counts `operations` for each time.
template <class Work>
void Repeat(benchmark::State& state, const char* unit, double operations, Work work) {
  for (auto _ : state) {
    work();
    benchmark::ClobberMemory();
  }
  state.counters[unit] = benchmark::Counter(operations * static_cast<double>(state.iterations()),
                                            benchmark::Counter::kIsRate);
}

template <class T>
void Multiply(benchmark::State& state, std::size_t rows, std::size_t columns, std::size_t depth) {
  Operands<T> a(rows, depth), b(depth, columns), c(rows, columns);
  const auto& kernels = KernelsFor<T>(ChosenInstructionSet());
  Repeat(state, "FLOPS", 2.0 * static_cast<double>(rows * columns * depth), [&] {
    kernels.multiply({rows,
                      columns,
                      depth,
                      {a.values.data(), a.stride, 1},
                      {b.values.data(), b.stride},
                      c.padded()});
  });
}

// Measures 64 x 64 values at a time.
template <class T>
void Elementwise(benchmark::State& state, const std::string& what) {
  constexpr std::size_t kSize = 64;
  Operands<T> a(kSize, kSize), b(kSize, kSize);
  const auto& kernels = KernelsFor<T>(ChosenInstructionSet());
  Repeat(state, "values", kSize * kSize, [&] {
    if (what == "softmax") kernels.softmax(kSize, kSize, a.padded());
    if (what == "tanh") kernels.activate(Activation::kTanh, kSize, kSize, a.padded());
    if (what == "exp") kernels.activate(Activation::kLogistic, kSize, kSize, a.padded());
    if (what == "transpose") {
      kernels.transpose(kSize, kSize, {a.values.data(), a.stride}, b.padded());
    }
  });
}

template <class T>
void AddTraining(const char* precision, std::vector<std::size_t> layer_sizes, std::size_t rows) {
  const std::string name =
      absl::StrCat("training/", absl::StrJoin(layer_sizes, "-"), "/", precision);
  benchmark::RegisterBenchmark(name.c_str(), Training<T>, layer_sizes, rows)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

template <class T>
void AddKernels(const char* precision) {
  for (const std::size_t size : {24, 64, 512}) {
    benchmark::RegisterBenchmark(absl::StrCat("multiply/", size, "/", precision).c_str(),
                                 Multiply<T>, size, size, size);
  }
  for (const char* what : {"exp", "tanh", "softmax", "transpose"}) {
    benchmark::RegisterBenchmark(absl::StrCat(what, "/", precision).c_str(), Elementwise<T>, what);
  }
}

void AddAll() {
  AddKernels<float>("float32");
  AddKernels<double>("float64");
  AddTraining<float>("float32", {16, 20, 26}, 1500);  // a shard of letters
  AddTraining<double>("float64", {16, 20, 26}, 1500);
  AddTraining<float>("float32", {784, 512, 10}, 2000);  // images of 28 x 28
  AddTraining<double>("float64", {784, 512, 10}, 2000);
}

}  // namespace
}  // namespace mlp::bench

int main(int argc, char** argv) {
#ifdef MLP_BENCH_OPENBLAS
  // OpenBLAS reads them before main, so the program starts once more, with them.
  if (std::getenv("OPENBLAS_CORETYPE") == nullptr) {
    setenv("OPENBLAS_CORETYPE", "Haswell", 1);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    execv("/proc/self/exe", argv);
  }
  benchmark::AddCustomContext("openblas_core", mlp::bench::OpenBlasCore());
#endif
  benchmark::AddCustomContext("instruction_set",
                              std::string(mlp::InstructionSetName(mlp::ChosenInstructionSet())));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  mlp::bench::AddAll();
  benchmark::RunSpecifiedBenchmarks();
}
