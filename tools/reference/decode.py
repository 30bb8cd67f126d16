#!/usr/bin/env python3
"""Decodes one picture to raw pixels for reference.mjs.

    python decode.py PICTURE > pixels

writes one line of JSON (width, height, decoder) and then height x width x 3 bytes, RGB. Full size,
libjpeg's default slow integer transform and smooth chroma upsampling; an EXIF orientation is
refused rather than ignored.
"""

import json
import sys

from PIL import ExifTags, Image, features


def main(arguments: list[str]) -> int:
    """Exit status: 0 written, 1 not decodable here, 2 wrong arguments."""
    if len(arguments) != 1:
        print("usage: decode.py PICTURE", file=sys.stderr)
        return 2
    try:
        with Image.open(arguments[0]) as image:
            if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
                raise OSError("turned by its EXIF orientation")
            rgb = image.convert("RGB")
    except OSError as error:
        print(f"decode {arguments[0]}: {error}", file=sys.stderr)
        return 1
    turbo = features.version_feature("libjpeg_turbo")
    decoder = f"Pillow {features.version('pil')} with libjpeg-turbo {turbo}, full size"
    header = {"width": rgb.width, "height": rgb.height, "decoder": decoder}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + rgb.tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
