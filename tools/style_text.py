"""Enough C++ for check_style.py: code without comments and strings, where functions are, where TRY stands."""

import dataclasses
import re
from collections.abc import Iterator

# One alternative each: line comment, block comment, raw string, string, character (not a digit separator).
BLANKED = re.compile(
    r"//(?:[^\n\\]|\\.|\\\n)*|"
    r"/\*.*?\*/|"
    r"R\"([^(\s]{0,16})\(.*?\)\1\"|"
    r"\"(?:[^\"\\\n]|\\.)*\"|"
    r"(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+'",
    re.DOTALL,
)
CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
# What may stand before a TRY that is a whole initializer, return or statement.
TRY_BEFORE = re.compile(
    r"((case\s[^;{}]*|default\s*):)?\s*"
    r"((if|for|while)\s*\(.*\)\s*|else\s+)?"
    r"(return|\(void\)|[\w:<>,&*\s\[\]\.-]*[^=!<>+*/|&^-]=)?\s*",
    re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class Function:
    line: int
    lines: int
    is_test: bool


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def code_only(text: str) -> str:
    """The same text with comments and the insides of strings blanked, every offset kept; #include stays."""

    def blank(found: re.Match[str]) -> str:
        token = found[0]
        if token[0] == '"' and re.search(r"#\s*include\s*$", text[max(0, found.start() - 20) : found.start()]):
            return token
        keep = token[0] in "\"'R"
        inner = re.sub(r"[^\n]", " ", token[1:-1] if keep else token)
        return f"{token[0]}{inner}{token[-1]}" if keep else inner

    return BLANKED.sub(blank, text)


def without_macros(code: str) -> str:
    """Preprocessor lines, continued ones too, blanked: their braces need not balance."""
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda f: re.sub(r"[^\n]", " ", f[0]), code, flags=re.MULTILINE)


def is_container(intro: str) -> bool:
    """Whether a brace after `intro` opens a namespace or a type; `template <class T>` says nothing about that."""
    head = re.sub(r"<[^<>]*>", "", re.sub(r"<[^<>]*>", "", intro)).split("(")[0]
    return CONTAINER.search(head) is not None


def functions(code: str) -> Iterator[Function]:
    """The functions outside other functions: braces whose introduction has parentheses and is no container."""
    code = without_macros(code)
    stack: list[int | None] = []  # of each open brace: where its function begins; None: not a function's
    begin = 0
    for found in re.finditer(r"[{};]", code):
        here = found.start()
        if found[0] == "{":
            intro = code[begin:here]
            inside = any(start is not None for start in stack)
            is_function = not inside and "(" in intro and not is_container(intro)
            stack.append(begin + len(intro) - len(intro.lstrip()) if is_function else None)
        elif found[0] == "}" and stack:
            start = stack.pop()
            if start is not None:
                first, last = line_of(code, start), line_of(code, here)
                is_test = re.match(r"(TYPED_)?TEST(_[FP])?\(", code[start:]) is not None
                yield Function(first, last - first + 1, is_test)
        begin = here + 1


def matching(code: str, opening: int) -> int:
    """The offset of the parenthesis that closes the one at `opening`; the end of the text if none does."""
    depth = 0
    for offset in range(opening, len(code)):
        depth += {"(": 1, ")": -1}.get(code[offset], 0)
        if depth == 0:
            return offset
    return len(code)


def try_misuses(code: str) -> Iterator[int]:
    """Offsets of each TRY( that is not a whole initializer, return or statement."""
    code = without_macros(code)
    for found in re.finditer(r"\bTRY\(", code):
        begin = max(code.rfind(mark, 0, found.start()) for mark in ";{}") + 1
        before = code[begin : found.start()].strip()
        after = code[matching(code, found.end() - 1) + 1 :].lstrip()
        if not TRY_BEFORE.fullmatch(before) or not after.startswith(";"):
            yield found.start()
