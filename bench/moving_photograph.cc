#include "moving_photograph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "media/decode.h"

namespace perigee::bench {
namespace {

// Bilinear, mirrored at the borders so that a camera may look past them.
void Sample(const tensor::Image& image, float x, float y, float* rgb) {
  const auto mirror = [](int at, int size) {
    at = std::abs(at) % (2 * size);
    return at < size ? at : 2 * size - 1 - at;
  };
  const float left = std::floor(x - 0.5F);
  const float top = std::floor(y - 0.5F);
  const float across = x - 0.5F - left;
  const float down = y - 0.5F - top;
  const int columns[2] = {mirror(static_cast<int>(left), image.width),
                          mirror(static_cast<int>(left) + 1, image.width)};
  const int rows[2] = {mirror(static_cast<int>(top), image.height),
                       mirror(static_cast<int>(top) + 1, image.height)};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto at = [&](int row, int column) {
      return static_cast<float>(
          image.Row(rows[row])[3 * static_cast<std::size_t>(columns[column]) + channel]);
    };
    const float upper = at(0, 0) + across * (at(0, 1) - at(0, 0));
    const float lower = at(1, 0) + across * (at(1, 1) - at(1, 0));
    rgb[channel] = upper + down * (lower - upper);
  }
}

// How much of the walker covers a point `u`, `v` half sides from its middle: an ellipse somewhat
// larger than the box, soft at the rim.
float Cover(float u, float v) {
  return std::clamp((1.35F - std::hypot(u, v * 0.9F)) / 0.15F, 0.0F, 1.0F);
}

vision::Box BoxOf(const Walker& walker) {
  const vision::Box& face = walker.still->faces[walker.face];
  const float width = face.width * walker.scale;
  const float height = face.height * walker.scale;
  return {walker.x - width / 2, walker.y - height / 2, width, height};
}

void DrawWalker(const Walker& walker, float x, float y, float* rgb) {
  const vision::Box box = BoxOf(walker);
  const float cover = Cover((x - walker.x) / (box.width / 2), (y - walker.y) / (box.height / 2));
  if (cover <= 0) return;
  const vision::Box& face = walker.still->faces[walker.face];
  float own[3];
  Sample(walker.still->image, face.x + (x - box.x) / walker.scale,
         face.y + (y - box.y) / walker.scale, own);
  for (int channel = 0; channel < 3; ++channel) {
    rgb[channel] += cover * (own[channel] - rgb[channel]);
  }
}

float Shared(const vision::Box& a, const vision::Box& b) {
  return std::max(0.0F, std::min(a.right(), b.right()) - std::max(a.x, b.x)) *
         std::max(0.0F, std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y));
}

}  // namespace

Result<Still> Load(const std::string& photographs, const std::string& golden,
                   const std::string& name) {
  namespace fs = std::filesystem;
  std::ifstream facts(fs::path(golden) / (name + ".json"));
  const nlohmann::json json = nlohmann::json::parse(facts, nullptr, false);
  if (json.is_discarded()) return Fail(NotFound(fmt::format("read {}.json: no JSON", name)));
  std::ifstream file(fs::path(photographs) / (name + ".jpg"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  media::DecodeOptions half;
  half.longest_side_min = std::max(json["width"].get<int>(), json["height"].get<int>()) / 2;
  media::Picture picture = TRY(media::Decode(std::as_bytes(std::span(bytes)), half));
  Still still = {std::move(picture.image), {}};
  const float by = 1.0F / static_cast<float>(picture.factor);
  for (const auto& face : json["faces"]) {
    const auto& box = face["box"];
    still.faces.push_back(
        vision::Box{box["x"], box["y"], box["width"], box["height"]}.Scaled(by, by));
  }
  return still;
}

tensor::Image Render(const Shot& shot) {
  tensor::Image frame = tensor::Image::Of(kWidth, kHeight);
  for (int row = 0; row < kHeight; ++row) {
    std::uint8_t* to = frame.Row(row).data();
    for (int column = 0; column < kWidth; ++column) {
      const float x = static_cast<float>(column) + 0.5F;
      const float y = static_cast<float>(row) + 0.5F;
      float rgb[3] = {70, 60 + 0.1F * y, 50};
      if (x < shot.bar.x || x >= shot.bar.right() || y < shot.bar.y || y >= shot.bar.bottom()) {
        Sample(shot.behind->image, shot.camera.x + (x - kWidth / 2.0F) * shot.camera.step,
               shot.camera.y + (y - kHeight / 2.0F) * shot.camera.step, rgb);
        for (const Walker& walker : shot.walkers) DrawWalker(walker, x, y, rgb);
      }
      for (const float channel : rgb) *to++ = static_cast<std::uint8_t>(channel + 0.5F);
    }
  }
  return frame;
}

std::vector<Thing> Truth(const Shot& shot) {
  std::vector<vision::Box> boxes;
  for (const Walker& walker : shot.walkers) boxes.push_back(BoxOf(walker));
  if (boxes.empty()) {
    const Camera& camera = shot.camera;
    for (vision::Box box : shot.behind->faces) {
      box.x -= camera.x - kWidth / 2.0F * camera.step;
      box.y -= camera.y - kHeight / 2.0F * camera.step;
      boxes.push_back(box.Scaled(1 / camera.step, 1 / camera.step));
    }
  }
  std::vector<Thing> things;
  for (const vision::Box& box : boxes) {
    const float inside = Shared(box, {0, 0, kWidth, kHeight});
    things.push_back({box, inside / box.area(), (inside - Shared(box, shot.bar)) / box.area()});
  }
  return things;
}

}  // namespace perigee::bench
