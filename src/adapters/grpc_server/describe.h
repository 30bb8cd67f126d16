// What a node knows of its models, as the messages of api/inference.proto: metadata,
// configuration, statistics. Values in, messages out. Pure; any thread.
#pragma once

#include <span>
#include <string>

#include "inference.pb.h"
#include "model/model.h"
#include "wire/oip_metadata.h"

namespace perigee::grpc_server {

void Describe(const model::Description& description, std::span<const std::string> versions,
              inference::ModelMetadataResponse& message);

void Configure(const model::Description& description, const wire::ServingOptions& serving,
               inference::ModelConfig& message);

void Count(const model::Description& description, const model::Statistics& statistics,
           inference::ModelStatistics& message);

}  // namespace perigee::grpc_server
