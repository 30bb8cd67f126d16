#include "wire/content_encoding.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace perigee::wire {
namespace {

constexpr int kGzipOnly = 16;  // added to windowBits: a gzip header, not a zlib one
constexpr std::size_t kChunkBytes = 64 << 10;

std::string Lower(std::string_view text) {
  std::string lower;
  for (const char character : text) {
    lower += character >= 'A' && character <= 'Z' ? static_cast<char>(character + 32) : character;
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<int> WindowBits(std::string_view encoding) {
  if (encoding == "gzip" || encoding == "x-gzip") return MAX_WBITS + kGzipOnly;
  if (encoding == "deflate") return MAX_WBITS;
  return std::nullopt;
}

Bytef* ZlibBytes(const std::byte* bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes));
}

class Inflater {
 public:
  explicit Inflater(int window_bits) { ready_ = inflateInit2(&stream_, window_bits) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Result<std::vector<std::byte>> Run(std::span<const std::byte> body, std::size_t bytes_max) {
    if (!ready_) return Fail(ResourceExhausted("unpack body: no memory"));
    stream_.next_in = ZlibBytes(body.data());
    stream_.avail_in = static_cast<uInt>(body.size());
    std::vector<std::byte> unpacked;
    int code = Z_OK;
    while (code == Z_OK) {
      const std::size_t at = unpacked.size();
      // One byte over the limit is enough to know.
      unpacked.resize(at + std::min(kChunkBytes, bytes_max - at + 1));
      stream_.next_out = ZlibBytes(unpacked.data() + at);
      stream_.avail_out = static_cast<uInt>(unpacked.size() - at);
      code = inflate(&stream_, Z_NO_FLUSH);
      unpacked.resize(unpacked.size() - stream_.avail_out);
      if (unpacked.size() > bytes_max) {
        return Fail(InvalidArgument(
            fmt::format("unpack body: over the limit of {} bytes when unpacked", bytes_max)));
      }
    }
    if (code != Z_STREAM_END) return Fail(InvalidArgument("unpack body: broken or unfinished"));
    if (stream_.avail_in > 0) return Fail(InvalidArgument("unpack body: bytes after its end"));
    return unpacked;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

// The weight of one element of Accept-Encoding, "gzip;q=0.5"; 0 refuses.
double Weight(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == parameters.npos) return 1;
  double weight = 0;
  std::from_chars(parameters.data() + at + 2, parameters.data() + parameters.size(), weight);
  return weight;
}

}  // namespace

Result<std::vector<std::byte>> Decompress(std::string_view encoding,
                                          std::span<const std::byte> body, std::size_t bytes_max) {
  const std::string name = Lower(Trim(encoding));
  const bool identity = name.empty() || name == "identity";
  const std::optional<int> window_bits = WindowBits(name);
  if (!identity && !window_bits) {
    return Fail(InvalidArgument("unpack body: its encoding is neither gzip nor deflate"));
  }
  if (body.size() > (identity ? bytes_max : std::numeric_limits<uInt>::max())) {
    return Fail(InvalidArgument("unpack body: over the limit"));
  }
  if (identity) return std::vector<std::byte>(body.begin(), body.end());
  return Inflater(*window_bits).Run(body, bytes_max);
}

std::string_view ChooseEncoding(std::string_view accept_encoding) {
  static constexpr std::array<std::string_view, 2> kOurs = {"gzip", "deflate"};
  std::string_view best;
  double best_weight = 0;
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    const std::string element = Lower(Trim(accept_encoding.substr(0, comma)));
    accept_encoding = comma == accept_encoding.npos ? "" : accept_encoding.substr(comma + 1);
    const std::string_view whole = element;
    const std::size_t semicolon = std::min(whole.find(';'), whole.size());
    const auto ours = std::ranges::find(kOurs, Trim(whole.substr(0, semicolon)));
    const double weight = Weight(whole.substr(semicolon));
    if (ours == kOurs.end() || weight <= best_weight) continue;
    best = *ours;
    best_weight = weight;
  }
  return best;
}

std::string Compress(std::string_view encoding, std::string_view body) {
  const std::optional<int> window_bits = WindowBits(encoding);
  z_stream stream{};
  // Level 1: a node's processor is dearer than its network.
  if (!window_bits || deflateInit2(&stream, 1, Z_DEFLATED, *window_bits, 8, Z_DEFAULT_STRATEGY)) {
    return std::string(body);
  }
  std::string packed(deflateBound(&stream, body.size()), '\0');
  stream.next_in = ZlibBytes(reinterpret_cast<const std::byte*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace perigee::wire
