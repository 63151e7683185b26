"""Judge: a candidate's scores held against the gates, beside the champion's; the verdict is a row of `verdicts`."""

from collections.abc import Iterator
from typing import Any

from evaluation.gate.judge import (
    JUDGING_VERSION,
    Judgement,
    planned_judgement,
    reach_verdict,
    verdict_again,
    verdict_details,
    verdict_row,
    verdict_tag,
)
from lake.contracts import Verdict
from lake.digests import StageKey
from lake.publishing.publish import skipped_report
from lake.publishing.shards import shard_name, write_shard
from lake.publishing.stage_report import StageReport
from lake.schemas import table_of
from stages.stage import Computed, Publication, Run, Stage, open_evaluated


def _judgement(run: Run) -> Iterator[Judgement | Verdict]:
    yield planned_judgement(run.lake, run.pipeline, run.arguments["candidate"], run.arguments["champion"])


def _inputs(_run: Run, judgement: Judgement | Verdict) -> dict[str, str]:
    if isinstance(judgement, Verdict):
        return {"verdict": judgement.verdict_id}
    return {"crops": judgement.inputs.crops, **judgement.inputs.scores}


def _spec(_run: Run, judgement: Judgement | Verdict) -> dict[str, Any]:
    if isinstance(judgement, Verdict):
        return {"candidate": judgement.candidate}
    return {"candidate": judgement.inputs.candidate, "champion": judgement.inputs.champion, "gates": judgement.gates}


def _committed(run: Run, judgement: Judgement | Verdict, key: StageKey) -> StageReport | None:
    if isinstance(judgement, Verdict):
        snapshots = {"verdicts": run.lake.snapshot("verdicts").snapshot_id}
        return StageReport("judge", judgement.verdict_id, True, 1, 1, {}, snapshots, 0.0, verdict_details(judgement))
    return skipped_report(run.lake, stage="judge", key=key, targets=[("verdicts", {})])


def _compute(run: Run, judgement: Judgement | Verdict, publication: Publication) -> Computed:
    """Reach the verdict; a FAIL is no exception.

    Raises:
        EmptyCheckError: A rule matched no stratum, or none judges a first model.
    """
    if isinstance(judgement, Verdict):
        raise ValueError(f"verdict {judgement.verdict_id[:12]} has been reached already")
    row = verdict_row(reach_verdict(run.lake, judgement.gates, judgement.inputs))
    # The snapshot stays readable for as long as the verdict can be asked how it came about.
    run.lake.tag("scores", judgement.inputs.scores_snapshot, verdict_tag(row.verdict_id))
    receipt = write_shard(publication.locations["verdicts"], shard_name(0, 1), [table_of(Verdict, [row])])
    return Computed(rows_in=1, rows_out=1, receipts={"verdicts": [receipt]}, details=verdict_details(row))


JUDGE = Stage(
    name="judge",
    version=JUDGING_VERSION,
    reads=("crops", "scores"),
    arguments=("candidate", "champion", "as_of"),
    open=open_evaluated,
    parts=_judgement,
    inputs=_inputs,
    targets=(("verdicts", {}),),
    spec=_spec,
    committed=_committed,
    compute=_compute,
    appends=True,
    restore=lambda run, record: table_of(Verdict, [verdict_again(run.lake, record)]),
)
