"""The words that check_style.py refuses, where, and what to write instead. Data, and one predicate."""

import dataclasses
import fnmatch
import re
from collections.abc import Iterator
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Rule:
    """`pattern` is refused in files that match `where` and none of `but`."""

    pattern: re.Pattern[str]
    instead: str
    where: tuple[str, ...] = ("*",)
    but: tuple[str, ...] = ()
    # What may stand directly before the pattern and make it right.
    after: re.Pattern[str] | None = None

    def finds(self, text: str) -> Iterator[re.Match[str]]:
        for found in self.pattern.finditer(text):
            if self.after is None or not self.after.search(text[max(0, found.start() - 200) : found.start()]):
                yield found


def applies(rule: Rule, path: Path) -> bool:
    def matches(patterns: tuple[str, ...]) -> bool:
        return any(fnmatch.fnmatchcase(path.as_posix(), pattern) for pattern in patterns)

    return matches(rule.where) and not matches(rule.but)


def word(expression: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w]){expression}", re.MULTILINE)


TESTS = ("*_test.cc", "*/testing/*", "test/*", "*_bench.cc")
PROGRAMS = ("src/apps/*", "fuzz/*", "bench/*", "test/*", "src/base/check.cc")

# Read in C++ files with comments and the insides of strings blanked out.
BANNED = (
    Rule(word(r"std::thread\b(?!::)"), "std::jthread joins by itself and carries a stop token"),
    Rule(word(r"(sleep_for|sleep_until|usleep|nanosleep)\b"), "wait for the event, or step a FakeClock", TESTS),
    Rule(
        word(r"(std::)?(secure_)?getenv\b"),
        "a key in the table of runtime/config, handed down by wiring",
        but=("src/apps/*", "src/runtime/config*"),
    ),
    Rule(
        word(r"(std::cout|std::cerr|std::clog|(std::)?f?printf\b|(std::)?f?puts\b|fmt::print\b)"),
        "runtime/log, or an Error to the caller; no library prints",
        ("src/*", "sdk/*"),
        PROGRAMS,
    ),
    Rule(
        word(r"new\s+[\w:(]"),
        "std::make_unique or a value; std::unique_ptr<T>(new T(...)) only where the constructor is private",
        after=re.compile(r"unique_ptr<[^;{}]*>(\s+\w+)?\s*[({]\s*$"),
    ),
    Rule(re.compile(r"(?<!=)(?<!= )(?<!operator )\bdelete\b"), "std::unique_ptr, or a value"),
    Rule(
        # gRPC hands out its own objects so; a model and a task outlive the set they were found in.
        word(r"shared_ptr<(?!\s*(const\b|grpc::|Model>|Task>))"),
        "unique_ptr, a reference or a value; shared_ptr<const T> for immutable snapshots",
        # Asio completes handlers after their starter is gone.
        but=("src/adapters/net/*",),
    ),
    Rule(
        re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)\b.*", re.MULTILINE),
        "one behaviour everywhere; differences of platforms live in base/ and adapters/",
        ("src/*",),
        ("src/base/*", "src/adapters/*"),
    ),
    Rule(
        re.compile(r"(\.|->)value\(\)"),
        "*std::move(result), or *optional after the check: value() throws",
        # Beast's header fields and Asio's error codes have a value() that does not.
        but=("src/adapters/net/*",),
    ),
    Rule(word(r"std::format\b"), "fmt::format: g++ 12 has no <format>"),
    Rule(word(r"(std::)?(_?exit|quick_exit|_Exit)\("), "return an Error; no library exits", ("src/*",), PROGRAMS),
)

# Read in every text file as it stands.
BANNED_ANYWHERE = (
    Rule(
        re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))"),
        "do it now, or open an issue and write its number: TO" + "DO(#12)",
        ("*.h", "*.cc", "*.py", "*.sh", "*.cmake", "*.mjs", "*.js", "*.ts", "*CMakeLists.txt"),
        ("tools/style_rules.py", "tools/tests/*"),
    ),
    Rule(
        re.compile(r"(?<![\w./<>{}$-])/(home|Users|root|work)/\w[\w./-]*"),
        "a path of one machine: make it relative, or an option",
        but=("tools/tests/*",),
    ),
    Rule(
        re.compile(r"\b(deb\.debian|security\.debian|registry\.npmjs|files\.pythonhosted|pypi\.python|pypi)\.org\b"),
        "a registry's host: leave it to the machine's own configuration",
        but=("tools/tests/*",),
    ),
    Rule(
        re.compile(r"\btime\.sleep\("),
        "poll the condition with a deadline, or wait for the event",
        ("*_test.py", "*/test_*.py", "*/conftest.py"),
        ("tools/tests/*",),
    ),
)
