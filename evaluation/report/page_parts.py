"""The report's sections that need scores or crops, read from the lake."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from markupsafe import Markup

from evaluation.gate.documents import Inputs
from evaluation.metrics.instance import full_metric_name
from evaluation.report.page_pairs import pairs_part
from evaluation.report.pages.crops import crops_section
from evaluation.report.pages.curves import curves_section
from evaluation.report.pages.robustness import robustness_section
from evaluation.report.pages.scores import head_figures, scores_section
from evaluation.report.pages.slices import slices_section
from evaluation.report.pages.strata import strata_section
from evaluation.scores.curves import curves_from_json, curves_path
from evaluation.scores.keys import score_key
from evaluation.scores.paired import PairedScores, read_paired
from evaluation.scores.robust_curves import AS_LABELLED, jitters_scored, robust_rows
from evaluation.scores.slices import regressed_slices, weak_slices
from evaluation.scores.strata import StratumPattern, nesting_of, shown_patterns
from evaluation.scores.stratum_rows import IntervalSpec, stratum_rows
from lake.configuration import Pipeline
from lake.lake import Lake
from lake.storage.seals import opened_json

SAMPLES_PER_DOMAIN = 8
_MOST_SAMPLES = 32
HEADLINE = "edge_overlap_f"
HEAD_METRICS = (HEADLINE, "edge_tolerance_f", "boundary_iou", "iou", "tracing_saved", "mae")
"""Shown over all crops, with their baselines and ceilings."""
HeadFigures = list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict as the report needs it."""

    verdict_id: str
    document: Mapping[str, Any]

    @property
    def inputs(self) -> Inputs:
        """What it was reached from."""
        return Inputs(**self.document["inputs"])


def newest_verdict(lake: Lake) -> Judged | None:
    """Return the verdict that was reached last, or None before there is one."""
    if not lake.has("verdicts"):
        return None
    rows = lake.read("verdicts").sort_by("judged_at").to_pylist()
    return Judged(rows[-1]["verdict_id"], json.loads(rows[-1]["document"])) if rows else None


def score_parts(lake: Lake, pipeline: Pipeline, judged: Judged) -> tuple[HeadFigures, list[Markup]]:
    """Return the head figures of a judged candidate, and the sections on its scores."""
    tolerance = pipeline.evaluation.edge_tolerance
    metric, inputs = full_metric_name(HEADLINE, tolerance), judged.inputs
    jitters = jitters_scored(list(inputs.scores), [inputs.candidate, *([inputs.champion] if inputs.champion else [])])
    heads = [full_metric_name(name, tolerance) for name in HEAD_METRICS]
    robust = [f"{metric}@{jitter}" for jitter in (*jitters, *(["worst"] if jitters else []))]
    found = read_paired(lake, list(inputs.scores), [*heads, *robust], as_of=inputs.scores_snapshot)
    scores, spec = found[metric], _interval_spec(judged)
    everything = [StratumPattern(())]
    head = {name: stratum_rows(found[name], inputs.candidate, inputs.champion, everything, spec)[0] for name in heads}
    weak = weak_slices(scores, inputs.candidate)
    regressed = regressed_slices(scores, inputs.candidate, inputs.champion) if inputs.champion else []
    patterns = shown_patterns(pipeline.evaluation.strata, [rule["stratum"] for rule in judged.document["gates"]["rules"]])
    parts = [
        scores_section(head, inputs.champion),
        _strata_part(judged, scores, patterns, spec),
        pairs_part(lake, scores, inputs.candidate, inputs.champion),
    ]
    if jitters:
        parts.append(_robustness_part(found, metric, jitters, inputs, patterns, spec))
    parts += [slices_section(weak, regressed, metric), _curves_part(lake, pipeline, inputs)]
    return head_figures(head, metric, inputs.champion), parts


def crop_part(lake: Lake) -> Markup | None:
    """Return the section of sample crops, a few a domain and split, the same ones for the same crops; None without crops."""
    if not lake.has("crops"):
        return None
    chosen = sample_crops(lake)
    rows = lake.read("crops", where={"crop_id": chosen}).sort_by([("domain", "ascending"), ("crop_id", "ascending")])
    return crops_section(rows.to_pylist())


def sample_crops(lake: Lake) -> list[str]:
    """Choose the crops with the lowest ids of each domain: ids are digests, so that is a fair draw."""
    lowest: dict[str, list[str]] = {}
    for batch in lake.batches("crops", columns=["crop_id", "domain"]):
        for domain in pc.unique(batch.column("domain")).to_pylist():
            ids = batch.filter(pc.field("domain") == domain).column("crop_id").to_pylist()
            lowest[domain] = sorted([*lowest.get(domain, []), *ids])[:SAMPLES_PER_DOMAIN]
    return [crop_id for domain in sorted(lowest) for crop_id in lowest[domain]][:_MOST_SAMPLES]


def _curves_part(lake: Lake, pipeline: Pipeline, inputs: Inputs) -> Markup:
    """Return the section on thresholds, of those models whose present scores have curves."""
    curves = {}
    for name, model in (("candidate", inputs.candidate), ("champion", inputs.champion)):
        path = curves_path(score_key(lake, pipeline, model)) if model else ""
        if path and lake.store.exists(path):
            curves[name] = curves_from_json(json.loads(opened_json(lake.store.read_bytes(path), lake.store.uri(path))))
    return curves_section(curves)


def _interval_spec(judged: Judged) -> IntervalSpec:
    gates = judged.document["gates"]
    return IntervalSpec(alpha=gates["alpha"], draws=gates["draws"], seed=gates["seed"])


def _strata_part(judged: Judged, scores: PairedScores, patterns: Sequence[StratumPattern], spec: IntervalSpec) -> Markup:
    inputs = judged.inputs
    rows = stratum_rows(scores, inputs.candidate, inputs.champion, patterns, spec)
    outcomes = _outcomes(judged.document["results"], scores.metric)
    return strata_section(rows, scores.metric, inputs.champion, outcomes, groups=[nesting_of(row.name) for row in rows])


def _robustness_part(
    found: Mapping[str, PairedScores],
    metric: str,
    jitters: Sequence[str],
    inputs: Inputs,
    patterns: Sequence[StratumPattern],
    spec: IntervalSpec,
) -> Markup:
    by_box = {AS_LABELLED: found[metric], **{box: found[f"{metric}@{box}"] for box in (*jitters, "worst")}}
    models = [inputs.candidate, *([inputs.champion] if inputs.champion else [])]
    rows = robust_rows(by_box, models, patterns, spec)
    floor = float(np.mean(found[metric].values["floor-box"]))
    return robustness_section(rows, metric, models, groups=[nesting_of(row.name) for row in rows], floor=floor)


def _outcomes(results: Sequence[Mapping[str, Any]], metric: str) -> dict[str, tuple[str, str, float | None]]:
    order = ("PASS", "INCONCLUSIVE", "FAIL")
    found: dict[str, tuple[str, str, float | None]] = {}
    for result in results:
        before = found.get(result["stratum"])
        if result["metric"] == metric and (before is None or order.index(before[0]) < order.index(result["outcome"])):
            found[result["stratum"]] = (result["outcome"], result["why"], result["margin"])
    return found
