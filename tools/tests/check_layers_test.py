"""check_layers.py refuses every kind of violation, by file and line, in a small tree made for the purpose."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import check_layers  # noqa: E402

LAYERS = """
layer base
layer tensor task model media
layer serving pipeline
layer adapters/net
layer adapters/*
layer apps/*
arrow model tensor
arrow adapters/* adapters/net
only pipeline base task model tensor
header boost/ adapters/net
header fmt/ task adapters/*
header turbojpeg.h media
"""

TREE = {
    "LAYERS": LAYERS,
    "base/CMakeLists.txt": "perigee_module(base\n  SOURCES error.cc)",
    "base/error.cc": '#include "base/error.h"\n#include <string>\n#include <sys/stat.h>\n',
    "base/error.h": "#pragma once\n",
    "tensor/CMakeLists.txt": "perigee_module(tensor\n  SOURCES shape.cc\n  TESTS shape_test.cc\n  DEPS base)",
    "tensor/shape.cc": '#include "base/error.h"\n',
    "tensor/shape.h": "#pragma once\n",
    "tensor/shape_test.cc": '#include <gtest/gtest.h>\n#include "base/error.h"\n',
    "model/CMakeLists.txt": "perigee_module(model\n  SOURCES model.cc\n  DEPS base tensor\n  LIBS fmt::fmt)",
    "model/model.cc": '#include "tensor/shape.h"\n#include "base/error.h"\n',
    "model/model.h": "#pragma once\n",
    "adapters/net/CMakeLists.txt": "perigee_module(adapters/net SOURCES net.cc DEPS base)",
    "adapters/net/net.cc": "#include <boost/asio.hpp>\n",
    "adapters/net/net.h": '#include <boost/beast.hpp>\n#include "base/error.h"\n',
    "adapters/http/CMakeLists.txt": "perigee_module(adapters/http SOURCES http.cc DEPS adapters/net model)",
    "adapters/http/http.cc": '#include "adapters/net/net.h"\n#include "model/model.h"\n#include <fmt/format.h>\n',
}


def write(tmp_path: Path, changes: dict[str, str]) -> None:
    for name, text in (TREE | changes).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def check(tmp_path: Path, changes: dict[str, str]) -> list[str]:
    write(tmp_path, changes)
    return [line.replace(f"{tmp_path}/", "") for line in check_layers.problems(tmp_path)]


def test_accepts_a_tree_that_keeps_the_rules(tmp_path):
    assert check(tmp_path, {}) == []


def test_the_real_tree_can_be_read():
    layers = check_layers.read_layers(Path(__file__).resolve().parents[2] / "src" / "LAYERS")
    assert layers.level("base") == 0 and layers.level("apps/perigee") == len(layers.order) - 1


SHAPE = '#include "base/error.h"\n'
REFUSED = {
    "climbs": (
        {"tensor/shape.cc": SHAPE + '\n#include "serving/x.h"\n'},
        "tensor/shape.cc:3: serving lies above tensor",
    ),
    "goes sideways without an arrow": (
        {"tensor/shape.cc": SHAPE + '#include "model/model.h"\n'},
        "tensor/shape.cc:2: model lies beside tensor",
    ),
    "follows an arrow backwards in DEPS": (
        {"tensor/CMakeLists.txt": "perigee_module(tensor\n SOURCES shape.cc\nTESTS shape_test.cc\nDEPS base\n model)"},
        "tensor/CMakeLists.txt:5: DEPS model: model lies beside tensor",
    ),
    "adapter sees another adapter": (
        {"adapters/grpc_x/CMakeLists.txt": "perigee_module(adapters/grpc_x SOURCES x.cc DEPS)",
         "adapters/grpc_x/x.cc": '#include "adapters/http/http.h"\n'},
        "adapters/grpc_x/x.cc:1: adapters/http lies beside adapters/grpc_x",
    ),
    "sees more than its only line": (
        {"pipeline/CMakeLists.txt": "perigee_module(pipeline SOURCES p.cc DEPS media)",
         "pipeline/p.cc": '#include "media/jpeg.h"\n'},
        "pipeline/p.cc:1: pipeline may see only base, task, model, tensor",
    ),
    "is not declared": (
        {"model/CMakeLists.txt": "perigee_module(model SOURCES model.cc DEPS base)"},
        "model/model.cc:1: model includes tensor: declare it in DEPS",
    ),
    "is declared and not used": (
        {"model/model.cc": '#include "base/error.h"\n'},
        "model/CMakeLists.txt:3: DEPS tensor: nothing in model includes it",
    ),
    "takes a library of another room": (
        {"base/error.cc": "#include <string>\n#include <boost/asio.hpp>\n"},
        "base/error.cc:2: only adapters/net may include boost/asio.hpp",
    ),
    "takes a library in quotes": (
        {"base/error.cc": '#include "turbojpeg.h"\n'},
        "base/error.cc:1: only media may include turbojpeg.h",
    ),
    "takes a library nobody owns": (
        {"base/error.cc": "#include <curl/curl.h>\n"},
        "base/error.cc:1: curl/curl.h has no owner",
    ),
    "shows a library in a header": (
        {"task/CMakeLists.txt": "perigee_module(task SOURCES task.cc)",
         "task/task.cc": "", "task/task.h": "#include <fmt/format.h>\n"},
        "task/task.h:1: fmt/format.h in a header outside adapters/",
    ),
    "takes the test framework in production code": (
        {"base/error.cc": "#include <gtest/gtest.h>\n"},
        "base/error.cc:1: gtest/gtest.h belongs into tests",
    ),
    "takes generated code outside gRPC": (
        {"base/error.cc": '#include "oip.pb.h"\n'},
        "base/error.cc:1: oip.pb.h: only adapters/grpc_*",
    ),
    "includes by a bare name": (
        {"base/error.cc": '#include "error.h"\n'},
        'base/error.cc:1: "error.h" names no room',
    ),
    "is compiled by nothing": (
        {"base/lost.cc": ""},
        "base/lost.cc:1: not in base/CMakeLists.txt",
    ),
    "is a room without a line": (
        {"magic/CMakeLists.txt": "perigee_module(magic SOURCES x.cc)", "magic/x.cc": ""},
        "magic/CMakeLists.txt:1: magic is not in src/LAYERS",
    ),
    "is a folder without a room": (
        {"magic/x.h": ""},
        "magic: no CMakeLists.txt makes a room",
    ),
    "goes in a circle": (
        {"LAYERS": LAYERS + "arrow tensor model\n",
         "tensor/CMakeLists.txt": "perigee_module(tensor SOURCES shape.cc\nTESTS shape_test.cc\nDEPS base model)",
         "tensor/shape.cc": SHAPE + '#include "model/model.h"\n'},
        "tensor/CMakeLists.txt:1: tensor depends on itself in a circle",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_refuses_an_include_that(kind, tmp_path):
    changes, expected = REFUSED[kind]
    assert [line for line in check(tmp_path, changes) if line.startswith(expected)], check(tmp_path, changes)


def test_exits_with_the_verdict(tmp_path, capsys):
    check(tmp_path, {})
    assert check_layers.main([str(tmp_path)]) == 0
    (tmp_path / "base/error.cc").write_text('#include "model/model.h"\n')
    assert check_layers.main([str(tmp_path)]) == 1
    assert "src/base/error.cc:1: model lies above base" in capsys.readouterr().out


def test_says_which_line_of_layers_it_cannot_read(tmp_path, capsys):
    write(tmp_path, {"LAYERS": "layer base\nlayr tensor\n"})
    assert check_layers.main([str(tmp_path)]) == 2
    assert "LAYERS:2" in capsys.readouterr().err
