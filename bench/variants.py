"""Variants of the default models (tools/models/recipes.py): is each as good as its original, nearly,
and faster? What fails is dropped and listed with its numbers. Needs onnxruntime and Pillow."""

from __future__ import annotations

import sys

from measure import AT_LEAST, Row, Settings
from processes import ROOT, Failed

sys.path.insert(0, str(ROOT / "tools/models"))


def measure(settings: Settings) -> tuple[list[Row], dict]:
    import make_variants
    from errors import ImportFailed
    from recipes import PLAIN, TRIALS

    rows, raw = [], {}
    try:
        trials = make_variants.Trials(settings.pairs, settings.quick)
        for of in PLAIN:
            for size, pairs in trials.rearranged(of).items():
                rows.append(Row(f"{of}: the graph as imported against the source's, {size}, the "
                                "same answers", "x as fast", pairs))
        for trial in TRIALS:
            outcome = trials.run(trial)
            rows += _rows(outcome)
            raw[trial.name] = vars(outcome) | {"passes": outcome.passes}
    except ImportFailed as error:
        raise Failed(str(error)) from error
    return rows, raw


def _rows(outcome) -> list[Row]:
    """No row has a target: a variant that fails is no failure of the program."""
    what = f"{'passes' if outcome.passes else 'dropped'}: {outcome.name}"
    kind = ("share with the same likeliest expression" if "expressions" in outcome.parity
            else "mean overlap of the boxes, 0 for a face that only one finds")
    return [Row(f"{what}: {size}", "x as fast", pairs) for size, pairs in outcome.faster.items()] + [
        Row(f"{what}: {kind}, {len(outcome.agreement[pictures])} faces ({pictures}), wanted "
            f"{outcome.parity_min}", "", [value]) for pictures, value in outcome.parity.items()]
