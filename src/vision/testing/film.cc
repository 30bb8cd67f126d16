#include "vision/testing/film.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>

namespace perigee::vision::testing {
namespace {

constexpr int kSide = 64;           // texels
constexpr float kThingTexels = 12;  // a side of a thing, whatever its size
constexpr float kBackTexel = 14;    // px of the whole picture
constexpr float kBarLevel = 90;

// Noise, blurred a little, repeated in all directions.
class Texture {
 public:
  explicit Texture(int look) {
    std::mt19937 random(static_cast<std::uint32_t>(look));
    std::ranges::generate(texels_, [&] { return static_cast<float>(random() % 200) + 28; });
  }
  float At(float u, float v) const {
    const float left = std::floor(u);
    const float top = std::floor(v);
    const float across = u - left;
    const float down = v - top;
    const int x = static_cast<int>(left);
    const int y = static_cast<int>(top);
    const float upper = Texel(x, y) + across * (Texel(x + 1, y) - Texel(x, y));
    const float lower = Texel(x, y + 1) + across * (Texel(x + 1, y + 1) - Texel(x, y + 1));
    return upper + down * (lower - upper);
  }

 private:
  float Texel(int x, int y) const {
    const auto wrap = [](int at) { return static_cast<std::size_t>(at & (kSide - 1)); };
    return texels_[wrap(y) * kSide + wrap(x)];
  }
  std::array<float, std::size_t{kSide} * kSide> texels_{};
};

bool Holds(const Box& box, float x, float y) {
  return x >= box.x && x < box.right() && y >= box.y && y < box.bottom();
}

}  // namespace

tensor::Plane Shoot(const Scene& scene) {
  const Texture background(1000);
  std::vector<Texture> looks;
  for (const Thing& thing : scene.things) looks.emplace_back(thing.look);
  std::minstd_rand random(scene.grain);
  tensor::Plane plane = tensor::Plane::Of(kFilmWidth / scene.factor, kFilmHeight / scene.factor);
  for (int row = 0; row < plane.height; ++row) {
    for (int column = 0; column < plane.width; ++column) {
      const float x = (static_cast<float>(column) + 0.5F) * static_cast<float>(scene.factor);
      const float y = (static_cast<float>(row) + 0.5F) * static_cast<float>(scene.factor);
      float level =
          background.At((x + scene.camera_x) / kBackTexel, (y + scene.camera_y) / kBackTexel);
      for (std::size_t at = 0; at < looks.size(); ++at) {
        const Box& box = scene.things[at].box;
        if (!Holds(box, x, y)) continue;
        level = looks[at].At((x - box.x) / box.width * kThingTexels,
                             (y - box.y) / box.height * kThingTexels);
      }
      if (Holds(scene.bar, x, y)) level = kBarLevel;
      const auto grain = static_cast<float>(random() % 2001) / 1000 - 1;
      level = level * scene.gain + scene.bias + 1.7F * scene.noise * grain;
      plane.Row(row)[static_cast<std::size_t>(column)] =
          static_cast<std::uint8_t>(std::clamp(level, 0.0F, 255.0F));
    }
  }
  return plane;
}

tensor::LumaView ViewOf(const tensor::Plane& plane, int factor) {
  return {plane, factor, kFilmWidth, kFilmHeight};
}

}  // namespace perigee::vision::testing
