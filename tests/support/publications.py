"""Small publications for tests of the lake: rows of the simplest table, written and published like a stage would."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from lake.contracts import Reject
from lake.digests import StageKey, stage_key
from lake.lake import Lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import Receipt, shard_name, write_shard
from lake.publishing.stage_report import StageReport
from lake.reasons import Reason
from lake.schemas import table_of


def reject_rows(source: str, numbers: Sequence[int], stage: str = "ingest") -> pa.Table:
    """Return one reject a number."""
    reason = Reason.BOX_ONLY.value
    return table_of(Reject, [Reject(f"{n:064x}", stage, source, f"row {n}", reason, "no mask") for n in numbers])


def rejects_key(source: str, numbers: Sequence[int], stage: str = "ingest") -> StageKey:
    """Return the stage key under which `publish_rejects` publishes."""
    return stage_key(stage, inputs={"export": source}, spec={"numbers": list(numbers)})


def write_rejects(
    lake: Lake, source: str, numbers: Sequence[int], *, part: Mapping[str, str], shards: int = 2, stage: str = "ingest"
) -> list[Receipt | None]:
    """Write rejects as shards and return their receipts."""
    place = lake.location("rejects", rejects_key(source, numbers, stage), part)
    dealt = [numbers[index::shards] for index in range(shards)]
    return [write_shard(place, shard_name(index, shards), [reject_rows(source, hand, stage)]) for index, hand in enumerate(dealt)]


def publish_rejects(
    lake: Lake,
    source: str,
    numbers: Sequence[int],
    *,
    stage: str = "ingest",
    part: Mapping[str, str] | None = None,
    mode: str = "replace",
    shards: int = 2,
) -> StageReport:
    """Publish rejects as a stage of its own; the part is (stage, source) unless given."""
    where = {"stage": stage, "source": source} if part is None else part
    receipts = write_rejects(lake, source, numbers, part=where, shards=shards, stage=stage)
    return publish_stage(
        lake,
        stage=stage,
        key=rejects_key(source, numbers, stage),
        rows_in=len(numbers) + 1,
        rows_out=1,
        rejected={Reason.BOX_ONLY: len(numbers)} if numbers else {},
        outputs=[Output("rejects", where, receipts, "append" if mode == "append" else "replace")],
    )


def published_numbers(lake: Lake, source: str | None = None) -> list[int]:
    """Return the numbers of the published rejects, sorted."""
    where = None if source is None else {"source": source}
    return sorted(int(key, 16) for key in lake.read("rejects", columns=["reject_id"], where=where)["reject_id"].to_pylist())
