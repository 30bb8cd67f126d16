"""The pure parts: verdicts, pairs, faces laid side by side, what is written, what is kept out."""

import json
import platform

import machine
import pytest
import report
from faces import gap, matches
from machine import scrub
from measure import AT_LEAST, AT_MOST, Row, in_turn, ratios
from processes import ROOT
from streams import most


def test_judges_the_median_not_the_best_window():
    assert Row("speed", "x", [0.9, 0.5, 0.5], AT_LEAST, 0.6).verdict == "missed"
    assert Row("time", "us", [900, 90, 100], AT_MOST, 100).verdict == "met"


def test_gives_no_verdict_without_a_target():
    assert Row("speed", "x", [1.0]).verdict == ""


def test_refuses_a_row_without_a_window():
    with pytest.raises(ValueError, match="speed: nothing was measured"):
        Row("speed", "x", [])


def test_measures_in_turn_and_forgets_the_first_pair():
    calls = []

    def measure(name):
        calls.append(name)
        return {"n": float(len(calls))}

    pairs = in_turn(2, lambda: measure("a"), lambda: measure("b"))
    assert calls == ["a", "b"] * 3
    assert ratios(pairs, "n") == [3 / 4, 5 / 6]


@pytest.mark.parametrize("guess", [1, 20, 37, 90, 250])
def test_finds_the_most_streams_from_any_guess(guess):
    found = most(lambda streams: streams <= 37, guess)
    assert 37 - max(1, guess // 30) < found <= 37


def test_says_that_not_even_one_stream_is_carried():
    assert most(lambda streams: False, 20) == 0


def face(x, **probabilities):
    return {"box": {"x": x, "y": 0, "width": 10, "height": 10}, "probabilities": probabilities}


def test_matches_each_face_once_and_the_closest_first():
    left, right = [face(0), face(4)], [face(3), face(100)]
    assert matches(left, right, 0.3) == [(left[1], right[0])]


def test_gap_is_between_the_two_likeliest():
    assert gap(face(0, happy=0.2, sad=0.7, angry=0.1)) == pytest.approx(0.5)


def test_scrubs_paths_and_the_name_of_the_machine():
    text = json.dumps(scrub({"a": [f"{ROOT}/x on {platform.node()}"]}))
    assert str(ROOT) not in text and f"on {platform.node()}" not in text


def result(name, date, value, foreign_cores=0.0):
    row = Row("speed", "x", [value], AT_LEAST, 1.0)
    about = {"flags": ["avx2"], "cores": 2, "cpu": "A", "memory_gb": 8.0}
    return {"name": name, "date": date, "commit": "abc", "machine": about,
            "timed": True, "foreign_cores": foreign_cores, "rows": [row.as_json()]}


def test_the_page_takes_the_newest_result_and_names_what_was_missed(tmp_path):
    for date, value in (("2026-01-02", 0.5), ("2026-01-01", 2.0)):
        (tmp_path / f"{date}-wire.json").write_text(json.dumps(result("wire", date, value)))
    report.write(tmp_path, tmp_path / "page.md", ["wire", "triton"], {"wire": "Wire"})
    page = (tmp_path / "page.md").read_text()
    assert "0 of 1 targets are met" in page and "- speed: 0.5 x, wanted at least 1 x" in page
    assert "2026-01-01" not in page


def test_the_page_believes_no_verdict_of_a_disturbed_measurement(tmp_path):
    disturbed = result("wire", "2026-01-01", 2.0, foreign_cores=0.9)
    (tmp_path / "2026-01-01-wire.json").write_text(json.dumps(disturbed))
    report.write(tmp_path, tmp_path / "page.md", ["wire"], {"wire": "Wire"})
    page = (tmp_path / "page.md").read_text()
    assert "0 of 0 targets are met. Not counted" in page and "not to be believed" in page


def test_the_watch_counts_others_and_not_what_it_started(monkeypatch):
    busy, own, now = iter([100.0, 109.0]), iter([10.0, 15.0]), iter([0.0, 8.0])
    monkeypatch.setattr(machine, "_busy_seconds", lambda: next(busy))
    monkeypatch.setattr(machine, "_own_seconds", lambda: next(own))
    monkeypatch.setattr(machine.time, "monotonic", lambda: next(now))
    assert machine.Watch().foreign_cores() == (9 - 5) / 8
