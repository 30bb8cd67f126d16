// Boxes and short labels on pictures that people look at. Everything is clipped to the picture.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "tensor/image.h"
#include "tensor/resample.h"

namespace perigee::media {

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

struct LabelStyle {
  Colour text;
  Colour background;
  int scale = 1;  // px of one dot of a glyph; a glyph is 5 x 7 dots
};

// A frame `thickness` px wide, inside the rectangle.
void DrawRectangle(tensor::Image& image, const tensor::Rect& rectangle, int thickness,
                   Colour colour);

// Text on a filled bar whose lower left corner is (x, y); below y if there is no room above.
// Letters (shown as capitals), digits, %, and space; anything else is a blank.
void DrawLabel(tensor::Image& image, int x, int y, std::string_view text, const LabelStyle& style);

}  // namespace perigee::media
