"""A lake and a verdict in, the report's sections that need scores or crops out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from evaluation.curves import curves_from_json, curves_path
from evaluation.documents import Inputs
from evaluation.metrics.instance import full_metric_name
from evaluation.page_pairs import pairs_part
from evaluation.pages.crops import crops_section
from evaluation.pages.curves import curves_section
from evaluation.pages.slices import slices_section
from evaluation.pages.strata import strata_section
from evaluation.paired import PairedScores, read_paired
from evaluation.score_keys import score_key
from evaluation.slices import regressed_slices, weak_slices
from evaluation.strata import shown_patterns
from evaluation.stratum_rows import Levels, stratum_rows
from lake.configuration import Pipeline
from lake.lake import Lake

SAMPLES_PER_DOMAIN = 8
_MOST_SAMPLES = 32
HEADLINE = "edge_overlap_f"


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


def score_parts(lake: Lake, pipeline: Pipeline, judged: Judged) -> list[str]:
    """Return the sections on a judged candidate's scores."""
    metric = full_metric_name(HEADLINE, pipeline.evaluation.edge_tolerance)
    inputs = judged.inputs
    scores = read_paired(lake, list(inputs.scores), [metric], as_of=inputs.scores_snapshot)[metric]
    weak = weak_slices(scores, inputs.candidate)
    regressed = regressed_slices(scores, inputs.candidate, inputs.champion) if inputs.champion else []
    return [
        _strata_part(pipeline, judged, scores),
        pairs_part(lake, scores, inputs.candidate, inputs.champion),
        _curves_part(lake, pipeline, inputs),
        slices_section(weak, regressed, metric),
    ]


def crop_part(lake: Lake) -> str:
    """Return the section of sample crops, a few a domain and split, the same ones for the same crops; empty without crops."""
    if not lake.has("crops"):
        return ""
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


def _curves_part(lake: Lake, pipeline: Pipeline, inputs: Inputs) -> str:
    """Return the section on thresholds, of those models whose present scores have curves; empty without any."""
    curves = {}
    for name, model in (("candidate", inputs.candidate), ("champion", inputs.champion)):
        path = curves_path(score_key(lake, pipeline, model)) if model else ""
        if path and lake.store.exists(path):
            curves[name] = curves_from_json(json.loads(lake.store.read_bytes(path)))
    return curves_section(curves) if curves else ""


def _strata_part(pipeline: Pipeline, judged: Judged, scores: PairedScores) -> str:
    inputs, gates = judged.inputs, judged.document["gates"]
    levels = Levels(alpha=gates["alpha"], draws=gates["draws"], seed=gates["seed"])
    patterns = shown_patterns(pipeline.evaluation.strata, [rule["stratum"] for rule in gates["rules"]])
    rows = stratum_rows(scores, inputs.candidate, inputs.champion, patterns, levels)
    return strata_section(rows, scores.metric, inputs.champion, _outcomes(judged.document["results"], scores.metric))


def _outcomes(results: Sequence[Mapping[str, Any]], metric: str) -> dict[str, tuple[str, str, float | None]]:
    order = ("PASS", "INCONCLUSIVE", "FAIL")
    found: dict[str, tuple[str, str, float | None]] = {}
    for result in results:
        before = found.get(result["stratum"])
        if result["metric"] == metric and (before is None or order.index(before[0]) < order.index(result["outcome"])):
            found[result["stratum"]] = (result["outcome"], result["why"], result["margin"])
    return found
