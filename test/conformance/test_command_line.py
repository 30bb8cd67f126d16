"""The program from outside: help, exit codes, settings, start with broken things, and a good end."""

import json
import shutil
import signal
import socket
from pathlib import Path

import pytest
import requests
from conftest import photo
from node import models, run
from pictures import blank


def node_name(node):
    answer = requests.post(f"{node.http}/v1/tasks/emotion", data=blank(), timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["node"]


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["bench", "--help"],
                                       ["evaluate", "--help"], ["run", "--help"]])
def test_help_goes_to_stdout_and_is_a_success(arguments):
    code, out, err = run(*arguments)
    assert code == 0 and not err
    assert len(out.splitlines()) > 5


def test_help_names_commands_and_settings():
    assert "serve" in run("--help")[1]
    settings = run("serve", "--help")[1]
    for flag in ("--http-port", "--grpc-port", "--models", "--config", "--request-timeout-ms"):
        assert flag in settings


def test_version():
    code, out, _ = run("--version")
    assert code == 0 and out.strip()[-1].isdigit()


@pytest.mark.parametrize("arguments", [
    ["fly"], ["serve", "--no-such-flag"], ["serve", "--http-port"], ["serve", "--http-port", "x"],
    ["serve", "--http-port", "70000"], ["serve", "--config", "/nonexistent/perigee.yaml"],
    ["serve", "--log-level", "loud"]])
def test_mistakes_are_told_in_words(arguments):
    code, out, err = run(*arguments, timeout=20)
    assert code not in (0, None) and code > 0  # not ended by a signal
    assert err.strip() and not out.strip()


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_clear_text_beyond_loopback_must_be_asked_for(protocol):
    code, _, err = run("serve", "--models", models(), "--http-port", "0", "--grpc-port", "0",
                       f"--{protocol}-address", "0.0.0.0")
    assert code > 0 and "insecure" in err


def test_an_unknown_key_gets_a_suggestion(tmp_path):
    settings = tmp_path / "perigee.yaml"
    settings.write_text("http:\n  prot: 8000\n")
    code, _, err = run("serve", "--config", settings)
    assert code > 0 and "http.prot" in err and "http.port" in err


def test_flag_wins_over_environment_wins_over_file(start, tmp_path):
    settings = tmp_path / "perigee.yaml"
    settings.write_text("node: from-file\n")
    with start("--config", settings) as node:
        assert node_name(node) == "from-file"
    with start("--config", settings, PERIGEE_NODE="from-environment") as node:
        assert node_name(node) == "from-environment"
    with start("--config", settings, "--node", "from-flag", PERIGEE_NODE="from-environment") as node:
        assert node_name(node) == "from-flag"


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_ends_well_on_a_signal(start, stop):
    with start() as node:
        node.process.send_signal(stop)
        node.wait()


def test_finishes_a_request_in_flight_before_it_ends(start):
    data = photo("sample1.jpg")
    with start() as node, socket.create_connection(node.address, timeout=20) as connection:
        stream = connection.makefile("rb")
        connection.sendall((f"POST /v1/tasks/emotion HTTP/1.1\r\nHost: {node.http_authority}\r\n"
                            f"Expect: 100-continue\r\nContent-Length: {len(data)}\r\n\r\n").encode())
        assert b" 100 " in stream.readline()  # so the request is under way for certain
        stream.readline()
        node.terminate()
        connection.sendall(data)
        assert b" 200 " in stream.readline()
        headers = dict(line.decode().strip().lower().split(": ", 1)
                       for line in iter(stream.readline, b"\r\n"))
        assert len(json.loads(stream.read(int(headers["content-length"])))["faces"]) == 3
        node.wait()


def test_an_unfinished_request_does_not_keep_it_from_ending(start):
    with start("--drain-ms", "500") as node:
        with socket.create_connection(node.address, timeout=20) as connection:
            connection.sendall(b"POST /v1/tasks/emotion HTTP/1.1\r\nHost: a\r\n"
                               b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n")
            assert b" 100 " in connection.makefile("rb").readline()
            node.terminate()
            node.wait()


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_port_in_use_is_told(protocol):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = {"http": "grpc", "grpc": "http"}[protocol]
        code, _, err = run("serve", "--models", models(), f"--{protocol}-port", port,
                           f"--{other}-port", "0", timeout=30)
    assert code > 0 and port in err


def broken_model(folder, how):
    shutil.copytree(models(), folder)
    file = folder / "emotion/1/model.onnx"
    if how == "missing":
        file.unlink()
    elif how == "truncated":
        file.write_bytes(file.read_bytes()[:100_000])
    elif how == "no_onnx":
        file.write_bytes(b"This is not a model.\n" * 1000)
    elif how == "empty":
        file.write_bytes(b"")
    elif how == "another_model":
        shutil.copy(folder / "face_detector/1/model.onnx", file)
    elif how == "broken_card":
        (folder / "emotion/card.toml").write_text("name = [unclosed")
    return folder


@pytest.mark.parametrize("how", ["missing", "truncated", "no_onnx", "empty", "another_model",
                                 "broken_card"])
def test_a_broken_model_ends_the_start_with_its_name(tmp_path, how):
    folder = broken_model(tmp_path / "models", how)
    code, out, err = run("serve", "--models", folder, "--http-port", "0", "--grpc-port", "0",
                         timeout=60)
    assert code > 0 and "emotion" in err
    assert "ready" not in out


def test_a_folder_without_models_is_told(tmp_path):
    for folder in (tmp_path, tmp_path / "nothing"):
        code, _, err = run("serve", "--models", folder, "--http-port", "0", "--grpc-port", "0")
        assert code > 0 and str(folder) in err


def test_answers_on_the_page_and_metrics(node):
    page = requests.get(f"{node.http}/", timeout=10)
    assert page.status_code == 200 and "Perigee" in page.text
    metrics = requests.get(f"{node.http}/metrics", timeout=10)
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'model="emotion"' in metrics.text


def test_the_reference_of_settings_is_what_the_program_says():
    page = (Path(__file__).parents[2] / "docs/configuration.md").read_text(encoding="utf-8")
    code, table, _ = run("configuration")
    assert code == 0 and page.endswith("\n" + table), "run `make docs`"
