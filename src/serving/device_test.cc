#include "serving/device.h"

#include <gtest/gtest.h>

namespace perigee::serving {
namespace {

TEST(Device, ReadsKindAndIndex) {
  EXPECT_EQ(*ParseDevice("cpu"), (Device{.kind = "cpu", .index = 0}));
  EXPECT_EQ(*ParseDevice("gpu:0"), (Device{.kind = "gpu", .index = 0}));
  EXPECT_EQ(*ParseDevice("cuda:13"), (Device{.kind = "cuda", .index = 13}));
  EXPECT_EQ(*ParseDevice("tensorrt:255"), (Device{.kind = "tensorrt", .index = 255}));
  EXPECT_EQ(*ParseDevice("openvino:NPU"), (Device{.kind = "openvino", .unit = "NPU"}));
  EXPECT_EQ(*ParseDevice("openvino"), (Device{.kind = "openvino", .unit = "AUTO"}));
}

TEST(Device, SpellsItselfInOneWay) {
  for (const char* text : {"cpu:0", "cuda:3", "openvino:GPU"}) {
    EXPECT_EQ(DeviceText(*ParseDevice(text)), text);
  }
  EXPECT_EQ(DeviceText(*ParseDevice("cpu")), "cpu:0");
}

TEST(Device, RefusesWhatItHasNoWordFor) {
  for (const char* text : {"", ":", "cpu:", "cpu:-1", "cpu:256", "cpu:01", "cpu:1x", "cpu: 1",
                           "CPU", "tpu:0", "openvino:", "openvino:TPU", "cuda:99999999999999"}) {
    const Result<Device> device = ParseDevice(text);
    ASSERT_FALSE(device.has_value()) << text;
    EXPECT_EQ(device.error().code, Code::kInvalidArgument) << text;
  }
}

TEST(Device, OnlyTheCpuCanBeUsedAndSaysSo) {
  EXPECT_TRUE(CheckDevice(Device{}).has_value());
  const Result<void> other = CheckDevice(*ParseDevice("cuda:1"));
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, Code::kUnimplemented);
  EXPECT_EQ(other.error().message, "use device cuda:1: this build runs models on cpu:0 only");
}

}  // namespace
}  // namespace perigee::serving
