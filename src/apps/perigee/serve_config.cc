#include "apps/perigee/serve_config.h"

#include <array>

namespace perigee::app {
namespace {

using Type = runtime::ConfigKey::Type;

constexpr std::array kKeys = std::to_array<runtime::ConfigKey>({
    {"node", Type::kText, "perigee", "Name of this node in its answers.", 0, 0},
    {"models", Type::kText, "models",
     "Folder of models, each <name>/<version>/model.onnx with <name>/card.toml.", 0, 0},
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
    {"serving.instances", Type::kInteger, "0", "Instances of each model; 0: one per core.", 0, 256},
    {"serving.threads", Type::kInteger, "1", "Threads inside one instance's run.", 1, 256},
    {"serving.gather_max", Type::kInteger, "1",
     "Rows of different callers gathered into one run at most. On CPUs one is as fast as eight, "
     "and "
     "quicker to answer.",
     1, 1024},
    {"serving.wait_max_us", Type::kInteger, "0",
     "How long a run may wait for more rows, microseconds.", 0, 1000000},
    {"serving.queue_max", Type::kInteger, "1024",
     "Requests that may wait for a model; beyond it 429.", 1, 1000000},
    {"tasks.queue_max", Type::kInteger, "256", "Task requests that may wait; beyond it 429.", 1,
     100000},
    {"request_timeout_ms", Type::kInteger, "30000",
     "Budget of a request that brings none of its own, milliseconds.", 1, 3600000},
    {"drain_ms", Type::kInteger, "4000",
     "How long requests in flight may finish after SIGTERM, milliseconds.", 0, 60000},
    {"log.level", Type::kText, "info", "debug, info, warn or error.", 0, 0},
});

}  // namespace

std::span<const runtime::ConfigKey> ServeKeys() { return kKeys; }

}  // namespace perigee::app
