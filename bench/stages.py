"""The bare stages of a camera stream's frame, called straight in one thread (stages.cc): what one
frame of 640 x 480 with one face costs, and how many streams of 15 frames/s the cores would carry if
nothing else cost anything. The streams' own measurement compares itself with this. Needs Pillow."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import tempfile
from pathlib import Path

from measure import Row, Settings
from processes import MODELS, PHOTOS, TOOLS, Failed

FPS = 15
SIZE = 224  # of the detector's input, px
PHOTO, PART = "sample6.jpg", (1253, 213, 1909, 705)  # left, top, right, bottom: one face
BYTES_MIN, BYTES_MAX = 35_000, 60_000
DETECT_EVERY, CLASSIFY_EVERY = 5, 3


def camera_frame() -> bytes:
    """A photograph's part around one face as a camera sends it: 640 x 480, 35 to 60 kB."""
    from PIL import Image

    part = Image.open(PHOTOS / PHOTO).convert("RGB").crop(PART).resize((640, 480))
    for quality in range(95, 50, -3):
        file = io.BytesIO()
        part.save(file, "JPEG", quality=quality)
        if BYTES_MIN <= len(file.getvalue()) <= BYTES_MAX:
            return file.getvalue()
    raise Failed(f"make a camera frame: no quality gives {BYTES_MIN} to {BYTES_MAX} bytes")


def measure_stages(settings: Settings, detector: str = "face_detector", size: int = SIZE) -> dict:
    """What stages_bench prints: CPU microseconds of each stage, window by window."""
    with tempfile.TemporaryDirectory() as folder:
        frame = Path(folder) / "frame.jpg"
        frame.write_bytes(camera_frame())
        command = [TOOLS / "stages_bench", frame, "--models", MODELS, "--detector", detector,
                   "--size", size, "--windows", settings.pairs,
                   "--seconds", 0.05 if settings.quick else 0.3]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=600, check=False)
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or "stages_bench failed")
    found = json.loads(done.stdout)
    if found["faces"] != 1:
        raise Failed(f"measure stages: the frame shows {found['faces']} faces instead of one")
    return found


def every_frame(cpu_us: dict[str, float]) -> float:
    """CPU microseconds of a frame on which all stages run. The tracker gives faces their identities,
    for which it needs the frame's brightness."""
    return sum(cpu_us[stage] for stage in ("decode", "resize", "detect", "boxes", "reduce", "track",
                                           "crop", "classify"))


def some_frames(cpu_us: dict[str, float]) -> float:
    """The same, averaged, with the detector on every 5th frame, the expression on every 3rd and the
    tracker between: a frame whose colours nobody needs is read for its brightness only."""
    period = math.lcm(DETECT_EVERY, CLASSIFY_EVERY)
    total = 0.0
    for frame in range(period):
        detects, classifies = frame % DETECT_EVERY == 0, frame % CLASSIFY_EVERY == 0
        in_colour = detects or classifies
        total += cpu_us["decode"] + cpu_us["reduce"] if in_colour else cpu_us["luma"]
        total += (cpu_us["resize"] + cpu_us["detect"] + cpu_us["boxes"] if detects
                  else cpu_us["track"])
        total += cpu_us["crop"] + cpu_us["classify"] if classifies else 0.0
    return total / period


def streams(frame_us: float, generator_us: float = 0.0) -> float:
    """B: streams of 15 frames/s that the cores carry; the generator's own cost a frame counts."""
    return (os.cpu_count() or 1) / (FPS * (frame_us + generator_us) * 1e-6)


def measure(settings: Settings) -> tuple[list[Row], dict]:
    found = measure_stages(settings)
    windows = [dict(zip(found["cpu_us"], values, strict=True))
               for values in zip(*found["cpu_us"].values(), strict=True)]
    picture = f"{found['width']}x{found['height']} JPEG of {found['bytes'] / 1e3:.0f} kB"
    rows = [Row(f"{stage}: CPU of one call, {picture}, detector at {SIZE}", "us", values)
            for stage, values in found["cpu_us"].items()]
    for name, cost in (("all stages on every frame", every_frame),
                       ("detector every 5th, expression every 3rd, tracker between", some_frames)):
        rows.append(Row(f"{name}: CPU of a frame", "us", [cost(one) for one in windows]))
        rows.append(Row(f"{name}: streams of {FPS}/s on {os.cpu_count()} cores, nothing else "
                        "running", "streams", [streams(cost(one)) for one in windows]))
    return rows, found
