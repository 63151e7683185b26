"""Data that was withdrawn: the decisions on record, and which rows they cover."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa

from lake.contracts import Withdrawal
from lake.digests import digest, stage_key
from lake.errors import ConfigurationError, ContractError
from lake.lake import Lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from lake.schemas import table_of

WithdrawalScope = Literal["source", "customer", "image"]
WithdrawalAction = Literal["withdraw", "admit"]

WITHDRAWALS = "withdrawals"
SUBJECT_COLUMNS = ("source", "customer", "image_id")
"""Columns of a row that say whether it is withdrawn."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What may not be used: names of sources and customers, ids of images."""

    sources: frozenset[str] = frozenset()
    customers: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.sources or self.customers or self.images)

    def covers(self, source: str, customer: str, image_id: str) -> str | None:
        """Return what a row is withdrawn by, such as `source drive`; None where it may be used."""
        if source in self.sources:
            return f"source {source}"
        if customer in self.customers:
            return f"customer {customer}"
        return f"image {image_id}" if image_id in self.images else None

    def rows(self, rows: pa.Table | pa.RecordBatch) -> pa.BooleanArray:
        """Return which rows are withdrawn: (N,) bool.

        Args:
            rows: With at least SUBJECT_COLUMNS.
        """
        import pyarrow.compute as pc

        wanted = zip(SUBJECT_COLUMNS, (self.sources, self.customers, self.images), strict=True)
        source, customer, image = (pc.is_in(rows.column(name), pa.array(sorted(values), pa.string())) for name, values in wanted)
        found = pc.or_(pc.or_(source, customer), image)
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found

    def as_json(self) -> dict[str, list[str]]:
        """Return what is withdrawn as plain JSON values, for stage keys."""
        return {name: sorted(values) for name, values in asdict(self).items()}


NOTHING_WITHDRAWN = Withdrawn()


def read_withdrawn(lake: Lake) -> Withdrawn:
    """Return what is withdrawn now, whatever state the lake's other tables are pinned to.

    Raises:
        ConfigurationError: Decisions lie in the store and the catalog does not know them: nothing may be used until it does.
    """
    if not lake.has(WITHDRAWALS):
        return NOTHING_WITHDRAWN
    latest: dict[tuple[str, str], str] = {}
    for row in lake.read(WITHDRAWALS).sort_by("decided_at").to_pylist():
        latest[row["scope"], row["subject"]] = row["action"]
    standing = [subject for subject, action in latest.items() if action == "withdraw"]
    named = {scope: frozenset(name for of, name in standing if of == scope) for scope in ("source", "customer", "image")}
    return Withdrawn(named["source"], named["customer"], named["image"])


def record_decision(
    lake: Lake, scope: WithdrawalScope, subject: str, action: WithdrawalAction, *, person: str, reason: str | None
) -> Withdrawal:
    """Append a decision to `withdrawals`, and return it.

    Args:
        lake: Whose data.
        scope: What kind of thing is named.
        subject: Name of a source or customer, or an image's id.
        action: Whether it may not be used any more, or may be used again.
        person: Who decided.
        reason: Why.
    """
    now = datetime.now(UTC)
    decided = digest("withdrawal", scope, subject, action, person, reason, now.isoformat())
    row = Withdrawal(decided, scope, subject, action, person, reason, now)
    key = stage_key("withdraw", inputs={}, spec={"decision": decided})
    receipt = write_shard(lake.location(WITHDRAWALS, key), shard_name(0, 1), [table_of(Withdrawal, [row])])
    publish_stage(
        lake, stage="withdraw", key=key, rows_in=1, rows_out=1, rejected={}, outputs=[Output(WITHDRAWALS, {}, [receipt], "append")]
    )
    return row


def usable_training_rows(lake: Lake) -> int:
    """Count the training crops, none of which may be withdrawn.

    Raises:
        ContractError: Some are.
    """
    import pyarrow.compute as pc

    rows = lake.read("crops", columns=SUBJECT_COLUMNS, where={"split": "train"})
    count = pc.sum(read_withdrawn(lake).rows(rows)).as_py() or 0
    if count:
        raise ContractError(
            f"{count:,} of the {len(rows):,} training crops were withdrawn; run `centrepiece label`, `balance` and `crop` again"
        )
    return len(rows)


def subject_of(text: str) -> tuple[WithdrawalScope, str]:
    """Read `source:NAME`, `customer:NAME` or `image:ID`.

    Raises:
        ConfigurationError: It is none of these.
    """
    scopes: Sequence[WithdrawalScope] = ("source", "customer", "image")
    given, _, name = text.partition(":")
    for scope in scopes:
        if given == scope and name:
            return scope, name
    raise ConfigurationError(f"expected source:NAME, customer:NAME or image:ID, got {text!r}")


def withdrawn_digest(withdrawn: Withdrawn) -> dict[str, Any]:
    """Return what a stage's settings say of withdrawals: nothing where there are none, so that its key stays."""
    return {"withdrawn": withdrawn.as_json()} if withdrawn else {}
