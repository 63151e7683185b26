"""Rows of the table `rejects`, built in one way by every stage."""

import hashlib
from collections.abc import Iterable, Sequence

import pyarrow as pa

from lake.contracts import Reject
from lake.schemas import conform


def reject_id(stage: str, key: str, reason: str) -> str:
    """Return the id of a reject, as 64 hexadecimal characters.

    Args:
        stage: That did not keep something.
        key: Of what was not kept; unique among the rejects of the stage that have the same reason.
        reason: A value of `lake.reasons.Reason`.
    """
    return hashlib.sha256(f"{stage}/{key}/{reason}".encode()).hexdigest()


def reject_table(
    stage: str, *, keys: Sequence[str], sources: Iterable[str], refs: Iterable[str], reasons: Sequence[str], details: Iterable[str]
) -> pa.Table:
    """Return rows of `rejects`, one a key, in their order.

    Args:
        stage: That did not keep something.
        keys: (N,) of what was not kept; see `reject_id`.
        sources: (N,) names of the sources that it came from.
        refs: (N,) where it stands in its source.
        reasons: (N,) values of `lake.reasons.Reason`.
        details: (N,) what a reader needs to see that the reason holds.
    """
    columns = {
        "reject_id": [reject_id(stage, key, reason) for key, reason in zip(keys, reasons, strict=True)],
        "stage": [stage] * len(keys),
        "source": list(sources),
        "source_ref": list(refs),
        "reason": list(reasons),
        "detail": list(details),
    }
    return conform(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), Reject)
