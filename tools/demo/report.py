"""The demo's report: one HTML file with the annotated pictures inside, readable without a network."""

from __future__ import annotations

import base64
import html
from pathlib import Path

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto }
body { padding: 0 1rem; color: #1c2430 } h1 { font-size: 1.6rem }
figure { margin: 2rem 0; border: 1px solid #d6dbe3; border-radius: 8px; overflow: hidden }
img { width: 100%; display: block } figcaption { padding: .8rem 1rem }
table { border-collapse: collapse; margin: .5rem 0 }
td, th { padding: .15rem .8rem .15rem 0; text-align: left; font-variant-numeric: tabular-nums }
.bar { background: #2f6fde; height: .6rem; border-radius: 3px } .good { color: #176b3a } .bad { color: #b3261e }
.notice { background: #fff6da; padding: .6rem 1rem; border-radius: 8px }
"""

NOTICE = ("These expressions were estimated by a machine from pixels; they are not what a person feels. "
          "Inferring emotions at work or in education is prohibited in the European Union "
          "(AI Act, Art. 5(1)(f)); elsewhere people must be told (Art. 50(3)).")


def face_row(face: dict) -> str:
    """A face as a table row: the top three expressions as bars."""
    top = sorted(face["probabilities"].items(), key=lambda item: -item[1])[:3]
    cells = "".join(
        f"<td>{html.escape(label)} {share:.0%}<div class=bar style='width:{share * 8:.2f}rem'></div></td>"
        for label, share in top)
    return f"<tr><td>score {face['score']:.2f}</td>{cells}</tr>"


def figure(row: dict) -> str:
    """A photograph with its faces, times and verdict."""
    picture = base64.b64encode(Path(row["annotated"]).read_bytes()).decode()
    timing = ", ".join(f"{html.escape(stage)} {ms:.1f} ms"
                       for stage, ms in row["answer"]["timing_ms"].items())
    verdict = ("<span class=good>matches the reference</span>" if not row["differences"] else
               f"<span class=bad>{html.escape('; '.join(row['differences']))}</span>")
    faces = "".join(face_row(face) for face in row["answer"]["faces"])
    name = html.escape(Path(row["photo"]).name)
    return (f"<figure><img alt='{name} with a box on each face' src='data:image/jpeg;base64,{picture}'>"
            f"<figcaption><b>{name}</b>: {row['bytes_sent']:,} bytes sent, "
            f"{row['round_trip_ms']:.1f} ms there and back ({timing}); {verdict}"
            f"<table>{faces}</table></figcaption></figure>")


def write(path: Path, rows: list[dict]) -> Path:
    """Writes the page and returns its path."""
    body = "".join(figure(row) for row in rows)
    path.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Perigee demo</title><style>{STYLE}</style><h1>Six photographs, one edge node</h1>"
        f"<p class=notice>{NOTICE}</p>{body}</html>", encoding="utf-8")
    return path
