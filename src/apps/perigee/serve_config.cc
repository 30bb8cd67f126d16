#include "apps/perigee/serve_config.h"

#include <algorithm>
#include <array>

namespace perigee::app {
namespace {

using Type = runtime::ConfigKey::Type;

// The node and its listeners.
constexpr std::array kFaceKeys = std::to_array<runtime::ConfigKey>({
    {"node", Type::kText, "perigee", "Name of this node in its answers.", 0, 0},
    {"models", Type::kText, "models",
     "Folder of models, each <name>/<version>/model.onnx with <name>/card.toml.", 0, 0},
    {"models_control", Type::kText, "start",
     "start: load all models when the node starts, or fail; poll: load what can be and watch the "
     "folder; explicit: load what is asked for.",
     0, 0},
    {"models_poll_ms", Type::kInteger, "5000",
     "How often models_control poll looks at the folder, milliseconds.", 100, 86400000},
    {"management", Type::kText, "auto",
     "Who may load, unload and try models: true: every caller; false: nobody; auto: callers of "
     "listeners on a loopback address.",
     0, 0},
    {"http.address", Type::kText, "127.0.0.1", "Address that HTTP listens on.", 0, 0},
    {"http.port", Type::kInteger, "8000", "Port of HTTP; 0 takes a free one.", 0, 65535},
    {"http.certificate", Type::kText, "", "PEM file with the certificate chain; makes it HTTPS.", 0,
     0},
    {"http.key", Type::kText, "", "PEM file with the certificate's private key.", 0, 0},
    {"http.insecure", Type::kSwitch, "false",
     "Allow clear-text HTTP on an address other than loopback.", 0, 0},
    {"http.threads", Type::kInteger, "1", "I/O threads of HTTP.", 1, 64},
    {"http.body_max_kib", Type::kInteger, "65536", "Largest request body, KiB; beyond it 413.", 1,
     2097151},
    {"http.connections_max", Type::kInteger, "1024", "Connections at once.", 1, 65536},
    {"grpc.enabled", Type::kSwitch, "true", "Serve gRPC.", 0, 0},
    {"grpc.address", Type::kText, "127.0.0.1", "Address that gRPC listens on.", 0, 0},
    {"grpc.port", Type::kInteger, "8001", "Port of gRPC; 0 takes a free one.", 0, 65535},
    {"grpc.certificate", Type::kText, "", "PEM file with the certificate chain; makes it TLS.", 0,
     0},
    {"grpc.key", Type::kText, "", "PEM file with the certificate's private key.", 0, 0},
    {"grpc.insecure", Type::kSwitch, "false",
     "Allow clear-text gRPC on an address other than loopback.", 0, 0},
});

// What stands behind them.
constexpr std::array kWorkKeys = std::to_array<runtime::ConfigKey>({
    {"serving.instances", Type::kInteger, "0", "Instances of each model; 0: one per core.", 0, 256},
    {"serving.threads", Type::kInteger, "1", "Threads inside one instance's run.", 1, 256},
    {"serving.gather_max", Type::kInteger, "0",
     "Rows of different callers gathered into one run at most; 0: what the model's profile says "
     "pays, 1 until there is one. On most CPUs one is as fast as eight, and quicker to answer.",
     0, 1024},
    {"serving.wait_max_us", Type::kInteger, "0",
     "How long a run may wait for more rows, microseconds.", 0, 1000000},
    {"serving.queue_max", Type::kInteger, "1024",
     "Requests that may wait for a model; beyond it 429.", 1, 1000000},
    {"serving.run_max_ms", Type::kInteger, "30000",
     "A run that takes longer is stopped, and its instance replaced if it does not end; 0: runs "
     "may take for ever.",
     0, 3600000},
    {"serving.device", Type::kText, "cpu",
     "Device that models run on: cpu, cuda:N, tensorrt:N, openvino:NPU. This build has cpu.", 0, 0},
    {"serving.trace_folder", Type::kText, "",
     "Folder for traces of what each model's scheduler was asked and decided, for perigee replay.",
     0, 0},
    {"serving.profile", Type::kSwitch, "true",
     "Measure in idle time after a start what runs of 1, 2, 4, ... rows take.", 0, 0},
    {"serving.profile_cache", Type::kText, "auto",
     "Folder that keeps what was measured for the next start; auto: perigee/profiles in the "
     "user's cache folder; off: nothing is kept.",
     0, 0},
    {"tasks.queue_max", Type::kInteger, "256", "Task requests that may wait; beyond it 429.", 1,
     100000},
    {"request_timeout_ms", Type::kInteger, "30000",
     "Budget of a request that brings none of its own, milliseconds.", 1, 3600000},
    {"metrics.triton_names", Type::kSwitch, "true",
     "Show the models' counters at /metrics under Triton's names too.", 0, 0},
    {"otlp.endpoint", Type::kText, "",
     "OpenTelemetry collector that traces go to, http://HOST:4318; none: no traces.", 0, 0},
    {"otlp.ca", Type::kText, "",
     "PEM file of the authority that signed the collector's certificate.", 0, 0},
    {"otlp.sample_percent", Type::kInteger, "0",
     "Share of the requests that are traced although their caller does not record, percent.", 0,
     100},
    {"drain_ms", Type::kInteger, "4000",
     "How long requests in flight may finish after SIGTERM, milliseconds.", 0, 60000},
    {"log.level", Type::kText, "info", "debug, info, warn or error.", 0, 0},
});

constexpr auto kKeys = [] {
  std::array<runtime::ConfigKey, kFaceKeys.size() + kWorkKeys.size()> keys;
  std::ranges::copy(kWorkKeys, std::ranges::copy(kFaceKeys, keys.begin()).out);
  return keys;
}();

}  // namespace

std::span<const runtime::ConfigKey> ServeKeys() { return kKeys; }

}  // namespace perigee::app
