"""Pictures for tests: real photographs in other formats, and files that only pretend."""

import io
import struct
import zlib

from PIL import Image

JPEG_ORIENTATIONS = {  # EXIF orientation -> how an upright picture is stored under it
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def opened(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def blank(width=320, height=240, kind="JPEG", colour=(120, 120, 120)):
    return encoded(Image.new("RGB", (width, height), colour), kind)


def stored_as(data, orientation):
    """The JPEG turned, with the EXIF orientation that turns it back."""
    image = opened(data)
    if (turn := JPEG_ORIENTATIONS[orientation]) is not None:
        image = image.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(image, "JPEG", quality=92, exif=exif)


def face_crop(data, box, side):
    """The face as classifiers want it: a centred square, padded with black, side x side."""
    left, top = int(box["x"]), int(box["y"])
    width, height = int(box["width"]), int(box["height"])
    square = Image.new("RGB", (max(width, height),) * 2)
    face = opened(data).crop((left, top, left + width, top + height))
    square.paste(face, ((square.width - width) // 2, (square.height - height) // 2))
    return square.resize((side, side), Image.Resampling.BILINEAR)


def crowd(data, box, columns=10, rows=5, side=160):
    """One face, columns x rows times."""
    margin = box["width"] * 0.4
    area = (box["x"] - margin, box["y"] - margin, box["x"] + box["width"] + margin,
            box["y"] + box["height"] + margin)
    face = opened(data).crop(tuple(int(value) for value in area)).resize((side, side))
    picture = Image.new("RGB", (columns * side, rows * side))
    for column in range(columns):
        for row in range(rows):
            picture.paste(face, (column * side, row * side))
    return encoded(picture, "JPEG", quality=92)


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(width, height, rows=0):
    """A one-bit grey PNG whose header says width x height, with `rows` rows of zeros behind it."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
            + _chunk(b"IDAT", data) + _chunk(b"IEND", b""))


def jpeg_claiming(width, height):
    """A real small JPEG whose frame header says another size."""
    data = bytearray(blank(16, 16))
    frame = data.index(b"\xff\xc0")
    data[frame + 5:frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)
