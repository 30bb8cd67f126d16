"""Input from people who mean no good, and from broken programs. Each gets a 4xx with one sentence
of JSON, and the node answers the next caller as if nothing had happened."""

import gzip
import json
import struct

import numpy
import pytest
import requests
from conftest import golden, overlap, photo, refused
from PIL import Image
from pictures import (
    JPEG_ORIENTATIONS,
    blank,
    crowd,
    encoded,
    jpeg_claiming,
    opened,
    png_claiming,
    stored_as,
)

pytestmark = pytest.mark.usefixtures("still_answers")

PIXELS = 112 * 112 * 3


def task(node, data, query="", **more):
    return requests.post(f"{node.http}/v1/tasks/emotion{query}", data=data, timeout=60, **more)


def infer(node, data, model="emotion", version="", **headers):
    path = f"/v2/models/{model}" + (f"/versions/{version}" if version else "") + "/infer"
    return requests.post(node.http + path, data=data, timeout=60, headers=headers)


def small(kind="JPEG", mode="RGB", **options):
    """sample1.jpg at 960 x 640 in another coding."""
    return encoded(opened(photo("sample1.jpg")).resize((960, 640)).convert(mode), kind, **options)


def transparent(kind):
    """The same, opaque but for its corner, so that encoders keep the alpha channel."""
    picture = opened(small()).convert("RGBA")
    picture.putpixel((0, 0), (0, 0, 0, 0))
    return encoded(picture, kind)


# ---- pictures that are none -------------------------------------------------------------------

NO_PICTURES = {
    "empty": lambda: b"",
    "one_byte": lambda: b"\xff",
    "jpeg_mark_only": lambda: b"\xff\xd8\xff",
    "text_called_jpg": lambda: b"This is not a photograph.\n" * 50,
    "zeros": lambda: bytes(100_000),
    "html": lambda: b"<!doctype html><title>no</title>",
    "truncated_jpeg_header": lambda: photo("sample1.jpg")[:200],
    "truncated_jpeg": lambda: photo("sample1.jpg")[:60_000],
    "truncated_png": lambda: small("PNG")[:20_000],
    "truncated_webp": lambda: small("WEBP")[:5_000],
    "jpeg_claiming_40000": lambda: jpeg_claiming(40_000, 40_000),
    "jpeg_claiming_0": lambda: jpeg_claiming(0, 0),
    "png_claiming_40000": lambda: png_claiming(40_000, 40_000),
    "png_claiming_2_31": lambda: png_claiming(2**31 - 1, 2**31 - 1),
    "png_claiming_0": lambda: png_claiming(0, 0),
    "png_bomb": lambda: png_claiming(20_000, 20_000, rows=20_000),  # 60 kB that unpack to 1.2 GB
    "png_without_its_rows": lambda: png_claiming(4_000, 4_000, rows=10),
    "gif": lambda: encoded(Image.new("RGB", (32, 32)), "GIF"),
    "bmp": lambda: encoded(Image.new("RGB", (32, 32)), "BMP"),
}


@pytest.mark.parametrize("kind", NO_PICTURES)
def test_what_is_no_picture_is_refused(node, kind):
    refused(task(node, NO_PICTURES[kind](), headers={"Content-Type": "image/jpeg"}), 400, 413, 415)


@pytest.mark.parametrize("kind", ["empty", "text_called_jpg", "png_bomb", "jpeg_claiming_40000"])
def test_and_so_it_is_as_a_tensor(node, kind):
    data = NO_PICTURES[kind]()
    head = json.dumps({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1],
                                   "parameters": {"binary_data_size": 4 + len(data)}}]}).encode()
    refused(infer(node, head + struct.pack("<I", len(data)) + data, "face_emotion",
                  **{"Inference-Header-Content-Length": str(len(head))}), 400)


def test_a_corrupted_photograph_gets_some_answer(node):
    data = bytearray(photo("sample1.jpg"))
    for position in range(1000, len(data), 997):
        data[position] ^= 0x55
    assert task(node, bytes(data)).status_code in (200, 400)


# ---- pictures that are rare -------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (2, 3)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_tiny_pictures_have_no_face(node, size, kind):
    answer = task(node, blank(*size, kind=kind))
    assert answer.status_code == 200, answer.text
    assert answer.json()["faces"] == []


RARE = {
    "grey_jpeg": lambda: small(mode="L"),
    "cmyk_jpeg": lambda: small(mode="CMYK"),
    "progressive_jpeg": lambda: small(progressive=True),
    "jpeg_444": lambda: small(subsampling=0),
    "jpeg_with_restarts": lambda: small(restart_marker_blocks=4),
    "grey_png": lambda: small("PNG", "L"),
    "palette_png": lambda: small("PNG", "P"),
    "alpha_png": lambda: transparent("PNG"),
    "png_16_bit": lambda: encoded(Image.fromarray(
        numpy.asarray(opened(small()).convert("L")).astype(numpy.uint16) * 257), "PNG"),
    "lossless_webp": lambda: small("WEBP", lossless=True),
    "alpha_webp": lambda: transparent("WEBP"),
}


@pytest.mark.parametrize("kind", RARE)
def test_rare_codings_are_read(node, kind):
    answer = task(node, RARE[kind]())
    assert answer.status_code == 200, answer.text
    assert answer.json()["image"] == {"width": 960, "height": 640}
    assert len(answer.json()["faces"]) >= 2  # in grey the third is not always found


@pytest.mark.parametrize("orientation", JPEG_ORIENTATIONS)
def test_every_orientation_is_turned_upright(node, orientation):
    answer = task(node, stored_as(photo("sample1.jpg"), orientation)).json()
    assert answer["image"] == {"width": 1920, "height": 1280}
    assert len(answer["faces"]) == 3
    for face in golden("sample1.jpg")["faces"]:
        assert max(overlap(found["box"], face["box"]) for found in answer["faces"]) > 0.8


def test_no_face_and_fifty_faces(node):
    assert task(node, blank(1920, 1080)).json()["faces"] == []
    data = crowd(photo("sample1.jpg"), golden("sample1.jpg")["faces"][1]["box"])
    answer = task(node, data, "?detector_size=608&min_score=0.1")
    assert answer.status_code == 200, answer.text
    assert 40 <= len(answer.json()["faces"]) <= 100
    assert len(task(node, data, "?detector_size=608&min_score=0.1&faces_max=7").json()["faces"]) == 7


# ---- tensors that do not fit ------------------------------------------------------------------


def image(**changes):
    tensor = {"name": "image", "datatype": "UINT8", "shape": [1, 112, 112, 3], "data": [0] * PIXELS}
    return {"inputs": [tensor | changes]}


WRONG_TENSORS = {
    "name": image(name="picture"),
    "no_name": {"inputs": [{"datatype": "UINT8", "shape": [1], "data": [0]}]},
    "dtype": image(datatype="FP32"),
    "unknown_dtype": image(datatype="UINT9"),
    "shape": image(shape=[1, 3, 112, 112]),
    "rank": image(shape=[112, 112, 3]),
    "negative": image(shape=[-1, 112, 112, 3]),
    "fraction": image(shape=[1.5, 112, 112, 3]),
    "overflow": image(shape=[2**62, 2**62, 2, 2]),
    "too_little_data": image(data=[0] * (PIXELS - 1)),
    "too_much_data": image(data=[0] * (PIXELS + 1)),
    "out_of_range": image(data=[256] + [0] * (PIXELS - 1)),
    "below_range": image(data=[-1] + [0] * (PIXELS - 1)),
    "text": image(data=["0"] * PIXELS),
    "ragged": image(data=[[0] * (PIXELS - 1), [0, 0]]),
    "no_data": {"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 112, 112, 3]}]},
    "twice": {"inputs": image()["inputs"] * 2},
    "none": {"inputs": []},
    "no_inputs": {},
    "inputs_an_object": {"inputs": {"image": [1]}},
    "unknown_output": image() | {"outputs": [{"name": "nothing"}]},
    "shared_memory": image(parameters={"shared_memory_region": "r"}),
}


@pytest.mark.parametrize("kind", WRONG_TENSORS)
def test_tensors_that_do_not_fit_are_refused(node, kind):
    refused(infer(node, json.dumps(WRONG_TENSORS[kind]).encode()), 400, 501)


def test_a_batch_over_the_limit_is_refused(node):
    config = requests.get(f"{node.http}/v2/models/emotion/config", timeout=10).json()
    rows = config["max_batch_size"] + 1
    head = json.dumps({"inputs": [{"name": "image", "datatype": "UINT8",
                                   "shape": [rows, 112, 112, 3],
                                   "parameters": {"binary_data_size": rows * PIXELS}}]}).encode()
    refused(infer(node, head + bytes(rows * PIXELS),
                  **{"Inference-Header-Content-Length": str(len(head))}), 400, 413)


@pytest.mark.parametrize(("model", "version"), [
    ("nothing", ""), ("emotion", "2"), ("emotion", "0"), ("emotion", "-1"), ("emotion", "x"),
    ("emotion", "99999999999999999999"), ("..%2f..%2fetc", ""), ("%00", ""), ("e" * 5000, "")])
def test_unknown_models_and_versions_are_not_found(node, model, version):
    refused(infer(node, json.dumps(image()).encode(), model, version), 404)


# ---- JSON that is none ------------------------------------------------------------------------

BROKEN_JSON = {
    "empty": b"",
    "nothing_closed": b'{"inputs": [',
    "nested_arrays": b"[" * 10_000 + b"]" * 10_000,
    "nested_objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "nested_data": b'{"inputs":[{"name":"image","datatype":"UINT8","shape":[1],"data":'
                   + b"[" * 10_000 + b"0" + b"]" * 10_000 + b"}]}",
    "only_opening": b"[" * 1_000_000,
    "invalid_utf8": b'{"inputs": "\xff\xfe"}',
    "invalid_utf8_key": b'{"\xc3\x28": 1}',
    "lone_surrogate": b'{"id": "\\ud800", "inputs": []}',
    "nan": b'{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,112,112,3],"data":[NaN]}]}',
    "infinity": b'{"inputs":[{"name":"image","datatype":"FP32","shape":[1],"data":[Infinity]}]}',
    "huge_number": b'{"inputs":[{"name":"image","datatype":"UINT8","shape":[1e400],"data":[1]}]}',
    "two_documents": b"{}{}",
    "comment": b'{/* */"inputs":[]}',
    "byte_order_mark": b"\xff\xfe{\x00}\x00",
    "zeros": bytes(1000),
    "text": b"hello",
    "null": b"null",
}


@pytest.mark.parametrize("kind", BROKEN_JSON)
def test_json_that_is_none_is_refused(node, kind):
    refused(infer(node, BROKEN_JSON[kind]), 400)
    refused(requests.post(f"{node.http}/v1/models/model_emotion/versions/4:predict", timeout=30,
                          data=BROKEN_JSON[kind]), 400)


def test_nan_among_the_phones_pixels_is_refused(node):
    row = b"[" + b",".join([b"[NaN,0,0]"] * 48) + b"]"
    body = b'{"instances":[' + b",".join([row] * 48) + b"]}"
    refused(requests.post(f"{node.http}/v1/models/model_emotion/versions/4:predict", data=body,
                          timeout=30), 400)


# ---- the binary extension's lies --------------------------------------------------------------


def binary_head(size=PIXELS, **changes):
    tensor = {"name": "image", "datatype": "UINT8", "shape": [1, 112, 112, 3],
              "parameters": {"binary_data_size": size}}
    return json.dumps({"inputs": [tensor | changes]}).encode()


HEAD = binary_head()


@pytest.mark.parametrize(("length", "body"), [
    (str(len(HEAD) + PIXELS + 1), HEAD + bytes(PIXELS)),  # beyond the body
    ("18446744073709551616", HEAD + bytes(PIXELS)),
    ("18446744073709551615", HEAD + bytes(PIXELS)),
    ("-1", HEAD + bytes(PIXELS)),
    ("x", HEAD + bytes(PIXELS)),
    ("1.5", HEAD + bytes(PIXELS)),
    (str(len(HEAD) - 3), HEAD + bytes(PIXELS)),           # cuts the JSON
    (str(len(HEAD) + 3), HEAD + bytes(PIXELS)),           # takes pixels for JSON
    (str(len(HEAD)), HEAD + bytes(PIXELS - 1)),           # too little behind it
    (str(len(HEAD)), HEAD + bytes(PIXELS + 1)),           # too much
    (str(len(HEAD)), HEAD),                               # nothing
    ("0", bytes(PIXELS - 1)),                             # raw, too short
    ("0", b""),
])
def test_a_json_length_that_lies_is_refused(node, length, body):
    refused(infer(node, body, **{"Inference-Header-Content-Length": length}), 400)


@pytest.mark.parametrize("size", [0, PIXELS - 1, PIXELS + 1, -1, 2**63 - 1, 2**64, 1.5, "x", None])
def test_a_binary_size_that_lies_is_refused(node, size):
    head = binary_head(size)
    refused(infer(node, head + bytes(PIXELS),
                  **{"Inference-Header-Content-Length": str(len(head))}), 400)


@pytest.mark.parametrize("claimed", [0, 3, 5, 2**31, 2**32 - 1])
def test_a_byte_string_length_that_lies_is_refused(node, claimed):
    data = struct.pack("<I", claimed) + b"four"
    head = json.dumps({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1],
                                   "parameters": {"binary_data_size": len(data)}}]}).encode()
    refused(infer(node, head + data, "face_emotion",
                  **{"Inference-Header-Content-Length": str(len(head))}), 400)


# ---- compressed bodies ------------------------------------------------------------------------


@pytest.mark.parametrize(("encoding", "body"), [
    ("gzip", b"no gzip at all"), ("deflate", b"nor deflate"), ("br", b"unknown"),
    ("gzip", gzip.compress(b"{}" * 5000)[:-20]), ("gzip", b""),
    ("gzip", gzip.compress(bytes(200_000_000), 9))], ids=range(6))
def test_compressed_bodies_that_lie_are_refused(node, encoding, body):
    refused(infer(node, body, **{"Content-Encoding": encoding}), 400, 413, 415)
    refused(task(node, body, headers={"Content-Encoding": encoding}), 400, 413, 415)
