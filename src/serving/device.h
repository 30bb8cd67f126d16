// Which hardware a model runs on, as an operator writes it: "cpu", "cuda:1", "openvino:NPU".
// Pure values; whether a device can be used is for the backend to say.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace perigee::serving {

struct Device {
  std::string kind = "cpu";  // cpu, gpu (any), cuda, tensorrt, openvino
  int index = 0;             // which of that kind
  std::string unit = {};     // of openvino only: CPU, GPU, NPU or AUTO

  bool operator==(const Device&) const = default;
};

// InvalidArgument says which devices there are words for.
Result<Device> ParseDevice(std::string_view text);
// The canonical text: "cpu:0", "openvino:NPU".
std::string DeviceText(const Device& device);
// Unimplemented, naming what this build has, unless it can be used here.
Result<void> CheckDevice(const Device& device);

}  // namespace perigee::serving
