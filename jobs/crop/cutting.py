"""The work of the crop stage on one shard: cut it, write its crops and rejects, and say what came of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from imaging.source_images import read_source
from jobs.crop.cut import COMPRESSION, cut_shard
from jobs.crop.cut_version import spec_digest
from jobs.crop.progress import Done
from jobs.crop.reuse import CutFile, known_blocks
from jobs.crop.shards import ShardRows
from jobs.crop.warmup import load_kernels
from jobs.file_slices import counted, write_rejects
from lake.configuration import CropSpec
from lake.publishing.shards import Receipt, ShardLocation, write_shard
from lake.reasons import Reason

MOST_BLANK = 0.02
"""Share of the planned crops that may lack negative pixels before it is told."""


@dataclass(frozen=True, slots=True)
class WrittenCrops:
    """What a worker says of the shard that it cut."""

    shard: int
    planned: int
    images: int  # read, or tried
    reused: int  # crops whose pixels were cut before
    crops: Receipt | None
    rejects: list[Receipt | None]
    rejected: Counter[str]


@dataclass(frozen=True, slots=True)
class CutShard:
    """Cuts shards; picklable, so that workers can. Pixels go from the image to the shard's file and nowhere else."""

    crops: ShardLocation
    rejects: ShardLocation
    shards: int  # to be cut
    spec: CropSpec
    known: tuple[CutFile, ...] = ()  # crops published before
    standing: Mapping[str, Receipt] = field(default_factory=dict)  # whole shards of them, by name
    done: Any = None  # a counter of `Done` for the progress bar

    def __call__(self, rows: ShardRows) -> WrittenCrops:
        name = rows.name(spec_digest(self.spec))
        stands = self.standing.get(name)
        if stands is not None and stands.rows == rows.plan.num_rows:  # none of its crops was rejected
            return WrittenCrops(rows.shard, rows.plan.num_rows, 0, rows.plan.num_rows, stands, [], Counter())
        load_kernels()
        known = known_blocks(self.crops.store, self.known, rows.plan, spec_digest(self.spec))
        counts: Counter[str] = Counter()
        rejects: list[pa.Table] = []

        def crops() -> Iterator[pa.Table]:
            for cut in cut_shard(rows.plan, rows.instances, self.spec, read_source, known):
                counts.update(images=cut.images, reused=cut.reused)
                rejects.append(cut.rejects)
                if self.done is not None:
                    self.done.add(Done(len(cut.crops), cut.images, len(cut.rejects)))
                yield cut.crops

        receipt = write_shard(self.crops, name, crops(), compression=COMPRESSION)
        refused = pa.concat_tables(rejects)
        return WrittenCrops(
            shard=rows.shard,
            planned=rows.plan.num_rows,
            images=counts["images"],
            reused=counts["reused"],
            crops=receipt,
            rejects=write_rejects(self.rejects, name, refused),
            rejected=counted(refused.column("reason")),
        )


def crop_notes(rejected: Mapping[str, int], planned: int) -> list[str]:
    """Say so where much of what was planned has nothing to tell the object from.

    Args:
        rejected: Crops by reason.
        planned: All of them.
    """
    blank = rejected.get(Reason.NO_NEGATIVES.value, 0)
    if blank < MOST_BLANK * planned or not blank:
        return []
    return [
        f"{blank:,} of {planned:,} crops are left out without a negative pixel: all of their windows is the object's own or ignored; is a "
        "label of stuff (sky, road, wall) under `ignore`? Map it to a class under `background`"
    ]
