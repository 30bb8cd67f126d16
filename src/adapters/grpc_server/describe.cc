#include "adapters/grpc_server/describe.h"

#include <algorithm>

namespace perigee::grpc_server {
namespace {

using tensor::DType;

inference::DataType ConfigType(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return inference::TYPE_BOOL;
    case DType::kUint8:
      return inference::TYPE_UINT8;
    case DType::kUint16:
      return inference::TYPE_UINT16;
    case DType::kUint32:
      return inference::TYPE_UINT32;
    case DType::kUint64:
      return inference::TYPE_UINT64;
    case DType::kInt8:
      return inference::TYPE_INT8;
    case DType::kInt16:
      return inference::TYPE_INT16;
    case DType::kInt32:
      return inference::TYPE_INT32;
    case DType::kInt64:
      return inference::TYPE_INT64;
    case DType::kFp16:
      return inference::TYPE_FP16;
    case DType::kBf16:
      return inference::TYPE_BF16;
    case DType::kFp32:
      return inference::TYPE_FP32;
    case DType::kFp64:
      return inference::TYPE_FP64;
    case DType::kBytes:
      return inference::TYPE_STRING;
  }
  return inference::TYPE_INVALID;
}

// Of a ModelInput or a ModelOutput, which have the same three fields.
template <typename Message>
void ConfigureTensor(const model::TensorSpec& spec, bool batched, Message& message) {
  message.set_name(spec.name);
  message.set_data_type(ConfigType(spec.dtype));
  const auto begin = spec.shape.begin() + (batched && !spec.shape.empty() ? 1 : 0);
  message.mutable_dims()->Add(begin, spec.shape.end());
}

template <typename Message>
void DescribeTensor(const model::TensorSpec& spec, Message& message) {
  message.set_name(spec.name);
  message.set_datatype(std::string(tensor::DTypeName(spec.dtype)));
  message.mutable_shape()->Add(spec.shape.begin(), spec.shape.end());
}

void Fill(const model::CountAndTime& counted, inference::StatisticDuration& message) {
  message.set_count(counted.count);
  message.set_ns(static_cast<std::uint64_t>(std::max<Duration::rep>(counted.total.count(), 0)));
}

}  // namespace

void Describe(const model::Description& description, std::span<const std::string> versions,
              inference::ModelMetadataResponse& message) {
  message.set_name(description.name);
  message.set_platform(description.platform);
  for (const std::string& version : versions) message.add_versions(version);
  for (const auto& input : description.inputs) DescribeTensor(input, *message.add_inputs());
  for (const auto& output : description.outputs) DescribeTensor(output, *message.add_outputs());
}

void Configure(const model::Description& description, const wire::ServingOptions& serving,
               inference::ModelConfig& message) {
  const bool batched = description.batch_max > 0;
  message.set_name(description.name);
  message.set_platform(description.platform);
  message.set_backend(description.platform.substr(0, description.platform.find('_')));
  message.mutable_version_policy()->mutable_all();
  message.set_max_batch_size(description.batch_max);
  for (const auto& input : description.inputs) {
    ConfigureTensor(input, batched, *message.add_input());
  }
  for (const auto& output : description.outputs) {
    ConfigureTensor(output, batched, *message.add_output());
  }
  auto& group = *message.add_instance_group();
  group.set_name(description.name);
  group.set_kind(inference::ModelInstanceGroup::KIND_CPU);
  group.set_count(serving.instances);
  if (batched) {
    message.mutable_dynamic_batching()->set_max_queue_delay_microseconds(
        static_cast<std::uint64_t>(serving.queue_delay_max.count()));
  }
  message.set_default_model_filename("model.onnx");
  message.mutable_model_transaction_policy()->set_decoupled(false);
}

void Count(const model::Description& description, const model::Statistics& statistics,
           inference::ModelStatistics& message) {
  message.set_name(description.name);
  message.set_version(description.version);
  message.set_last_inference(static_cast<std::uint64_t>(statistics.last_inference_ms));
  message.set_inference_count(statistics.inference_count);
  message.set_execution_count(statistics.execution_count);
  auto& totals = *message.mutable_inference_stats();
  Fill(statistics.success, *totals.mutable_success());
  Fill(statistics.fail, *totals.mutable_fail());
  Fill(statistics.queue, *totals.mutable_queue());
  Fill(statistics.compute_input, *totals.mutable_compute_input());
  Fill(statistics.compute_infer, *totals.mutable_compute_infer());
  Fill(statistics.compute_output, *totals.mutable_compute_output());
  totals.mutable_cache_hit();
  totals.mutable_cache_miss();
  for (const auto& [size, batch] : statistics.batches) {
    auto& batched = *message.add_batch_stats();
    batched.set_batch_size(static_cast<std::uint64_t>(size));
    Fill(batch.infer, *batched.mutable_compute_infer());
    // Gathering and handing back are not told apart by batch size; as many runs had them.
    batched.mutable_compute_input()->set_count(batch.infer.count);
    batched.mutable_compute_output()->set_count(batch.infer.count);
  }
}

}  // namespace perigee::grpc_server
