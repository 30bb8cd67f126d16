#!/usr/bin/env python3
"""House rules that no compiler checks: sizes, first lines, words that stand for a better one.

    tools/check_style.py [ROOT]

Reads every file git knows or would add (every file, where there is no git). Each line printed says where, what
and what to do instead; warnings do not fail. Exit status: 0 nothing found, 1 something found. There is no list
of exceptions but the places the rules themselves name.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from style_rules import BANNED, BANNED_ANYWHERE, applies
from style_text import code_only, functions, line_of, try_misuses

FILE_LINES, FILE_LINES_WANTED, HEADER_LINES_WANTED = 500, 300, 120
FUNCTION_LINES, TEST_LINES_WANTED = 70, 20
BYTES, PICTURE_BYTES = 200_000, 300_000
WIDTH = {".h": 100, ".cc": 100, ".cmake": 100, ".py": 120, ".sh": 120}
CPP = (".h", ".cc")
CODE = (*CPP, ".py", ".sh", ".cmake", ".mjs", ".js", ".ts")
SKIPPED = {".git", ".deps", "build", "__pycache__", ".pytest_cache", ".hypothesis", "node_modules"}


def files(root: Path) -> list[Path]:
    """Relative paths of everything that is, or would be, in the repository."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False) if (root / ".git").exists() else None
    if listed is not None and listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.split("\0") if name]
    else:
        names = [path.relative_to(root) for path in root.rglob("*")]
    return sorted(name for name in set(names) if not SKIPPED & set(name.parts) and (root / name).is_file())


def check_size(path: Path, size: int) -> Iterator[str]:
    picture = path.parts[0] == "docs" and path.suffix in (".png", ".jpg", ".jpeg", ".webp", ".svg", ".gif")
    limit = PICTURE_BYTES if picture else BYTES
    if size > limit:
        yield f"{path}: {size} bytes, the limit is {limit}: fetch it in tools/setup, or make it smaller"


def check_lines(path: Path, text: str) -> Iterator[str]:
    width = WIDTH.get(".cmake" if path.name == "CMakeLists.txt" else path.suffix)
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if width and len(line) > width:
            yield f"{path}:{number}: {len(line)} columns, the limit is {width}: break the line"
    if path.suffix in CODE and len(lines) > FILE_LINES:
        yield f"{path}: {len(lines)} lines, the limit is {FILE_LINES}: one idea per file, so split it"
    wanted = HEADER_LINES_WANTED if path.suffix == ".h" else FILE_LINES_WANTED
    if path.suffix in CODE and wanted < len(lines) <= FILE_LINES:
        yield f"warning: {path}: {len(lines)} lines, {wanted} is where splitting starts to pay"


def check_words(path: Path, text: str, code: str) -> Iterator[str]:
    if path.suffix in CPP:
        for rule in BANNED:
            if applies(rule, path):
                for found in rule.finds(code):
                    yield f"{path}:{line_of(code, found.start())}: {found[0].strip()}: {rule.instead}"
    for rule in BANNED_ANYWHERE:
        if applies(rule, path):
            for found in rule.finds(text):
                yield f"{path}:{line_of(text, found.start())}: {found[0].strip()}: {rule.instead}"


def check_shape(path: Path, code: str) -> Iterator[str]:
    """Function lengths, and where TRY stands."""
    for function in functions(code):
        where = f"{path}:{function.line}"
        if function.lines > FUNCTION_LINES:
            yield f"{where}: a function of {function.lines} lines, the limit is {FUNCTION_LINES}: name its parts"
        elif function.is_test and function.lines > TEST_LINES_WANTED:
            yield f"warning: {where}: a test of {function.lines} lines, {TEST_LINES_WANTED} is where they grow unclear"
    for offset in try_misuses(code):
        yield (
            f"{path}:{line_of(code, offset)}: TRY inside a larger expression leaks what was built before it (g++ 12): "
            f"give it a statement of its own, const auto x = TRY(...);"
        )


def check_beginning(path: Path, text: str, root: Path) -> Iterator[str]:
    lines = text.splitlines()
    first = lines[0] if lines else ""
    if path.suffix == ".h":
        if not first.startswith("//"):
            yield f"{path}:1: begin with a comment: what it is, what flows in and out, who may call it"
        if "#pragma once" not in lines:
            yield f"{path}:1: no #pragma once: add it below the first comment"
    elif not first.startswith(("//", "#include")):
        yield f"{path}:1: begin with a comment or with the include of the own header"
    own = path.with_suffix(".h")
    if path.suffix == ".cc" and path.parts[0] == "src" and (root / own).exists():
        include = f'#include "{own.relative_to("src").as_posix()}"'
        if next((line for line in lines if line.startswith("#include")), "") != include:
            yield f"{path}:1: the first include must be {include}: it proves that the header stands alone"


def check_markdown(path: Path, text: str) -> Iterator[str]:
    titles, fenced = 0, False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        titles += line.startswith("# ") and not fenced
    if titles != 1:
        yield f"{path}: {titles} titles: a page has one line that begins with a single #"


def check_file(path: Path, root: Path) -> Iterator[str]:
    content = (root / path).read_bytes()
    yield from check_size(path, len(content))
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return
    if "\0" in text:
        return
    yield from check_lines(path, text)
    code = code_only(text) if path.suffix in CPP else ""
    yield from check_words(path, text, code)
    if path.suffix in CPP:
        yield from check_shape(path, code)
        yield from check_beginning(path, text, root)
    if path.suffix == ".md":
        yield from check_markdown(path, text)


def main(arguments: list[str]) -> int:
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    found = [line for path in files(root) for line in check_file(path, root)]
    errors = [line for line in found if not line.startswith("warning: ")]
    for line in sorted(found, key=lambda line: not line.startswith("warning: ")):
        print(line)
    warnings = len(found) - len(errors)
    print(f"check_style: {len(errors)} problems, {warnings} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
