// The floor under every serving number: the same sessions in a loop, each in a thread of its own,
// with no socket, queue or client. Goes through adapters/onnxruntime, so it runs what the server
// runs. Prints one JSON object; burns nothing but the runs themselves.
//
//   bare_bench --sessions 2 --seconds 5 models/emotion/1/model.onnx
//   bare_bench models/face_detector/1/model.onnx:416 ...   :SIZE fills open heights and widths
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/onnxruntime/backend.h"
#include "runtime/process_usage.h"

namespace perigee {
namespace {

struct Flags {
  std::vector<std::string> models;  // FILE or FILE:SIZE
  int sessions = 2;                 // of each model
  double seconds = 5;
  double warm_up_s = 1;
};

// The counter has a cache line to itself: its neighbours belong to other threads.
struct alignas(64) Counter {
  std::atomic<std::uint64_t> runs = 0;
};

struct Loaded {
  std::unique_ptr<serving::Session> session;
  model::Tensors inputs;
};

// The same noise as `perigee bench` sends.
tensor::Tensor Noise(const model::TensorSpec& spec, std::int64_t size) {
  tensor::Shape shape = spec.shape;
  shape[0] = 1;
  std::ranges::replace(shape, std::int64_t{-1}, size);
  tensor::Tensor tensor = tensor::Tensor::Zeros(spec.dtype, shape);
  std::uint32_t state = 1;
  for (std::uint8_t& pixel : tensor.Mutable<std::uint8_t>()) {
    state = state * 1664525U + 1013904223U;
    pixel = static_cast<std::uint8_t>(state >> 24U);
  }
  return tensor;
}

Result<Loaded> Load(serving::Backend& backend, const std::string& model) {
  const std::size_t colon = model.rfind(':');
  const std::int64_t size = colon == std::string::npos ? 1 : std::stoll(model.substr(colon + 1));
  Loaded loaded;
  loaded.session = TRY(backend.Open(model.substr(0, colon), {.threads = 1}));
  for (const model::TensorSpec& input : loaded.session->inputs()) {
    if (input.dtype != tensor::DType::kUint8) {
      return Fail(InvalidArgument("load " + model + ": its inputs must be UINT8"));
    }
    loaded.inputs.push_back({input.name, Noise(input, size)});
  }
  return loaded;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Sample {
  double cpu_s = CpuSeconds();
  std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
  std::uint64_t runs = 0;
};

Sample Look(const std::vector<Counter>& counters) {
  Sample sample;
  for (const Counter& counter : counters) sample.runs += counter.runs;
  return sample;
}

void Print(const Flags& flags, const Sample& from, const Sample& to) {
  const double wall_s = std::chrono::duration<double>(to.at - from.at).count();
  const auto runs = static_cast<double>(to.runs - from.runs);
  fmt::print(
      "{{\"sessions\": {}, \"models\": {}, \"wall_seconds\": {:.4f}, \"runs\": {}, "
      "\"runs_per_second\": {:.2f}, \"cpu_us_per_run\": {:.2f}, \"resident_bytes\": {}}}\n",
      flags.sessions, flags.models.size(), wall_s, to.runs - from.runs, runs / wall_s,
      (to.cpu_s - from.cpu_s) * 1e6 / runs, runtime::ReadProcessUsage().resident_bytes);
}

Result<std::vector<std::vector<Loaded>>> LoadSets(serving::Backend& backend, const Flags& flags) {
  std::vector<std::vector<Loaded>> sets(static_cast<std::size_t>(flags.sessions));
  for (std::vector<Loaded>& set : sets) {
    for (const std::string& model : flags.models) {
      Loaded loaded = TRY(Load(backend, model));
      set.push_back(std::move(loaded));
    }
  }
  return sets;
}

// Runs the models of one thread in turn until it is stopped.
void Spin(std::vector<Loaded>& set, Counter& counter, std::atomic<bool>& failed,
          const std::stop_token& stop) {
  while (!stop.stop_requested() && !failed) {
    for (Loaded& loaded : set) {
      if (!loaded.session->Run(loaded.inputs, {}).has_value()) failed = true;
      counter.runs.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

Result<void> Measure(const Flags& flags) {
  const std::unique_ptr<onnxruntime::Backend> backend = TRY(onnxruntime::Backend::Create(nullptr));
  std::vector<std::vector<Loaded>> sets = TRY(LoadSets(*backend, flags));
  std::vector<Counter> counters(sets.size());
  std::atomic<bool> failed = false;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    threads.emplace_back(
        [&, i](const std::stop_token& stop) { Spin(sets[i], counters[i], failed, stop); });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(flags.warm_up_s));
  const Sample from = Look(counters);
  std::this_thread::sleep_for(std::chrono::duration<double>(flags.seconds));
  const Sample to = Look(counters);
  for (std::jthread& thread : threads) thread.request_stop();
  threads.clear();
  if (failed) return Fail(Internal("run the models: a run failed"));
  if (to.runs == from.runs) return Fail(Internal("run the models: no run ended in that time"));
  Print(flags, from, to);
  return {};
}

}  // namespace
}  // namespace perigee

int main(int argc, char** argv) {
  perigee::Flags flags;
  CLI::App program("Runs models in bare ONNX Runtime sessions");
  program.add_option("models", flags.models, "FILE or FILE:SIZE")->required();
  program.add_option("--sessions", flags.sessions, "Of each model")->check(CLI::Range(1, 256));
  program.add_option("--seconds", flags.seconds, "To measure")->check(CLI::Range(0.1, 600.0));
  program.add_option("--warm-up", flags.warm_up_s, "Seconds before")->check(CLI::Range(0.0, 60.0));
  CLI11_PARSE(program, argc, argv);
  const perigee::Result<void> done = perigee::Measure(flags);
  if (done) return 0;
  fmt::print(stderr, "bare_bench: {}\n", done.error().message);
  return 1;
}
