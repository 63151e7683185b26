"""Whole report pages from invented figures, at any number of strata and with any names."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from evaluation.gate.documents import Inputs
from evaluation.gate.registry import Event
from evaluation.metrics.baselines import BASELINES, CEILINGS
from evaluation.report.pages.balance import balance_section
from evaluation.report.pages.page import page
from evaluation.report.pages.pairs import Pair, pairs_section
from evaluation.report.pages.promotion_status import promotion_status
from evaluation.report.pages.robustness import robustness_section
from evaluation.report.pages.scores import head_figures, scores_section
from evaluation.report.pages.slices import slices_section
from evaluation.report.pages.strata import strata_section
from evaluation.report.pages.verdict import verdict_section
from evaluation.scores.robust_curves import AS_LABELLED, CURVES, RobustRow
from evaluation.scores.slices import Slice
from evaluation.scores.strata import nesting_of
from evaluation.scores.stratum_rows import StratumRow
from evaluation.statistics.clusters import Interval

METRIC = "edge_overlap_f_r2"
CANDIDATE, CHAMPION, VERDICT_ID = "n" * 64, "o" * 64, "v" * 64


def invented_page(names: Sequence[str], *, passes: bool = False, history: Sequence[Event] = ()) -> str:
    """Return a report with these strata beside `all`; number n has n crops and gains n - 250 thousandths, every fiftieth fails."""
    rows = [stratum_row("all", 9999, 0.0), *(stratum_row(name, number, 0.001 * (number - 250)) for number, name in enumerate(names))]
    outcomes = {name: ("PASS" if passes or number % 50 else "FAIL", "why <b>not</b>", 0.02) for number, name in enumerate(names)}
    groups = [nesting_of(row.name) for row in rows]
    heads = {METRIC: rows[0], "tracing_saved": rows[0]}
    weak = [Slice(name, name, 40, 9, 0.3, interval(-0.1), 0.01) for name in names[:3]]
    pair = invented_pair(names[0])
    document = invented_verdict(names, passes)
    stands = promotion_status(str(document["outcome"]), VERDICT_ID, Inputs(CANDIDATE, CHAMPION, "", {}, 0), history)
    sections = [
        verdict_section(document, VERDICT_ID, stands, head_figures(heads, METRIC, "old")),
        scores_section(heads, "old"),
        strata_section(rows, METRIC, "old", outcomes, groups=groups),
        pairs_section([pair], [pair], metric=METRIC, champion=True),
        robustness_section([robust_row(row.name, row.instances) for row in rows], METRIC, ["new", "old"], groups=groups, floor=0.3),
        slices_section(weak, weak, METRIC),
        balance_section(invented_balance(names)),
    ]
    return page("centrepiece: invented", "invented", sections, key="k")


def interval(mean: float) -> Interval:
    """Return an interval of two points around a mean."""
    return Interval(mean, mean - 0.02, mean + 0.02, 0.01, 0.5, 40, 9, "cluster-t")


def stratum_row(name: str, instances: int, gain: float) -> StratumRow:
    """Return a stratum with a gain over everything that there is."""
    means = {"old": 0.5, **dict.fromkeys((*BASELINES, *CEILINGS), 0.4)}
    return StratumRow(name, instances, 9, interval(0.5 + gain), means, dict.fromkeys(BASELINES, interval(gain)), interval(gain))


def robust_row(name: str, instances: int) -> RobustRow:
    """Return a stratum under every box."""
    boxes = [jitter or AS_LABELLED for curve in CURVES.values() for jitter in curve]
    means = {model: {box: 0.5 + 0.01 * place for place, box in enumerate(dict.fromkeys(boxes))} for model in ("new", "old")}
    return RobustRow(name, instances, means, interval(0.4), interval(-0.1))


def invented_verdict(names: Sequence[str], passes: bool) -> dict[str, object]:
    """Return a verdict's document in which every fiftieth stratum fails, unless all pass."""
    check = {"name": "safe to ship", "estimate": 0.1, "lower": 0.0, "upper": 0.2, "threshold": -0.02, "adjusted": None}
    results = [
        {
            "stratum": name,
            "metric": METRIC,
            "outcome": "PASS" if passes or number % 50 else "FAIL",
            "why": "" if passes or number % 50 else f"worse in {name}",
            "instances": number,
            "images": 9,
            "smallest_visible_drop": 0.03,
            "checks": [{**check, "outcome": "PASS" if passes or number % 50 else "FAIL"}] * 5,
        }
        for number, name in enumerate(names)
    ]
    failing = [result for result in results if result["outcome"] != "PASS"]
    outcome = "FAIL" if failing else "PASS"
    return {"inputs": {"candidate": CANDIDATE, "champion": CHAMPION}, "outcome": outcome, "results": results, "failing": failing}


def invented_pair(title: str) -> Pair:
    """Return a crop of a square, whose candidate misses one side and whose top overhangs the image."""
    truth = np.zeros((40, 30), dtype=np.bool_)
    truth[10:30, 8:22] = True
    beyond = np.zeros_like(truth)
    beyond[:5] = True
    ignore = beyond.copy()
    ignore[-5:] = True
    pixels = np.full((40, 30, 3), 200, dtype=np.uint8)
    return Pair(title, "c" * 64, -0.1, pixels, truth, ignore, beyond, np.roll(truth, 4, axis=1), truth, (0.5, 0.6))


def invented_balance(names: Sequence[str]) -> pa.Table:
    """Return rows of `balance`, a class a stratum."""
    cell = {"customer": "acme", "split": "train", "planned": 1, "after": 2, "rejected": 0, "share_before": 0.1, "share_after": 0.2}
    cells = [{**cell, "domain": "everyday", "class_id": name, "class_path": f"thing/{name}", "before": 1} for name in names]
    return pa.Table.from_pylist(cells)
