#include "model/model_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "model/pbtxt.h"

namespace perigee::model {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytesMax = 256 << 10;
constexpr std::size_t kTensorsMax = 64;
constexpr std::size_t kRankMax = 8;
constexpr std::size_t kVersionsMax = 64;
constexpr std::int64_t kDimensionMax = std::int64_t{1} << 31;
constexpr std::int64_t kCountMax = 1'000'000;

using Fields = std::vector<PbField>;

std::unexpected<Error> Bad(const PbField& field, std::string_view why) {
  return Fail(InvalidArgument(fmt::format("line {}: {}: {}", field.line, field.name, why)));
}

// What Triton would do with the field and this server cannot: answering without it would be wrong.
std::unexpected<Error> Cannot(const PbField& field, std::string_view why) {
  return Fail(Unimplemented(fmt::format("line {}: {}: {}", field.line, field.name, why)));
}

Result<std::string> Text(const PbField& field) {
  if (field.kind != PbField::Kind::kText) return Bad(field, "must be a text in quotes");
  return field.text;
}

Result<std::string> Word(const PbField& field) {
  if (field.kind != PbField::Kind::kWord) return Bad(field, "must be a name without quotes");
  return field.text;
}

Result<std::int64_t> Number(const PbField& field, std::int64_t minimum, std::int64_t maximum) {
  std::int64_t value = 0;
  const char* const end = field.text.data() + field.text.size();
  const auto [stopped, error] = std::from_chars(field.text.data(), end, value);
  const bool whole = field.kind == PbField::Kind::kWord && error == std::errc() && stopped == end;
  if (whole && value >= minimum && value <= maximum) return value;
  return Bad(field, fmt::format("must be a whole number in {}..{}", minimum, maximum));
}

Result<int> Count(const PbField& field, int minimum) {
  const std::int64_t value = TRY(Number(field, minimum, kCountMax));
  return static_cast<int>(value);
}

Result<Fields> Message(const PbField& field) {
  if (field.kind != PbField::Kind::kMessage) return Bad(field, "must be a message in braces");
  return field.fields;
}

Result<tensor::DType> DataType(const PbField& field) {
  constexpr std::string_view kLead = "TYPE_";
  const std::string word = TRY(Word(field));
  if (word == "TYPE_STRING") return tensor::DType::kBytes;
  const auto dtype = word.starts_with(kLead)
                         ? tensor::ParseDType(std::string_view(word).substr(kLead.size()))
                         : std::nullopt;
  if (dtype && *dtype != tensor::DType::kBytes) return *dtype;
  return Bad(field, word + " is no type of a tensor");
}

Result<TensorSpec> ReadTensor(const PbField& field) {
  TensorSpec spec;
  bool typed = false;
  const Fields fields = TRY(Message(field));
  for (const PbField& inner : fields) {
    if (inner.name == "name") {
      spec.name = TRY(Text(inner));
    } else if (inner.name == "data_type") {
      spec.dtype = TRY(DataType(inner));
      typed = true;
    } else if (inner.name == "dims") {
      const std::int64_t size = TRY(Number(inner, -1, kDimensionMax));
      if (size == 0 || spec.shape.size() >= kRankMax) return Bad(inner, "0, or one too many");
      spec.shape.push_back(size);
    } else if (inner.name == "reshape") {
      return Cannot(inner, "tensors are not reshaped here; give the model the shape it serves");
    } else if (inner.name == "is_shape_tensor" || inner.name == "allow_ragged_batch") {
      const std::string word = TRY(Word(inner));
      if (word != "false") return Cannot(inner, "only false is possible here");
    } else if (inner.name == "optional") {
      const std::string word = TRY(Word(inner));
      if (word != "false") return Cannot(inner, "every input is needed here");
    }
  }
  if (spec.name.empty() || !typed) return Bad(field, "needs a name and a data_type");
  return spec;
}

Result<void> AddTensor(const PbField& field, std::vector<TensorSpec>& specs) {
  TensorSpec spec = TRY(ReadTensor(field));
  if (std::ranges::find(specs, spec.name, &TensorSpec::name) != specs.end()) {
    return Bad(field, spec.name + " is there twice");
  }
  if (specs.size() >= kTensorsMax) return Bad(field, fmt::format("over {}", kTensorsMax));
  specs.push_back(std::move(spec));
  return {};
}

// Several groups of one kind are as many instances as all have together.
Result<void> ReadInstances(const PbField& field, ServingTable& serving) {
  int count = 1;
  const Fields fields = TRY(Message(field));
  for (const PbField& inner : fields) {
    if (inner.name == "count") count = TRY(Count(inner, 1));
    if (inner.name != "kind") continue;
    const std::string kind = TRY(Word(inner));
    if (kind == "KIND_CPU" || kind == "KIND_AUTO") continue;
    return Cannot(inner, kind + " asks for hardware that this build does not run on");
  }
  serving.instances = serving.instances.value_or(0) + count;
  return {};
}

Result<void> ReadQueuePolicy(const PbField& field, ModelConfig& config) {
  const Fields fields = TRY(Message(field));
  for (const PbField& inner : fields) {
    if (inner.name == "max_queue_size") {
      const int size = TRY(Count(inner, 0));
      if (size > 0) config.serving.queue_max = size;  // 0: no bound, and here there is always one
    } else {
      config.notes.push_back("default_queue_policy." + inner.name);
    }
  }
  return {};
}

Result<void> ReadBatching(const PbField& field, ModelConfig& config) {
  int preferred = 0;
  const Fields fields = TRY(Message(field));
  for (const PbField& inner : fields) {
    if (inner.name == "max_queue_delay_microseconds") {
      const int delay = TRY(Count(inner, 0));
      config.serving.wait_max = std::chrono::microseconds(delay);
    } else if (inner.name == "preferred_batch_size") {
      const int size = TRY(Count(inner, 1));
      preferred = std::max(preferred, size);
    } else if (inner.name == "default_queue_policy") {
      TRY(ReadQueuePolicy(inner, config));
    } else {
      config.notes.push_back("dynamic_batching." + inner.name);
    }
  }
  if (preferred > 0) config.serving.gather_max = preferred;
  return {};
}

Result<VersionPolicy> ReadPolicy(const PbField& field) {
  const Fields fields = TRY(Message(field));
  if (fields.size() != 1) return Bad(field, "needs one of latest, all and specific");
  const PbField& choice = fields.front();
  VersionPolicy policy;
  const Fields details = TRY(Message(choice));
  if (choice.name == "all") return policy;
  if (choice.name == "latest") {
    policy.kind = VersionPolicy::Kind::kLatest;
    for (const PbField& inner : details) {
      if (inner.name == "num_versions") policy.latest = TRY(Count(inner, 1));
    }
    return policy;
  }
  if (choice.name != "specific") return Bad(choice, "is none of latest, all and specific");
  policy.kind = VersionPolicy::Kind::kSpecific;
  for (const PbField& inner : details) {
    if (inner.name != "versions") continue;
    const std::int64_t version = TRY(Number(inner, 1, 2'147'483'647));
    if (policy.versions.size() >= kVersionsMax) return Bad(inner, "over 64 of them");
    policy.versions.push_back(static_cast<int>(version));
  }
  if (policy.versions.empty()) return Bad(choice, "names no version");
  return policy;
}

Result<void> CheckRuntime(const PbField& field) {
  const std::string text = TRY(Text(field));
  if (text.empty() || text == "onnxruntime_onnx" || text == "onnxruntime") return {};
  return Cannot(field, text + " is not a runtime of this build, which has onnxruntime");
}

Result<std::string> ReadFileName(const PbField& field) {
  std::string name = TRY(Text(field));
  if (!name.empty() && !name.starts_with('.') && !name.contains('/')) return name;
  return Bad(field, "must be the name of a file in the version's folder");
}

// Fields that change what the answers are, and what stands in their way.
Result<void> RefuseField(const PbField& field) {
  if (field.name == "sequence_batching") {
    return Cannot(field,
                  "the model keeps state from request to request of a sequence, and this server "
                  "keeps none");
  }
  if (field.name == "ensemble_scheduling") {
    return Cannot(field, "ensembles of models are not run by this server");
  }
  if (field.name == "model_transaction_policy") {
    const Fields fields = TRY(Message(field));
    for (const PbField& inner : fields) {
      if (inner.text == "true") return Cannot(inner, "every request has exactly one answer here");
    }
  }
  return {};
}

Result<void> ReadField(const PbField& field, ModelConfig& config) {
  TRY(RefuseField(field));
  if (field.name == "name") {
    config.name = TRY(Text(field));
  } else if (field.name == "platform" || field.name == "backend") {
    TRY(CheckRuntime(field));
  } else if (field.name == "max_batch_size") {
    config.serving.batch_max = TRY(Count(field, 0));
  } else if (field.name == "input") {
    TRY(AddTensor(field, config.inputs));
  } else if (field.name == "output") {
    TRY(AddTensor(field, config.outputs));
  } else if (field.name == "instance_group") {
    TRY(ReadInstances(field, config.serving));
  } else if (field.name == "dynamic_batching") {
    TRY(ReadBatching(field, config));
  } else if (field.name == "version_policy") {
    config.serving.versions = TRY(ReadPolicy(field));
  } else if (field.name == "default_model_filename") {
    config.file = TRY(ReadFileName(field));
  } else if (std::ranges::find(config.notes, field.name) == config.notes.end()) {
    config.notes.push_back(field.name);
  }
  return {};
}

void PutBatchFirst(std::vector<TensorSpec>& specs) {
  for (TensorSpec& spec : specs) spec.shape.insert(spec.shape.begin(), -1);
}

Result<ModelConfig> ReadFields(std::string_view pbtxt) {
  const Fields fields = TRY(ParsePbtxt(pbtxt));
  ModelConfig config;
  for (const PbField& field : fields) {
    TRY(ReadField(field, config));
  }
  // Triton's defaults where the file says nothing.
  if (!config.serving.versions) {
    config.serving.versions = VersionPolicy{.kind = VersionPolicy::Kind::kLatest, .versions = {}};
  }
  // Without tensors Triton completes the configuration from the file, the batch included.
  if (!config.serving.batch_max && !config.inputs.empty()) config.serving.batch_max = 0;
  if (config.serving.batch_max.value_or(0) > 0) {
    PutBatchFirst(config.inputs);
    PutBatchFirst(config.outputs);
  }
  return config;
}

}  // namespace

Result<ModelConfig> ParseModelConfig(std::string_view pbtxt, std::string_view origin) {
  Result<ModelConfig> config = ReadFields(pbtxt);
  if (config) return config;
  return Fail(std::move(config).error().Within(fmt::format("read model configuration {}", origin)));
}

Result<ModelConfig> ReadModelConfig(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::error_code error;
  if (!stream || fs::is_directory(path, error)) {
    return Fail(
        NotFound(fmt::format("read model configuration {}: cannot be opened", path.string())));
  }
  std::string text(kBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return ParseModelConfig(text, path.string());
}

}  // namespace perigee::model
