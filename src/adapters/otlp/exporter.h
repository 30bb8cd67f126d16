// Sends spans to an OpenTelemetry collector by OTLP over HTTP, in batches, on a thread of its own.
// A collector that is slow or gone costs dropped spans and nothing else.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "adapters/net/http_client.h"
#include "adapters/otlp/span_json.h"
#include "base/clock.h"
#include "base/result.h"
#include "runtime/span.h"

namespace perigee::otlp {

struct ExporterOptions {
  std::string endpoint;      // "http://collector:4318", or with a path in place of /v1/traces
  std::string ca_file = {};  // PEM, for https; empty: the system's
  Resource resource = {};
  std::size_t queue_max = 4096;                 // spans that wait; beyond: dropped
  std::size_t batch_max = 512;                  // spans in one request
  Duration interval = std::chrono::seconds(1);  // how long a span waits for company
  Duration timeout = std::chrono::seconds(5);   // of one request
};

// Thread-safe.
class Exporter final : public runtime::SpanSink {
 public:
  struct Counts {
    std::uint64_t sent = 0;     // spans that the collector took
    std::uint64_t dropped = 0;  // no room, or the collector did not take them
  };

  // Does not connect yet. InvalidArgument: the endpoint or the CA file.
  static Result<std::unique_ptr<Exporter>> Start(const ExporterOptions& options);
  // Makes one attempt to send what waits, `timeout` at most.
  ~Exporter() override;

  void Push(std::vector<runtime::Span> spans) override;
  Counts counts() const;

 private:
  Exporter(ExporterOptions options, std::string target, std::unique_ptr<net::HttpClient> client);
  void SendUntilStopped(const std::stop_token& stop);
  // With the lock held; returns with it held.
  void SendBatch(std::unique_lock<std::mutex>& lock);
  bool Send(const std::vector<runtime::Span>& batch);

  const ExporterOptions options_;
  const std::string target_;
  const std::unique_ptr<net::HttpClient> client_;  // the thread's
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<runtime::Span> waiting_;  // guarded by mutex_
  Counts counts_;                       // guarded by mutex_
  std::jthread thread_;                 // last, so that it ends first
};

}  // namespace perigee::otlp
