// What a node says about itself and its models over the Open Inference Protocol, in the shapes
// that Triton gives them, because perf_analyzer and tritonclient read them: health, metadata,
// configuration, statistics, repository index. Values in, JSON out, and back where our own client
// reads it. Pure; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"
#include "model/repository.h"
#include "model/statistics.h"

namespace perigee::wire {

// The extensions that this node answers to, as server metadata lists them.
std::span<const std::string_view> OipExtensions();

std::string ServerMetadataJson(std::string_view version);
std::string LiveJson(bool live);
std::string ReadyJson(bool ready);
std::string ModelReadyJson(std::string_view name, bool ready);

std::string ModelMetadataJson(const model::Description& description,
                              std::span<const std::string> versions);

// What a Description does not know of a served model.
struct ServingOptions {
  int instances = 1;
  std::chrono::microseconds queue_delay_max{0};
};
// The node's options, with the number of instances that the model settled on itself.
ServingOptions AsRun(ServingOptions options, const model::Profile& profile);
// Triton's ModelConfig: dims leave the batch dimension out where max_batch_size > 0.
std::string ModelConfigJson(const model::Description& description, const ServingOptions& options);

struct ModelStatistics {
  std::string name;
  std::string version;
  model::Statistics statistics;
};
std::string StatisticsJson(std::span<const ModelStatistics> models);

std::string RepositoryIndexJson(std::span<const model::IndexLine> lines);
// POST v2/repository/index: {"ready": true} asks for ready models only; an empty body for all.
Result<bool> ParseIndexRequest(std::span<const std::byte> body);

// The client's side. Metadata gives everything but batch_max, which is 0; the configuration
// gives that.
Result<model::Description> ParseModelMetadata(std::span<const std::byte> body);
Result<int> ParseMaxBatchSize(std::span<const std::byte> config_body);

}  // namespace perigee::wire
