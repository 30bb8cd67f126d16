#include "trial/trace.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <utility>

namespace perigee::trial {
namespace {

using Kind = TraceEvent::Kind;

// Bounds of what is believed; together they keep all arithmetic far from overflow.
constexpr std::int64_t kInstancesMax = 1024;
constexpr std::int64_t kRowsMax = 4096;
constexpr std::int64_t kQueueMax = 4096;
constexpr std::int64_t kSeedsMax = 1024;
constexpr std::int64_t kYearNs = 365LL * 24 * 3600 * 1'000'000'000;
constexpr std::int64_t kHourNs = 3600LL * 1'000'000'000;
constexpr TimePoint kStart{std::chrono::hours(1)};

// The words of one line.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  bool empty() const { return rest_.empty(); }

  std::string_view Next() {
    const std::size_t end = rest_.find(' ');
    const std::string_view word = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    return word;
  }

  template <std::integral Integer>
  Result<Integer> Number(std::string_view what, Integer least, Integer most, int radix = 10) {
    const std::string_view word = Next();
    Integer value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, radix);
    if (error != std::errc() || end != word.data() + word.size() || value < least || value > most) {
      return Fail(
          InvalidArgument(fmt::format("{} is not a number of {} to {}", what, least, most)));
    }
    return value;
  }

  Result<Duration> Time(std::string_view what, std::int64_t most) {
    const auto ns = TRY(Number<std::int64_t>(what, 0, most));
    return Duration(ns);
  }

 private:
  std::string_view rest_;
};

class TraceReader {
 public:
  Result<Trace> Read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      ++line_;
      Result<void> read = ReadLine(text.substr(0, end));
      if (!read) {
        return Fail(std::move(read).error().Within(fmt::format("read trace: line {}", line_)));
      }
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    if (line_ < 2) return Fail(InvalidArgument("read trace: it ends before its options"));
    return std::move(trace_);
  }

 private:
  Result<void> ReadLine(std::string_view line) {
    Words words(line);
    if (line_ == 1) return Header(line);
    if (line_ == 2) {
      TRY(Options(words));
    } else {
      if (trace_.events.size() >= kTraceEventsMax) {
        return Fail(InvalidArgument(fmt::format("more than {} events", kTraceEventsMax)));
      }
      TraceEvent event;
      TRY(Event(words, event));
      event.at = now_;
      trace_.events.push_back(event);
    }
    if (!words.empty()) return Fail(InvalidArgument("more words than it should have"));
    return {};
  }

  static Result<void> Header(std::string_view line) {
    if (line == "perigee-trace 1") return {};
    return Fail(InvalidArgument("it should be \"perigee-trace 1\""));
  }

  Result<void> Options(Words& words) {
    if (words.Next() != "options") return Fail(InvalidArgument("it should be the options"));
    serving::SchedulerOptions& options = trace_.options;
    options.instances = TRY(words.Number<int>("instances", 1, kInstancesMax));
    options.batch_max = TRY(words.Number<int>("batch_max", 1, kRowsMax));
    options.wait_max = TRY(words.Time("wait_max", kHourNs));
    options.queue_max = TRY(words.Number<int>("queue_max", 1, kQueueMax));
    options.rows_max = TRY(words.Number<int>("rows_max", 0, kRowsMax));
    return {};
  }

  Result<void> Event(Words& words, TraceEvent& event) {
    const std::string_view kind = words.Next();
    if (kind == "s") return Seed(words, event);
    if (kind == "r") return Remove(words, event);
    if (kind == "c") {
      event.kind = Kind::kClear;
      return {};
    }
    if (kind != "a" && kind != "d" && kind != "e" && kind != "f") {
      return Fail(InvalidArgument("it is no event"));
    }
    const Duration step = TRY(words.Time("the step", kYearNs));
    now_ += step;
    if (now_ - kStart > Duration(kYearNs)) return Fail(InvalidArgument("it is over a year long"));
    if (kind == "a") return Arrive(words, event);
    if (kind == "f") return Finish(words, event);
    event.kind = kind == "d" ? Kind::kDecide : Kind::kExpire;
    event.hash = TRY(words.Number<std::uint64_t>("the hash", 0, ~std::uint64_t{0}, 16));
    return {};
  }

  Result<void> Seed(Words& words, TraceEvent& event) {
    if (trace_.seeds.size() >= kSeedsMax) return Fail(InvalidArgument("too many seeds"));
    std::vector<serving::ProfilePoint> points;
    while (!words.empty()) {
      serving::ProfilePoint point;
      // Also bounds how many there are, as they rise.
      const int least = points.empty() ? 1 : points.back().rows + 1;
      point.rows = TRY(words.Number<int>("rows", least, kRowsMax));
      point.median = TRY(words.Time("the median", kHourNs));
      point.p95 = TRY(words.Time("the p95", kHourNs));
      points.push_back(point);
    }
    event.kind = Kind::kSeed;
    event.seed = static_cast<std::uint32_t>(trace_.seeds.size());
    trace_.seeds.push_back(std::move(points));
    return {};
  }

  Result<void> Arrive(Words& words, TraceEvent& event) const {
    constexpr std::uint64_t kAny = ~std::uint64_t{0};
    event.kind = Kind::kArrive;
    event.request.id = TRY(words.Number<std::uint64_t>("the id", 0, kAny));
    event.request.rows = TRY(words.Number<int>("rows", 1, kRowsMax));
    event.request.shape_key = TRY(words.Number<std::uint64_t>("the key", 0, kAny, 16));
    TRY(Deadline(words, event.request));
    const int priority = TRY(words.Number<int>("the priority", 0, 2));
    event.request.priority = static_cast<task::Priority>(priority);
    event.request.tenant =
        TRY(words.Number<std::uint32_t>("the tenant", 0, serving::TenantShares::kTenantsMax - 1));
    return {};
  }

  Result<void> Deadline(Words& words, serving::QueuedRequest& request) const {
    Words ahead = words;
    if (ahead.Next() == "-") {
      words = ahead;
      return {};
    }
    // Below zero: late when it came.
    const auto budget = TRY(words.Number<std::int64_t>("the budget", -kYearNs, kYearNs));
    request.deadline = now_ + Duration(budget);
    return {};
  }

  Result<void> Finish(Words& words, TraceEvent& event) const {
    event.kind = Kind::kFinish;
    const Duration took = TRY(words.Time("the time it took", kYearNs));
    event.started = now_ - took;
    event.rows = TRY(words.Number<int>("rows", 1, INT32_MAX));
    const int learn = TRY(words.Number<int>("learn", 0, 1));
    event.learn = learn == 1;
    return {};
  }

  static Result<void> Remove(Words& words, TraceEvent& event) {
    event.kind = Kind::kRemove;
    event.request.id = TRY(words.Number<std::uint64_t>("the id", 0, ~std::uint64_t{0}));
    return {};
  }

  Trace trace_;
  TimePoint now_ = kStart;
  std::size_t line_ = 0;
};

}  // namespace

Result<Trace> ParseTrace(std::string_view text) {
  if (text.size() > kTraceBytesMax) {
    return Fail(InvalidArgument(
        fmt::format("read trace: {} bytes, at most {} are read", text.size(), kTraceBytesMax)));
  }
  return TraceReader().Read(text);
}

}  // namespace perigee::trial
