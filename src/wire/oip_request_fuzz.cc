// Hostile infer requests and answers end in an error or in values that write back, never in a
// crash. The first two bytes are the header length; 0xFFFF stands for no header.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/check.h"
#include "wire/oip_metadata.h"
#include "wire/oip_request.h"
#include "wire/oip_response.h"
#include "wire/oip_tensor.h"

namespace {

using perigee::tensor::DType;

const perigee::model::Description& Sample() {
  static const perigee::model::Description description = [] {
    perigee::model::Description made;
    made.name = "emotion";
    made.version = "1";
    made.inputs = {{"image", DType::kFp32, {-1, 2, 2}, {}}};
    made.outputs = {{"image", DType::kFp32, {-1, 2, 2}, {"a", "b"}}};
    made.batch_max = 8;
    return made;
  }();
  return description;
}

// What was read must go through the model's echo and come back the same.
void RoundTrip(perigee::wire::InferRequest request) {
  using namespace perigee::wire;
  if (request.parameters.size() == kOipParametersMax) return;  // no room for binary_data_output
  const EncodedBody again = WriteInferRequest(request);
  const auto reread =
      ParseInferRequest(std::as_bytes(std::span(again.body)), again.json_length, Sample());
  CHECK(reread.has_value() && reread->inputs.size() == request.inputs.size());
  const auto response = ToResponse(request, Sample(), std::move(request.inputs));
  if (!response) return;
  const auto encoded = WriteInferResponse(*response, request);
  if (!encoded) return;
  (void)ParseInferResponse(std::as_bytes(std::span(encoded->body)), encoded->json_length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t header = data[0] | data[1] << 8;
  const auto length = header == 0xFFFF ? std::nullopt : std::optional(header);
  const auto body = std::as_bytes(std::span(data + 2, size - 2));
  auto request = perigee::wire::ParseInferRequest(body, length, Sample());
  if (request) RoundTrip(*std::move(request));
  (void)perigee::wire::ParseInferResponse(body, length);
  (void)perigee::wire::ParseModelMetadata(body);
  (void)perigee::wire::ParseMaxBatchSize(body);
  (void)perigee::wire::ParseIndexRequest(body);
  return 0;
}
