"""Find strata that are too small for their margins, before anything is trained."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.gate.gates import Gates, Rule, load_gates
from evaluation.scores.keys import metric_spec
from evaluation.scores.strata import Stratum, crowding_class, parse_pattern, strata_of, thinness_class
from evaluation.statistics.clusters import degrees_of_freedom
from evaluation.statistics.power import TYPICAL_DESIGN_EFFECT, TYPICAL_DEVIATION, instances_needed, smallest_visible_drop
from lake.configuration import Pipeline
from lake.digests import stage_key
from lake.errors import InputError
from lake.frozen import evaluated_lake
from lake.lake import Lake
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport

_COLUMNS = ("image_id", "domain", "customer", "class_id", "size", "thinness", "crowding", "owns_centre")


@dataclass(frozen=True, slots=True)
class PlannedStratum:
    """What a stratum of the test set can show."""

    stratum: str
    metric: str
    instances: int
    images: int
    margin: float
    smallest_visible_drop: float | None  # None where one image or none allows no interval
    needed: int  # instances to see a drop of the margin, and at least what the rule asks for
    enough: bool


def plan_gate(pipeline: Pipeline, *, as_of: AsOf = None) -> StageReport:
    """Say for every rule and stratum whether the test crops can see a drop as large as the margin.

    The report's details hold `strata` (every one) and `too_small` (names). Paired differences are taken to vary as edge F was
    measured to, at the upper end, so the plan errs towards asking for more.

    Args:
        pipeline: Its gates are held against its crops.
        as_of: Of the crops; see `lake.publishing.snapshots.AsOf`.

    Raises:
        MissingTableError: There are no crops yet.
        InputError: No crop lies in the evaluated splits.
    """
    started = time.monotonic()
    lake = evaluated_lake(pipeline, as_of)
    gates = load_gates(pipeline.gates, metric_spec(pipeline))
    rows = crop_strata(lake, pipeline.evaluation.splits)
    planned = [stratum for rule in gates.rules for stratum in _planned(gates, rule, rows)]
    key = stage_key(
        "judge-plan", inputs={"crops": lake.snapshot("crops").content}, spec={"gates": gates, "splits": pipeline.evaluation.splits}
    )
    details: Mapping[str, object] = {
        "strata": [asdict(stratum) for stratum in planned],
        "too_small": [stratum.stratum for stratum in planned if not stratum.enough],
        "assumed": {"deviation": TYPICAL_DEVIATION, "design_effect": TYPICAL_DESIGN_EFFECT, "alpha": gates.alpha, "power": gates.power},
    }
    return StageReport("judge-plan", key, False, rows.num_rows, rows.num_rows, {}, {}, time.monotonic() - started, details)


def crop_strata(lake: Lake, splits: tuple[str, ...]) -> pa.Table:
    """Return the attributes of the crops of some splits, classed as scores class them.

    Raises:
        InputError: No crop lies in these splits.
    """
    crops = lake.read("crops", columns=list(_COLUMNS), where={"split": list(splits)})
    if not crops.num_rows:
        raise InputError(f"no crop lies in the splits {list(splits)}; check evaluation.splits and the shares in splits")
    trained = lake.read("crops", columns=["class_id"], where={"split": "train"}).column("class_id").unique()
    seen = pc.is_in(crops.column("class_id"), value_set=trained)
    thinness = pa.array([thinness_class(value) for value in crops.column("thinness").to_pylist()])
    crowding = pa.array([crowding_class(value) for value in crops.column("crowding").to_pylist()])
    classed = crops.drop_columns(["thinness", "crowding"])
    return classed.append_column("thinness", thinness).append_column("crowding", crowding).append_column("seen", seen)


def _planned(gates: Gates, rule: Rule, rows: pa.Table) -> list[PlannedStratum]:
    pattern = parse_pattern(rule.stratum)
    strata = strata_of(rows, pattern) or [Stratum(str(pattern), np.empty(0, dtype=np.int64))]
    return [_stratum(gates, rule, stratum, rows) for stratum in strata]


def _stratum(gates: Gates, rule: Rule, stratum: Stratum, rows: pa.Table) -> PlannedStratum:
    count, margin = len(stratum.rows), gates.margin_of(rule)
    sizes = pc.value_counts(rows.column("image_id").take(pa.array(stratum.rows))).field("counts").to_numpy()
    images = len(sizes)
    drop = None
    if images > 1:
        error = TYPICAL_DEVIATION * float(np.sqrt(TYPICAL_DESIGN_EFFECT / count))
        drop = smallest_visible_drop(error, degrees_of_freedom(sizes), alpha=gates.alpha, power=gates.power)
    needed = max(instances_needed(margin, alpha=gates.alpha, power=gates.power), gates.min_instances_of(rule))
    enough = count >= gates.min_instances_of(rule) and drop is not None and drop <= margin
    return PlannedStratum(stratum.name, rule.metric, count, images, margin, drop, needed, enough)
