// One tensor of an Open Inference Protocol message, with its share of the binary section: what the
// request and the answer have in common. Pure; not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"
#include "wire/infer.h"
#include "wire/json.h"
#include "wire/json_writer.h"

namespace perigee::wire {

inline constexpr std::size_t kOipTensorsMax = 256;     // of one message
inline constexpr std::size_t kOipParametersMax = 64;   // of one object
inline constexpr std::size_t kOipRankMax = 16;         // of one tensor
inline constexpr std::size_t kOipNameBytesMax = 1024;  // of a name, an id

// The two halves of a body. InvalidArgument if the header's length lies.
struct OipBody {
  std::span<const std::byte> json;
  std::span<const std::byte> binary;
};
Result<OipBody> SplitBody(std::span<const std::byte> body, std::optional<std::size_t> json_length);

// The string at `key`; empty if absent. InvalidArgument if it is no string or too long.
Result<std::string> ReadText(JsonValue object, std::string_view key);
// The object at "parameters"; empty if absent.
Result<Parameters> ReadParameters(JsonValue object);
// Integer parameter; unset if absent. InvalidArgument if it is no integer or negative.
Result<std::optional<std::size_t>> ReadSize(const Parameters& parameters, std::string_view name);

// Elements of the array at `key`, at most kOipTensorsMax; none if absent.
Result<std::vector<JsonValue>> ReadList(JsonValue object, std::string_view key);

// Reads the tensor, taking its bytes off the front of `binary` if it is a binary one; those it
// borrows, unless they are misaligned for the dtype.
Result<model::NamedTensor> ReadTensor(JsonValue object, std::span<const std::byte>& binary);

// {"name", "shape", "datatype"} without the closing brace.
void BeginTensor(const model::NamedTensor& tensor, JsonWriter& json);
// What ReadTensor reads as a binary tensor; its bytes belong after the JSON.
void WriteBinaryTensor(const model::NamedTensor& tensor, JsonWriter& json);

}  // namespace perigee::wire
