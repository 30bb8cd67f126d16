"""A folder of models that vanishes, is read-only, unreadable or on a full disk; models that leak; loads that meet. What
is served goes on, the status says why in one sentence, and all is well again once the cause is gone."""

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import onnx_models
import pytest
import requests
from conftest import photo, refused
from node import models, program
from test_model_repository import add, index, post, wait_for

POLL = ("--models-control", "poll", "--models-poll-ms", "100")
NOBODY = 65534
ROUNDS = 50
WEIGHTS_MB = 4


def ask(node, name="m"):
    return post(node, f"/v2/models/{name}/infer", onnx_models.request())


def assert_serves(node, name="m"):
    answer = ask(node, name)
    assert answer.status_code == 200, answer.text
    assert answer.json()["outputs"][0]["data"] == [1, 2, 3, 4]


def reason(node, name="m", version="1"):
    """Why the version, which is ready, has something to say."""
    state, said = index(node)[(name, version)]
    assert state == "READY" and "\n" not in said
    return said


def private(*commands):
    """The node in a mount namespace of its own, after these shell commands; skips where that is not allowed."""
    script = " && ".join([*commands, 'exec "$@"'])
    tried = subprocess.run(["unshare", "-m", "sh", "-c", script.replace('exec "$@"', "true")],
                           capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"mounts are not allowed here: {tried.stderr.strip()}")
    return ["unshare", "-m", "sh", "-c", script, "sh"]


# ---- the folder -------------------------------------------------------------------------------


PUT_IN_ITS_PLACE = {
    "nothing": lambda path: None,
    "a file": lambda path: path.write_text("a file"),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path),
}


def clear(path):
    if path.is_symlink() or path.exists():
        path.unlink()


@pytest.mark.parametrize("obstacle", PUT_IN_ITS_PLACE)
def test_a_watched_folder_that_vanishes_and_comes_back(start, folder, tmp_path, obstacle):
    onnx_models.place(folder, "m", 1, onnx_models.shift(0))
    with start(*POLL, models_folder=folder) as node:
        wait_for(lambda: reason(node) == "")
        folder.rename(tmp_path / "away")
        PUT_IN_ITS_PLACE[obstacle](folder)
        wait_for(lambda: str(folder) in reason(node))
        assert_serves(node)
        listed = requests.get(f"{node.http}/api/v1/models/m", timeout=10).json()
        assert str(folder) in listed["versions"][0]["reason"]
        refused(post(node, "/v2/repository/models/m/load"), 404)
        assert_serves(node)
        clear(folder)
        (tmp_path / "away").rename(folder)
        onnx_models.place(folder, "later", 1, onnx_models.shift(0))
        wait_for(lambda: index(node).get(("later", "1")) == ("READY", ""))
        assert reason(node) == ""
        assert_serves(node, "later")


@pytest.mark.parametrize("obstacle", [name for name in PUT_IN_ITS_PLACE if name != "nothing"])
def test_one_models_folder_that_is_none_any_more(start, folder, tmp_path, obstacle):
    for name in ("m", "other"):
        onnx_models.place(folder, name, 1, onnx_models.shift(0))
    with start(*POLL, models_folder=folder) as node:
        (folder / "m").rename(tmp_path / "m")
        PUT_IN_ITS_PLACE[obstacle](folder / "m")
        wait_for(lambda: "m" in reason(node))
        assert_serves(node)
        assert reason(node, "other") == ""
        clear(folder / "m")
        (tmp_path / "m").rename(folder / "m")
        wait_for(lambda: reason(node) == "")


def test_a_read_only_folder_is_all_that_a_node_needs(start, folder):
    onnx_models.place(folder, "m", 1, onnx_models.shift(0))
    with start(*POLL, models_folder=folder, within=private(f"mount --bind -o ro '{folder}' '{folder}'")) as node:
        wait_for(lambda: reason(node) == "")
        assert_serves(node)
        for verb in ("unload", "load"):
            assert post(node, f"/v2/repository/models/m/{verb}").status_code == 200
        assert_serves(node)


@pytest.fixture
def open_folder():
    """A folder that also a user without rights can reach, which those of pytest are not."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    subprocess.run(["chmod", "-R", "u+rwX", made], check=True)
    shutil.rmtree(made)


def without_rights():
    """For root, which permissions do not bind: a command that becomes nobody."""
    if os.geteuid() != 0:
        return []
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    tried = subprocess.run([*user, program(), "--version"], capture_output=True, check=False) \
        if shutil.which("setpriv") else None
    if tried is None or tried.returncode != 0:
        pytest.skip("no other user can run the program here")
    return user


def test_a_folder_that_its_user_may_not_read(start, open_folder):
    folder = open_folder / "models"
    for name in ("m", "other"):
        onnx_models.place(folder, name, 1, onnx_models.shift(0))
    with start(*POLL, "--serving-profile-cache", "off", models_folder=folder, within=without_rights()) as node:
        wait_for(lambda: reason(node) == "")
        (folder / "m").chmod(0)
        wait_for(lambda: "ermission" in reason(node))
        assert reason(node, "other") == ""
        assert_serves(node)
        folder.chmod(0)
        wait_for(lambda: "ermission" in reason(node, "other"))
        assert_serves(node)
        assert_serves(node, "other")
        folder.chmod(0o755)
        wait_for(lambda: reason(node, "other") == "")
        (folder / "m").chmod(0o755)
        wait_for(lambda: reason(node) == "")
        # A new version that may not be read is refused, and says so.
        onnx_models.place(folder, "m", 2, onnx_models.shift(0))
        (folder / "m/2/model.onnx").chmod(0)
        wait_for(lambda: index(node).get(("m", "2"), ("",))[0] == "UNAVAILABLE")
        assert index(node)[("m", "2")][1] != ""
        assert_serves(node)


def listed(inside, folder):
    return subprocess.run([*inside, "ls", folder], capture_output=True, text=True, check=True).stdout


def test_a_full_disk_costs_only_the_profile_cache(start, folder, tmp_path):
    onnx_models.place(folder, "m", 1, onnx_models.shift(0))
    cache = tmp_path / "cache"
    cache.mkdir()
    full = private(f"mount -t tmpfs -o size=64k none '{cache}'",
                   f"{{ head -c 1000000 /dev/zero >'{cache}/fill' 2>&- || true; }}")
    with start("--serving-profile-cache", cache, models_folder=folder, within=full) as node:
        profile = lambda: requests.get(f"{node.http}/api/v1/models/m/profile", timeout=10).json()  # noqa: E731
        wait_for(lambda: profile()["source"] == "measured", 20_000)
        wait_for(lambda: "cache_problem" in profile())
        said = profile()["cache_problem"]
        assert str(cache) in said and "serving.profile_cache" in said and "\n" not in said
        assert_serves(node)
        inside = ["nsenter", f"--mount=/proc/{node.process.pid}/ns/mnt"]
        assert listed(inside, cache) == "fill\n"
        subprocess.run([*inside, "rm", cache / "fill"], check=True)
        for verb in ("unload", "load"):
            assert post(node, f"/v2/repository/models/m/{verb}").status_code == 200
        wait_for(lambda: profile()["source"] == "measured", 20_000)
        wait_for(lambda: listed(inside, cache).endswith(".profile\n"), 200)
        assert "cache_problem" not in profile()


# ---- loads ------------------------------------------------------------------------------------


def resident(node):
    """KiB."""
    status = Path(f"/proc/{node.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def test_fifty_loads_and_unloads_give_their_memory_back(start, folder):
    onnx_models.place(folder, "m", 1, onnx_models.heavy(WEIGHTS_MB))
    # A sanitized build holds freed memory back, 256 MiB of it unless told otherwise.
    with start("--models-control", "explicit", models_folder=folder, ASAN_OPTIONS="quarantine_size_mb=1") as node:
        def rounds(count):
            for _ in range(count):
                assert post(node, "/v2/repository/models/m/load").status_code == 200
                assert_serves(node)
                assert post(node, "/v2/repository/models/m/unload").status_code == 200

        rounds(10)
        # An unloaded model ends on a thread of its own, after the answer to its unload.
        early = min(resident(node) for _ in range(100) if index(node))
        rounds(ROUNDS - 10)
        wait_for(lambda: resident(node) <= early * 1.1)
        assert post(node, "/v2/repository/models/m/load").status_code == 200
        assert_serves(node)


def test_loads_and_unloads_of_one_model_that_meet_all_end_well(start, folder):
    onnx_models.place(folder, "m", 1, onnx_models.heavy(WEIGHTS_MB))
    with start("--models-control", "explicit", models_folder=folder) as node, ThreadPoolExecutor(8) as callers:
        change = lambda verb: post(node, f"/v2/repository/models/m/{verb}").status_code  # noqa: E731
        assert list(callers.map(change, ["load"] * 8)) == [200] * 8
        assert_serves(node)
        # An unload that comes when another has been is told so; nothing else may go wrong.
        ended = list(callers.map(change, ["load", "unload"] * 16))
        assert set(ended[0::2]) == {200} and set(ended[1::2]) <= {200, 404}
        assert change("load") == 200
        assert_serves(node)
        assert index(node) == {("m", "1"): ("READY", "")}


# ---- tasks ------------------------------------------------------------------------------------


LATEST = '\n[serving]\nversions = "latest 1"\n'


def test_the_task_keeps_its_models_until_it_can_have_the_new_ones(start, folder):
    for name in ("face_detector", "emotion"):
        add(folder, name, models() / name)
    card = folder / "emotion/card.toml"
    good_card = card.read_text() + LATEST
    face = photo("sample1.jpg")
    with start(models_folder=folder) as node:
        ask_task = lambda: requests.post(f"{node.http}/v1/tasks/emotion", data=face, timeout=30)  # noqa: E731
        versions = lambda: [model["version"] for model in ask_task().json()["models"]]  # noqa: E731
        before = ask_task().json()["faces"]

        def next_version(number, card_text, damage=None):
            add(folder, "emotion", models() / "emotion", str(number))
            if damage:
                damage(folder / f"emotion/{number}/model.onnx")
            card.write_text(card_text)
            return post(node, "/api/v1/models/emotion/load")

        # A version that is no model is refused as a version.
        sentence = refused(next_version(2, good_card, lambda file: file.write_bytes(file.read_bytes()[:100_000])))
        assert versions() == ["1", "1"] and index(node)[("emotion", "2")] == ("UNAVAILABLE", sentence)
        # One that is a model, but not a classifier, is served as a model; the task cannot take it.
        no_classifier = good_card.replace("[classifier]", "[other]").replace("labels = [", "words = [")
        next_version(3, no_classifier.split("[other]")[0] + LATEST)
        assert versions() == ["1", "1"] and ask_task().json()["faces"] == before
        assert index(node)[("emotion", "3")][1] != ""
        # The next good one is taken.
        answer = next_version(4, good_card)
        assert answer.status_code == 200, answer.text
        assert versions() == ["1", "4"] and ask_task().json()["faces"] == before
        assert index(node)[("emotion", "4")] == ("READY", "")
