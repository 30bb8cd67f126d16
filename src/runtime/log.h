// Structured events, one line each: error = a person must act, warn = degraded but serving, info =
// life cycle, debug = all else. Never pixels, transcripts, keys or tokens.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace perigee::runtime {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

std::optional<LogLevel> ParseLogLevel(std::string_view name);

struct LogField {
  std::string_view key;
  std::string value;
};

// Thread-safe if the sink is. The sink gets a whole line without its end:
// level=info event=listening address=127.0.0.1:8000
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;
  Log(LogLevel level, Sink sink) : level_(level), sink_(std::move(sink)) {}

  void Write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const;
  void Info(std::string_view event, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kInfo, event, fields);
  }
  void Warn(std::string_view event, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kWarn, event, fields);
  }
  void Fault(std::string_view event, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kError, event, fields);
  }

 private:
  const LogLevel level_;
  const Sink sink_;
};

}  // namespace perigee::runtime
