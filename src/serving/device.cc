#include "serving/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace perigee::serving {
namespace {

constexpr std::array<std::string_view, 4> kCounted = {"cpu", "gpu", "cuda", "tensorrt"};
constexpr std::array<std::string_view, 4> kUnits = {"CPU", "GPU", "NPU", "AUTO"};
constexpr int kIndexMax = 255;
constexpr std::size_t kShownMax = 40;

Error Unknown(std::string_view text) {
  return InvalidArgument(
      fmt::format("read device {}: not cpu, cpu:N, gpu:N, cuda:N, tensorrt:N (N to {}) or "
                  "openvino:CPU, openvino:GPU, openvino:NPU, openvino:AUTO",
                  text.substr(0, kShownMax), kIndexMax));
}

}  // namespace

Result<Device> ParseDevice(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view which =
      colon == std::string_view::npos ? std::string_view("0") : text.substr(colon + 1);
  Device device{.kind = std::string(kind)};
  if (kind == "openvino") {
    const std::string_view unit = colon == std::string_view::npos ? "AUTO" : which;
    if (std::ranges::find(kUnits, unit) == kUnits.end()) return Fail(Unknown(text));
    device.unit = unit;
    return device;
  }
  const auto [end, error] =
      std::from_chars(which.data(), which.data() + which.size(), device.index);
  const bool counted = std::ranges::find(kCounted, kind) != kCounted.end();
  const bool whole = error == std::errc() && end == which.data() + which.size();
  const bool plain = which.size() == 1 || which.front() != '0';
  if (counted && whole && plain && device.index >= 0 && device.index <= kIndexMax) return device;
  return Fail(Unknown(text));
}

std::string DeviceText(const Device& device) {
  if (!device.unit.empty()) return device.kind + ":" + device.unit;
  return fmt::format("{}:{}", device.kind, device.index);
}

Result<void> CheckDevice(const Device& device) {
  if (device.kind == "cpu" && device.index == 0) return {};
  return Fail(Unimplemented(
      fmt::format("use device {}: this build runs models on cpu:0 only", DeviceText(device))));
}

}  // namespace perigee::serving
