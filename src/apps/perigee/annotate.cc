#include "apps/perigee/annotate.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "media/decode.h"
#include "media/draw.h"
#include "media/encode.h"
#include "tensor/resample.h"

namespace perigee::app {
namespace {

constexpr int kSideMax = 1280;
constexpr int kQuality = 85;
constexpr media::Colour kFrame = {255, 214, 0};
constexpr media::Colour kText = {20, 20, 20};

tensor::Image ForPeople(tensor::Image image) {
  const int longest = std::max(image.width, image.height);
  if (longest <= kSideMax) return image;
  const auto scaled = [&](int side) { return std::max(1, side * kSideMax / longest); };
  return tensor::ResizeArea(image, scaled(image.width), scaled(image.height));
}

void DrawFace(tensor::Image& image, const task::Face& face, float scale) {
  const int x = static_cast<int>(face.box.x * scale);
  const int y = static_cast<int>(face.box.y * scale);
  const int width = static_cast<int>(face.box.width * scale);
  const int height = static_cast<int>(face.box.height * scale);
  float top = 0;
  for (const task::Labelled& label : face.probabilities) top = std::max(top, label.probability);
  const std::string label = fmt::format("{} {:.0f}%", face.emotion, top * 100);
  media::DrawRectangle(image, {x, y, width, height}, 3, kFrame);
  media::DrawLabel(image, x, y, label, {.text = kText, .background = kFrame, .scale = 2});
}

}  // namespace

Result<void> WriteAnnotated(std::span<const std::byte> photo, const task::Answer& answer,
                            const std::filesystem::path& path) {
  media::Picture picture = TRY(media::Decode(photo));
  tensor::Image image = ForPeople(std::move(picture.image));
  const float scale = static_cast<float>(image.width) / static_cast<float>(picture.source_width);
  for (const task::Face& face : answer.faces) DrawFace(image, face, scale);
  const std::vector<std::byte> jpeg = TRY(media::EncodeJpeg(image, kQuality));
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(jpeg.data()), static_cast<std::streamsize>(jpeg.size()));
  file.close();
  if (!file) return Fail(Unavailable("write " + path.string() + ": the disk is full or read-only"));
  return {};
}

}  // namespace perigee::app
