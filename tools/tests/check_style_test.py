"""check_style.py refuses each thing it says it refuses, and leaves the right form alone."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import check_style  # noqa: E402


def check(tmp_path: Path, name: str, text: str | bytes) -> list[str]:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(check_style.check_file(Path(name), tmp_path))


def cc(body: str) -> str:
    return f"// A file.\n{body}\n"


REFUSED = [
    ("src/a/x.cc", cc("int " + "x" * 100 + ";"), "105 columns"),
    ("src/a/x.cc", cc("\n" * 500), "502 lines, the limit is 500"),
    ("src/a/x.cc", cc("void F() {" + "\n" * 71 + "}"), "a function of 72 lines"),
    ("src/a/x.cc", cc("template <class T>\nvoid F() {" + "\n" * 70 + "}"), "a function of 72 lines"),
    ("src/a/x.h", cc("class A {\n void F() {" + "\n" * 71 + "}\n};\n#pragma once"), "a function of 72 lines"),
    ("src/a/x.cc", cc("std::thread t;"), "std::jthread"),
    ("src/a/x_test.cc", cc("std::this_thread::sleep_for(1s);"), "FakeClock"),
    ("src/a/x.cc", cc('std::getenv("A");'), "runtime/config"),
    ("src/a/x.cc", cc('std::cout << "hello";'), "no library prints"),
    ("src/a/x.cc", cc('fprintf(stderr, "x");'), "no library prints"),
    ("src/a/x.cc", cc("auto* a = new A();"), "std::make_unique"),
    ("src/a/x.cc", cc("std::unique_ptr<A> a; Use(new B());"), "std::make_unique"),
    ("src/a/x.cc", cc("delete a;"), "std::unique_ptr"),
    ("src/a/x.cc", cc("std::shared_ptr<A> a;"), "shared_ptr<const T>"),
    ("src/a/x.cc", cc("#ifdef A\n#endif"), "one behaviour everywhere"),
    ("src/a/x.cc", cc("Use(result.value());"), "*std::move(result)"),
    ("src/a/x.cc", cc('std::format("{}", 1);'), "fmt::format"),
    ("src/a/x.cc", cc("std::exit(1);"), "no library exits"),
    ("src/a/x.cc", cc("// TODO: later"), "open an issue"),
    ("tools/x.py", "# TODO later\n", "open an issue"),
    ("README.md", "# A\nsee /home/me/x\n", "one machine"),
    ("Makefile", "X=/wo" "rk/main/a\n", "one machine"),
    ("tools/x.sh", "curl https://registry." "npmjs.org/x\n", "a registry's host"),
    ("test/e2e/test_x.py", "import time\ntime.sleep(1)\n", "poll the condition"),
    ("test/golden/x.bin", b"\0" * 200_001, "the limit is 200000"),
    ("docs/x.png", b"\0" * 300_001, "the limit is 300000"),
    ("src/a/x.h", "#pragma once\n", "begin with a comment"),
    ("src/a/x.h", cc("int x;"), "no #pragma once"),
    ("src/a/x.cc", "int x;\n", "begin with a comment"),
    ("README.md", "# A\n\n# B\n", "2 titles"),
]

ALLOWED = [
    ("src/a/x.cc", cc("void F() {" + "\n" * 69 + "}")),
    ("src/a/x.cc", cc("std::jthread t; std::thread::id id; auto n = std::thread::hardware_concurrency();")),
    ("src/a/x.cc", cc('// a new day: delete nothing, std::cout\nLog("std::cout << new A");')),
    ("src/a/x.cc", cc('auto json = R"({"new Thing": "delete it"})";')),
    ("src/a/x.h", cc("#pragma once\nA(const A&) = delete;\nint renew (int);")),
    ("src/a/x.cc", cc("std::shared_ptr<const A> a = std::make_shared<A>();")),
    ("src/a/x.cc", cc('int n = json.value("n", 1);')),
    ("src/a/x.cc", cc("return std::unique_ptr<A<int>>(\n    new A<int>(b));\nstd::unique_ptr<A> a(new A(b));")),
    ("src/a/x.cc", cc("std::shared_ptr<grpc::Channel> channel;")),
    ("src/a/x.cc", cc("// TODO(#12): later")),
    ("src/base/check.cc", cc('#if 1\nstd::fprintf(stderr, "x");\n#endif')),
    ("src/apps/perigee/main.cc", cc('std::cout << std::getenv("A");')),
    ("src/runtime/config.cc", cc('std::getenv("A");')),
    ("README.md", "# A\n```\n# a comment\n```\nsrc/work/here, https://x.org/home/page\n"),
    ("docs/x.png", b"\0" * 300_000),
]

TRY_REFUSED = [
    "Use(TRY(F()));",
    "const A a = Wrap(TRY(F()));",
    "return TRY(F()) + 1;",
    "const auto x = 1 + TRY(F());",
    "x += TRY(F());",
    "const A a{TRY(F())};",
    "const A a = TRY(F(TRY(G())));",
    "for (const auto& x : TRY(F())) {}",
    "const A a = {.b = TRY(F()), .c = 1};",
    "if (TRY(F())) {}",
]

TRY_ALLOWED = [
    "const Image image = TRY(media::Decode(payload.bytes, scale_));",
    "const std::vector<std::array<int, 2>> x =\n    TRY(F(\n        1));",
    "return TRY(F());",
    "TRY(F());",
    "(void)TRY(F());",
    "a.b[1] = TRY(F());",
    "a->b = TRY(F());",
    "auto [a, b] = TRY(F());",
    "if (ready) x = TRY(F());",
    "if (ready) TRY(F());",
    "switch (a) { case kB: return TRY(F()); default: x = TRY(F()); }",
    "const A a = TRY(Run([&]() -> Result<int> { return TRY(G()); }));",
]


@pytest.mark.parametrize(("name", "text", "reason"), REFUSED, ids=lambda value: str(value)[:40])
def test_refuses(name, text, reason, tmp_path):
    found = check(tmp_path, name, text)
    assert [line for line in found if reason in line and not line.startswith("warning")], found


@pytest.mark.parametrize(("name", "text"), ALLOWED, ids=lambda value: str(value)[:40])
def test_allows(name, text, tmp_path):
    assert check(tmp_path, name, text) == []


@pytest.mark.parametrize("statement", TRY_REFUSED)
def test_refuses_try_inside_a_larger_expression(statement, tmp_path):
    found = check(tmp_path, "src/a/x.cc", cc(f"Result<A> F() {{\n{statement}\n}}"))
    assert [line for line in found if line.startswith("src/a/x.cc:3: TRY")], found


@pytest.mark.parametrize("statement", TRY_ALLOWED)
def test_allows_try_that_stands_alone(statement, tmp_path):
    assert check(tmp_path, "src/a/x.cc", cc(f"Result<A> F() {{\n{statement}\n}}")) == []


def test_wants_the_own_header_first(tmp_path):
    check(tmp_path, "src/a/x.h", cc("#pragma once"))
    assert check(tmp_path, "src/a/x.cc", '#include "a/x.h"\n#include <string>\n') == []
    found = check(tmp_path, "src/a/x.cc", '#include <string>\n#include "a/x.h"\n')
    assert found == ['src/a/x.cc:1: the first include must be #include "a/x.h": it proves that the header stands alone']


def test_warns_of_long_files_and_tests_without_failing(tmp_path, capsys):
    check(tmp_path, "src/a/x.cc", cc("\n" * 320))
    check(tmp_path, "src/a/x_test.cc", cc("TEST(A, B) {" + "\n" * 25 + "}"))
    assert check_style.main([str(tmp_path)]) == 0
    assert "2 warnings" in capsys.readouterr().out


def test_leaves_out_what_git_ignores(tmp_path, capsys):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    check(tmp_path, ".gitignore", "/made/\n")
    check(tmp_path, "made/x.cc", "int x;\n")
    assert check_style.main([str(tmp_path)]) == 0
    check(tmp_path, "src/x.cc", "int x;\n")
    assert check_style.main([str(tmp_path)]) == 1
    assert "src/x.cc:1" in capsys.readouterr().out
