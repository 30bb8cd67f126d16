// Hostile predict bodies end in an error or in tensors that write back. The first byte picks the
// model.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/tfs.h"

namespace {

using perigee::model::Description;
using perigee::tensor::DType;

const std::array<Description, 3>& Models() {
  static const std::array<Description, 3> models = [] {
    std::array<Description, 3> made;
    made[0].inputs = {{"image", DType::kFp32, {-1, 2, 2}, {}}};
    made[1].inputs = {{"a", DType::kUint8, {-1, 2}, {}}, {"b", DType::kBool, {-1}, {}}};
    made[2].inputs = {{"text", DType::kBytes, {-1}, {}}};
    return made;
  }();
  return models;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto body = std::as_bytes(std::span(data + 1, size - 1));
  const auto request = perigee::wire::ParsePredict(body, Models()[data[0] % Models().size()]);
  if (request) (void)perigee::wire::WritePredict(*request, request->inputs);
  return 0;
}
