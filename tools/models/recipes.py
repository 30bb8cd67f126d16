"""The variants of the default models that were tried: how each is made. Pure.

A variant answers what its original answers, a little less exactly and sooner. One that passes
make_variants.py may be kept: as a folder beside the original's with a card of its own, named in the
original's card under [serving] variants.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from networks import build_emotion, build_face_detector
from quantise import Ranges, quantise
from weights import Weights

Build = Callable[[Weights], bytes]


@dataclass(frozen=True)
class Part:
    """What becomes 8 bits: of the model that `build` makes, from the convolution with weights
    `first` to before the one with weights `after`, or before the last node of that kind."""

    of: str
    build: Build
    first: str
    after: str

    def quantised(self, weights: Weights, ranges: Ranges) -> bytes:
        """The variant's model."""
        return quantise(self.build(weights), self.first, self.after, ranges)


@dataclass(frozen=True)
class Trial:
    """Something to compare with the model that the importer makes of the same weights."""

    name: str
    of: str
    build: Build | None = None  # another graph of the same weights
    part: Part | None = None  # 8 bits
    size: int = 0  # of the input, px; 0: the original's
    saved: bool = False  # the graph as ONNX Runtime saves it when it has optimised it


# The detector's first layers are bound by memory or, with 3 channels, slower in integers, and its
# last convolution places the boxes; between them 8 bits are three times as fast as floats.
_MIDDLE = Part(
    "face_detector",
    partial(build_face_detector, carried=3),
    "conv3/pointwise_filter",
    "conv8/filters",
)
_DETECTOR = partial(Part, "face_detector", partial(build_face_detector, carried=0))
_EMOTION = partial(Part, "emotion", build_emotion)

TRIALS = (
    Trial("face_detector, 8 bits in the middle", "face_detector", part=_MIDDLE),
    Trial(
        "face_detector, 8 bits from the first pointwise convolution to the last",
        "face_detector",
        part=_DETECTOR("conv1/pointwise_filter", "Transpose"),
    ),
    Trial("face_detector at 320 instead of 416 px", "face_detector", size=320),
    Trial("face_detector as ONNX Runtime saves it", "face_detector", saved=True),
    Trial(
        "emotion, 8 bits in the last two blocks",
        "emotion",
        part=_EMOTION("dense2/conv0/depthwise_filter", "AveragePool"),
    ),
    Trial(
        "emotion, 8 bits in all blocks",
        "emotion",
        part=_EMOTION("dense0/conv1/depthwise_filter", "AveragePool"),
    ),
    Trial("emotion at 96 px", "emotion", build=partial(build_emotion, size=96), size=96),
    Trial("emotion at 80 px", "emotion", build=partial(build_emotion, size=80), size=80),
    Trial("emotion as ONNX Runtime saves it", "emotion", saved=True),
)

# The graphs as they were before they were rearranged: the other way round, what that has brought.
PLAIN: dict[str, Build] = {
    "face_detector": partial(build_face_detector, plain=True),
    "emotion": partial(build_emotion, plain=True),
}
