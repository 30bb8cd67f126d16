// Any bytes, as a request and as an answer: refused or parsed, never more taken than given, and
// the limits hold. The first byte says how large the reads are.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "adapters/net/http_parser.h"
#include "base/check.h"

namespace perigee::net {
namespace {

constexpr std::size_t kBodyMax = 256;

template <typename Parser>
void FeedAll(Parser& parser, std::span<const std::byte> bytes, std::size_t read_max) {
  std::size_t begin = 0;
  for (std::size_t end = 0; end < bytes.size() && !parser.done();) {
    end = std::min(bytes.size(), end + read_max);
    for (bool moving = true; moving && !parser.done() && begin < end;) {
      const auto used = parser.Feed(bytes.subspan(begin, end - begin));
      if (!used) return;
      CHECK(*used <= end - begin);
      begin += *used;
      moving = *used > 0;
    }
  }
}

}  // namespace
}  // namespace perigee::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee::net;
  if (size == 0) return 0;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data + 1, size - 1));
  RequestParser request({.header_max = 512, .body_max = kBodyMax});
  FeedAll(request, bytes, std::size_t{1} + data[0]);
  // A body with a length is not fed by listeners, but is bounded here too.
  CHECK(request.request().body.size() <= kBodyMax);
  ResponseParser response(kBodyMax, /*answers_head=*/false);
  FeedAll(response, bytes, std::size_t{1} + data[0]);
  if (!response.done()) response.FeedEnd();
  CHECK(response.Take().body.size() <= kBodyMax);
  return 0;
}
