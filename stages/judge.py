"""Judge: a candidate's scores held against the gates, beside the champion's; the verdict is a row of `verdicts`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evaluation.gate.documents import Inputs
from evaluation.gate.gates import Gates, load_gates
from evaluation.gate.judge import JUDGING_VERSION, last_verdict, present_inputs, reach_verdict, verdict_details, verdict_row
from evaluation.gate.registry import Registry
from evaluation.scores.keys import metric_spec
from lake.contracts import Verdict
from lake.digests import StageKey
from lake.publishing.publish import skipped_report
from lake.publishing.records import Target
from lake.publishing.shards import shard_name, write_shard
from lake.publishing.stage_report import StageReport
from lake.schemas import table_of
from stages.stage import Computed, Publication, Run, Stage, open_evaluated


@dataclass(frozen=True, slots=True)
class _Judgement:
    """A judgement to reach: over these gates and inputs."""

    gates: Gates
    inputs: Inputs


def _judgements(run: Run) -> Iterator[_Judgement | Verdict]:
    """Find what the candidate is compared with: the model that was named, the registry's champion, or baselines alone.

    The champion itself, judged again, keeps the verdict that it was last given.

    Raises:
        InputError: A model has no scores on the evaluated crops.
    """
    candidate = run.arguments["candidate"]
    champion = run.arguments["champion"] or Registry(run.lake.database_url).champion()
    if champion == candidate:
        champion = None
        if (known := last_verdict(run.lake, candidate)) is not None:
            yield known
            return
    gates = load_gates(run.pipeline.gates, metric_spec(run.pipeline))
    yield _Judgement(gates, present_inputs(run.lake, run.pipeline, candidate, champion))


def _inputs(_run: Run, judgement: _Judgement | Verdict) -> dict[str, str]:
    if isinstance(judgement, Verdict):
        return {"verdict": judgement.verdict_id}
    return {"crops": judgement.inputs.crops, **judgement.inputs.scores}


def _targets(_run: Run, _judgement: _Judgement | Verdict) -> list[Target]:
    return [("verdicts", {})]


def _spec(_run: Run, judgement: _Judgement | Verdict) -> dict[str, Any]:
    if isinstance(judgement, Verdict):
        return {"candidate": judgement.candidate}
    inputs = judgement.inputs
    return {"candidate": inputs.candidate, "champion": inputs.champion, "gates": judgement.gates}


def _committed(run: Run, judgement: _Judgement | Verdict, key: StageKey) -> StageReport | None:
    if isinstance(judgement, Verdict):
        snapshots = {"verdicts": run.lake.snapshot("verdicts").snapshot_id}
        return StageReport("judge", judgement.verdict_id, True, 1, 1, {}, snapshots, 0.0, verdict_details(judgement))
    return skipped_report(run.lake, stage="judge", key=key, targets=_targets(run, judgement))


def _compute(run: Run, judgement: _Judgement | Verdict, publication: Publication) -> Computed:
    """Reach the verdict; a FAIL is no exception.

    Raises:
        EmptyCheckError: A rule matched no stratum, or none judges a first model.
    """
    if isinstance(judgement, Verdict):
        raise ValueError("a verdict that was given already is not reached again")
    row = verdict_row(reach_verdict(run.lake, judgement.gates, judgement.inputs))
    # The snapshot stays readable for as long as the verdict can be asked how it came about.
    run.lake.tag("scores", judgement.inputs.scores_snapshot, f"verdict-{row.verdict_id[:16]}")
    receipt = write_shard(publication.locations["verdicts"], shard_name(0, 1), [table_of(Verdict, [row])])
    return Computed(rows_in=1, rows_out=1, receipts={"verdicts": [receipt]}, details=verdict_details(row))


JUDGE = Stage(
    name="judge",
    version=JUDGING_VERSION,
    reads=("crops", "scores"),
    arguments=("candidate", "champion", "as_of"),
    open=open_evaluated,
    parts=_judgements,
    inputs=_inputs,
    targets=_targets,
    spec=_spec,
    committed=_committed,
    compute=_compute,
    appends=True,
)
