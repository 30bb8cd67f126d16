// The one thing we read of EXIF: which way up the picture is. Hostile bytes; pure, any thread.
#pragma once

#include <cstddef>
#include <span>

namespace perigee::media {

// `exif`: a TIFF structure, with or without "Exif\0\0" before it. 1..8; 1 (upright) when the tag is
// absent or anything about it is wrong: a bad tag must not cost the user the picture.
int ExifOrientation(std::span<const std::byte> exif);

}  // namespace perigee::media
