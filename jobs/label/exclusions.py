"""Annotations that label leaves out whatever they mean: withdrawn, held out for a split, or labelled by another source already."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from jobs.label.final_splits import FinalSplits
from lake.reasons import Reason
from lake.rejects import reject_table
from lake.withdrawals import NOTHING_WITHDRAWN, Withdrawn


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What is left out, decided over the whole tables; picklable, for workers."""

    withdrawn: Withdrawn = NOTHING_WITHDRAWN
    splits: FinalSplits = field(default_factory=FinalSplits)
    repeated: Mapping[str, str] = field(default_factory=dict)  # see `jobs.label.repeats.repeated_objects`

    def divided(self, annotations: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Divide annotations into those that are labelled, and rows of `rejects` for the others.

        Args:
            annotations: Rows of `annotations`.
        """
        out = self._left_out(annotations)
        rows = annotations.filter(out)
        told = [self._why(*row) for row in zip(*(rows.column(name).to_pylist() for name in _COLUMNS), strict=True)]
        ids = rows.column("instance_id").to_pylist()
        rejects = reject_table(
            "label",
            keys=ids,
            sources=rows.column("source").to_pylist(),
            refs=rows.column("source_ref").to_pylist(),
            reasons=[reason.value for reason, _ in told],
            details=[f"{detail}; instance {one}" for (_, detail), one in zip(told, ids, strict=True)],
        )
        return annotations.filter(pc.invert(out)), rejects

    def _left_out(self, rows: pa.Table) -> pa.ChunkedArray:
        repeated = pc.is_in(rows.column("instance_id"), pa.array(list(self.repeated), pa.string()))
        return pc.or_(pc.or_(self.withdrawn.rows(rows), self.splits.are_held_out(rows)), repeated)

    def _why(self, source: str, customer: str, image_id: str, instance_id: str) -> tuple[Reason, str]:
        by = self.withdrawn.covers(source, customer, image_id)
        if by is not None:
            return Reason.WITHDRAWN, f"{by} was withdrawn"
        holder = self.splits.holder(source, image_id)
        if holder is not None:
            return Reason.HELD_OUT, f"source {holder!r} holds image {image_id} out"
        return Reason.DUPLICATE_RECORD, f"another source has it as instance {self.repeated[instance_id]}"


_COLUMNS = ("source", "customer", "image_id", "instance_id")
