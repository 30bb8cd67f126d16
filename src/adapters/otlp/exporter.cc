#include "adapters/otlp/exporter.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "adapters/net/url.h"
#include "task/context.h"

namespace perigee::otlp {
namespace {

constexpr std::string_view kTraces = "/v1/traces";
constexpr int kOk = 200;
constexpr int kClasses = 300;  // and above: not taken

std::string Origin(const net::Url& url) {
  return (url.tls ? "https://" : "http://") + net::HostAndPort(url.host, url.port);
}

}  // namespace

Result<std::unique_ptr<Exporter>> Exporter::Start(const ExporterOptions& options) {
  Result<net::Url> url = net::ParseUrl(options.endpoint);
  if (!url) return Fail(std::move(url).error().Within("export spans to " + options.endpoint));
  const bool bare = url->target.empty() || url->target == "/";
  std::unique_ptr<net::HttpClient> client =
      TRY(net::HttpClient::Open(Origin(*url), {.ca_file = options.ca_file,
                                               .connect_timeout = options.timeout,
                                               .body_max = std::size_t{1} << 20}));
  return std::unique_ptr<Exporter>(
      new Exporter(options, bare ? std::string(kTraces) : url->target, std::move(client)));
}

Exporter::Exporter(ExporterOptions options, std::string target,
                   std::unique_ptr<net::HttpClient> client)
    : options_(std::move(options)),
      target_(std::move(target)),
      client_(std::move(client)),
      thread_([this](const std::stop_token& stop) { SendUntilStopped(stop); }) {}

Exporter::~Exporter() = default;

void Exporter::Push(std::vector<runtime::Span> spans) {
  const std::scoped_lock lock(mutex_);
  const std::size_t room = options_.queue_max - std::min(options_.queue_max, waiting_.size());
  // All of a request or nothing: a stage without its request is a riddle.
  if (spans.size() > room) {
    counts_.dropped += spans.size();
    return;
  }
  waiting_.insert(waiting_.end(), std::make_move_iterator(spans.begin()),
                  std::make_move_iterator(spans.end()));
  if (waiting_.size() >= options_.batch_max) changed_.notify_one();
}

Exporter::Counts Exporter::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void Exporter::SendUntilStopped(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait_for(lock, stop, options_.interval,
                      [this] { return waiting_.size() >= options_.batch_max; });
    if (!waiting_.empty()) SendBatch(lock);
  }
  if (!waiting_.empty()) SendBatch(lock);
}

void Exporter::SendBatch(std::unique_lock<std::mutex>& lock) {
  const std::size_t count = std::min(waiting_.size(), options_.batch_max);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<runtime::Span> batch(std::make_move_iterator(waiting_.begin()),
                                   std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  lock.unlock();
  const bool taken = Send(batch);
  lock.lock();
  (taken ? counts_.sent : counts_.dropped) += batch.size();
}

bool Exporter::Send(const std::vector<runtime::Span>& batch) {
  const std::string body = SpanJson(options_.resource, batch);
  const net::ClientRequest request{.method = "POST",
                                   .target = target_,
                                   .headers = {{"Content-Type", "application/json"}},
                                   .body = std::as_bytes(std::span(body))};
  const TimePoint deadline = DeadlineAfter(std::chrono::steady_clock::now(), options_.timeout);
  const Result<net::HttpResponse> response =
      client_->Send(request, {.deadline = deadline, .stop = {}, .purpose = "traces"});
  return response.has_value() && response->status >= kOk && response->status < kClasses;
}

}  // namespace perigee::otlp
