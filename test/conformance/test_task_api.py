"""The task API: a photograph in, faces with expressions out."""

import pytest
import requests
from conftest import golden, overlap, photo, refused
from pictures import blank, encoded, opened


def post(node, data, path="/v1/tasks/emotion", **more):
    return requests.post(node.http + path, data=data, timeout=30, **more)


@pytest.mark.parametrize("name", [f"sample{number}.jpg" for number in range(1, 7)])
def test_finds_what_the_reference_finds(node, name):
    answer = post(node, photo(name), headers={"Content-Type": "image/jpeg"}).json()
    expected = golden(name)
    assert (answer["image"]["width"], answer["image"]["height"]) == (expected["width"],
                                                                     expected["height"])
    assert len(answer["faces"]) == len(expected["faces"])
    for face in expected["faces"]:
        found = max(answer["faces"], key=lambda other: overlap(other["box"], face["box"]))
        assert overlap(found["box"], face["box"]) > 0.85
        # The scaled decode moves boxes by a few pixels, which tips faces that are not clear-cut.
        sure = max(face["probabilities"].values()) > 0.5
        assert found["emotion"] == face["emotion"] or not sure


def test_answer_has_its_parts_in_order(node):
    answer = post(node, photo("sample1.jpg")).json()
    assert answer["task"] == "emotion"
    assert {model["name"] for model in answer["models"]} == {"emotion", "face_detector"}
    assert answer["timing_ms"]["total"] > 0
    scores = [face["score"] for face in answer["faces"]]
    assert scores == sorted(scores, reverse=True)
    for face in answer["faces"]:
        assert face["emotion"] == max(face["probabilities"], key=face["probabilities"].get)
        assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_reads_every_format_whatever_the_header_says(node, kind):
    data = encoded(opened(photo("sample1.jpg")).resize((960, 640)), kind)
    for content_type in (f"image/{kind.lower()}", "application/octet-stream", "image/jpeg"):
        answer = post(node, data, headers={"Content-Type": content_type})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["faces"]) == 3


def test_takes_a_browsers_form(node):
    parts = {"image": ("me.jpg", photo("sample1.jpg"), "image/jpeg")}
    answer = requests.post(f"{node.http}/v1/tasks/emotion", files=parts, data={"faces_max": "2"},
                           timeout=30)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["faces"]) == 2


@pytest.mark.parametrize(("query", "faces"), [("faces_max=1", 1), ("min_score=0.999", 0),
                                              ("detector_size=416&faces_max=100", 3)])
def test_follows_options(node, query, faces):
    answer = post(node, photo("sample1.jpg"), f"/v1/tasks/emotion?{query}")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["faces"]) == faces


@pytest.mark.parametrize("query", ["min_score=2", "min_score=nan", "faces_max=0", "faces_max=1.5",
                                   "detector_size=417", "min_skore=0.5", "min_score=0.5&min_score=1",
                                   "min_score=%zz", "&".join(f"o{n}=1" for n in range(100))])
def test_refuses_options_that_make_no_sense(node, query):
    refused(post(node, photo("sample1.jpg"), f"/v1/tasks/emotion?{query}"), 400)


def test_a_picture_without_a_face_is_no_error(node):
    answer = post(node, blank())
    assert answer.status_code == 200
    assert answer.json()["faces"] == []
    assert answer.json()["image"] == {"width": 320, "height": 240}


def test_lists_its_tasks(node):
    tasks = requests.get(f"{node.http}/v1/tasks", timeout=10).json()["tasks"]
    emotion = next(task for task in tasks if task["name"] == "emotion")
    assert {option["name"] for option in emotion["options"]} == {"min_score", "faces_max",
                                                                 "detector_size"}
    assert requests.get(f"{node.http}/v1/tasks/emotion", timeout=10).json() == emotion


def test_errors_are_json_everywhere(node):
    refused(post(node, b""), 400)
    refused(post(node, photo("sample1.jpg"), "/v1/tasks/nothing"), 404)
    refused(requests.get(f"{node.http}/v1/tasks/nothing", timeout=10), 404)
    refused(requests.get(f"{node.http}/nowhere", timeout=10), 404)
    deleted = requests.delete(f"{node.http}/v1/tasks/emotion", timeout=10)
    refused(deleted, 405)
    assert set(deleted.headers["allow"].split(", ")) == {"GET", "POST"}


def test_refuses_forms_without_a_picture(node):
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    only_text = b'--b\r\nContent-Disposition: form-data; name="faces_max"\r\n\r\n2\r\n--b--\r\n'
    for body in (only_text, b"--b--\r\n", b"", b"no form at all", only_text[:40]):
        refused(post(node, body, headers=form), 400)
    refused(post(node, only_text, headers={"Content-Type": "multipart/form-data"}), 400)
