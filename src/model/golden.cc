#include "model/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace perigee::model {
namespace {

using tensor::DType;

constexpr std::int64_t kElementsMax = 1 << 24;

// Vigna's splitmix64: three lines that every language can repeat.
class Draws {
 public:
  Draws(Golden::Fill fill, std::uint64_t seed) : zero_(fill == Golden::Fill::kZero), state_(seed) {}
  std::uint64_t Next() {
    if (zero_) return 0;
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double NextFraction() { return static_cast<double>(Next() >> 40) * 0x1p-24; }

 private:
  bool zero_;
  std::uint64_t state_;
};

template <typename T>
void Put(std::vector<std::byte>& bytes, std::size_t index, T value) {
  std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
}

void Fill(DType dtype, std::int64_t count, Draws& draws, std::vector<std::byte>& bytes) {
  const std::size_t size = DTypeSize(dtype);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    if (dtype == DType::kFp32) {
      Put(bytes, i, static_cast<float>(draws.NextFraction()));
    } else if (dtype == DType::kFp64) {
      Put(bytes, i, draws.NextFraction());
    } else {
      const std::uint64_t draw = dtype == DType::kBool ? draws.Next() & 1 : draws.Next();
      std::memcpy(bytes.data() + i * size, &draw, size);  // little-endian: its lowest bytes
    }
  }
}

Result<tensor::Tensor> MakeInput(DType dtype, const tensor::Shape& shape, Draws& draws) {
  const auto count = tensor::ElementCount(shape);
  if (!count || *count > kElementsMax) {
    return Fail(InvalidArgument(fmt::format("shape {} is too large", tensor::ShapeText(shape))));
  }
  if (dtype == DType::kFp16 || dtype == DType::kBf16) {
    return Fail(InvalidArgument(fmt::format("{} has no golden numbers", DTypeName(dtype))));
  }
  if (dtype == DType::kBytes) {
    std::vector<std::string> texts;
    for (std::int64_t i = 0; i < *count; ++i) texts.push_back(std::to_string(draws.Next() % 100));
    return tensor::Tensor::OfBytes(shape, texts);
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(*count) * DTypeSize(dtype));
  Fill(dtype, *count, draws, bytes);
  return tensor::Tensor::Own(dtype, shape, std::move(bytes));
}

// Sign, 5 bits of exponent, 10 of fraction.
double FromHalf(std::uint16_t bits) {
  const int exponent = (bits >> 10U) & 0x1F;
  const int fraction = bits & 0x3FF;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 0x1F) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 0x400, exponent - 25);
}

// The upper half of an FP32.
double FromBrainFloat(std::uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(std::uint32_t{bits} << 16U));
}

template <typename T>
T BitsAt(const tensor::Tensor& tensor, std::size_t index) {
  T value;
  std::memcpy(&value, tensor.bytes().data() + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
double At(const tensor::Tensor& tensor, std::size_t index) {
  return static_cast<double>(BitsAt<T>(tensor, index));
}

}  // namespace

double NumberAt(const tensor::Tensor& tensor, std::size_t index) {
  switch (tensor.dtype()) {
    case DType::kBool:
    case DType::kUint8:
      return At<std::uint8_t>(tensor, index);
    case DType::kUint16:
      return At<std::uint16_t>(tensor, index);
    case DType::kUint32:
      return At<std::uint32_t>(tensor, index);
    case DType::kUint64:
      return At<std::uint64_t>(tensor, index);
    case DType::kInt8:
      return At<std::int8_t>(tensor, index);
    case DType::kInt16:
      return At<std::int16_t>(tensor, index);
    case DType::kInt32:
      return At<std::int32_t>(tensor, index);
    case DType::kInt64:
      return At<std::int64_t>(tensor, index);
    case DType::kFp32:
      return At<float>(tensor, index);
    case DType::kFp64:
      return At<double>(tensor, index);
    case DType::kFp16:
      return FromHalf(BitsAt<std::uint16_t>(tensor, index));
    case DType::kBf16:
      return FromBrainFloat(BitsAt<std::uint16_t>(tensor, index));
    case DType::kBytes:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

namespace {

std::unexpected<Error> Differs(const GoldenOutput& output, std::string why) {
  return Fail(
      InvalidArgument(fmt::format("golden answer: output {}: {}", output.name, std::move(why))));
}

Result<void> CompareTexts(const GoldenOutput& expected, const tensor::Tensor& actual) {
  if (actual.dtype() != DType::kBytes) return Differs(expected, "is no text");
  const std::vector<std::string_view> texts = actual.ByteElements();
  if (std::ranges::equal(texts, expected.texts)) return {};
  return Differs(expected, "other texts than the card has");
}

Result<void> CompareNumbers(const GoldenOutput& expected, const tensor::Tensor& actual,
                            double tolerance) {
  const auto count = static_cast<std::size_t>(actual.element_count());
  if (count != expected.values.size()) {
    return Differs(expected,
                   fmt::format("{} values where the card has {}", count, expected.values.size()));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const double value = NumberAt(actual, i);
    // Written so that a NaN fails too.
    if (std::abs(value - expected.values[i]) <= tolerance) continue;
    return Differs(expected, fmt::format("value {} is {:.6g}, the card says {:.6g} within {:.3g}",
                                         i, value, expected.values[i], tolerance));
  }
  return {};
}

tensor::Shape ShapeOf(const Golden& golden, const TensorSpec& spec) {
  const auto named = std::ranges::find(golden.inputs, spec.name, &GoldenInput::name);
  if (named != golden.inputs.end()) return named->shape;
  tensor::Shape shape = spec.shape;
  std::ranges::replace(shape, -1, 1);
  return shape;
}

}  // namespace

Result<Tensors> GoldenInputs(const Golden& golden, const std::vector<TensorSpec>& specs) {
  Draws draws(golden.fill, golden.seed);
  Tensors inputs;
  for (const TensorSpec& spec : specs) {
    const tensor::Shape shape = ShapeOf(golden, spec);
    Result<tensor::Tensor> tensor =
        tensor::ShapeFits(shape, spec.shape)
            ? MakeInput(spec.dtype, shape, draws)
            : Fail(InvalidArgument(fmt::format("shape {} where the model takes {}",
                                               tensor::ShapeText(shape),
                                               tensor::ShapeText(spec.shape))));
    if (!tensor) return Fail(std::move(tensor).error().Within("golden input " + spec.name));
    inputs.push_back({spec.name, *std::move(tensor)});
  }
  return inputs;
}

Result<void> CheckGolden(const Golden& golden, const Tensors& outputs) {
  for (const GoldenOutput& expected : golden.outputs) {
    const tensor::Tensor* actual = Find(outputs, expected.name);
    if (actual == nullptr) return Differs(expected, "the model has none of that name");
    if (!expected.texts.empty()) {
      TRY(CompareTexts(expected, *actual));
    } else {
      TRY(CompareNumbers(expected, *actual, golden.tolerance));
    }
  }
  return {};
}

}  // namespace perigee::model
