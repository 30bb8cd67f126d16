#include "trial/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

#include "trial/simulation.h"
#include "trial/trace.h"

namespace perigee::trial {
namespace {

struct Wanted {
  double load = 1.2;
  std::uint64_t seed = 1;
  int events = 1'000'000;
  int tenants = 1;
};

template <typename Number>
Result<Number> Parse(std::string_view name, std::string_view text, Number least, Number most) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Written so that NaN is refused as well.
  if (error == std::errc() && end == text.data() + text.size() && value >= least && value <= most) {
    return value;
  }
  return Fail(InvalidArgument(
      fmt::format("generate trace: {} must be a number of {} to {}", name, least, most)));
}

Result<void> Read(std::string_view word, Wanted& wanted) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string_view name = word.substr(0, equals);
  const std::string_view text = word.substr(std::min(equals + 1, word.size()));
  if (name == "load") {
    wanted.load = TRY(Parse(name, text, 0.01, 100.0));
  } else if (name == "seed") {
    wanted.seed = TRY(Parse<std::uint64_t>(name, text, 0, UINT64_MAX));
  } else if (name == "events") {
    wanted.events = TRY(Parse(name, text, 1, kGeneratedEventsMax));
  } else if (name == "tenants") {
    wanted.tenants = TRY(Parse(name, text, 1, 1024));
  } else {
    return Fail(InvalidArgument("generate trace: the words are load=, seed=, events=, tenants="));
  }
  return {};
}

// The first `lines` of a text.
std::string FirstLines(std::string text, int lines) {
  std::size_t end = 0;
  for (; lines > 0 && end != std::string::npos; --lines) {
    end = text.find('\n', end);
    if (end != std::string::npos) ++end;
  }
  if (end != std::string::npos) text.resize(end);
  return text;
}

}  // namespace

Result<std::string> GenerateTrace(std::string_view words) {
  constexpr int kLinesBefore = 3;  // header, options and the seed, which is an event too
  Wanted wanted;
  while (!words.empty()) {
    const std::size_t end = words.find(',');
    TRY(Read(words.substr(0, end), wanted));
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  std::string text;
  SimulationOptions options;
  serving::TraceRecorder recorder(
      options.node, [&text](std::string_view lines) { text += lines; }, kTraceBytesMax);
  options.seed = wanted.seed;
  options.tenants = MixedDeadlines(options, wanted.load, wanted.tenants);
  // An arrival makes two events, itself and a decision, and its run another two; all are counted.
  options.arrivals_max = static_cast<std::uint64_t>(wanted.events) / 2 + 1;
  options.length = std::chrono::hours(24 * 90);
  options.recorder = &recorder;
  Simulate(options);
  recorder.Flush();
  return FirstLines(std::move(text), wanted.events + kLinesBefore - 1);
}

}  // namespace perigee::trial
