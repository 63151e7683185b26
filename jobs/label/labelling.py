"""The work of the label stage on one part of `annotations`: its rows under the taxonomy, written by whoever did it."""

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.file_slices import FileSlice, counted, pairs_of, read_slice, write_rejects
from jobs.label.exclusions import Exclusions
from jobs.label.ignored_cover import IgnoredCover, ignored_cover
from jobs.label.instances import IMAGE_COLUMNS, label_annotations
from lake.publishing.shards import Receipt, ShardLocation, write_shard
from lake.storage.store import Store
from taxonomy.labelling import Labelling


@dataclass(frozen=True, slots=True)
class LabelledSlice:
    """What a worker says of the slice that it labelled."""

    rows_in: int
    instances: Receipt | None
    rejects: list[Receipt | None]
    rejected: Counter[str]
    dispositions: Counter[str]
    excluded: Counter[tuple[str, str]]  # by source and reason
    cover: IgnoredCover


@dataclass(frozen=True, slots=True)
class LabelSlice:
    """Labels slices of `annotations`; picklable, so that workers can."""

    store: Store
    instances: ShardLocation
    rejects: ShardLocation
    images: tuple[FileSlice, ...]
    exclusions: Exclusions
    labelling: Labelling

    def __call__(self, piece: FileSlice) -> LabelledSlice:
        annotations = read_slice(self.store, piece)
        used, excluded = self.exclusions.divided(annotations)
        labelled = label_annotations(used, self._images(used), self.labelling)
        rejects = pa.concat_tables([excluded, labelled.rejects])
        return LabelledSlice(
            rows_in=len(annotations),
            instances=write_shard(self.instances, piece.shard, [labelled.instances]),
            rejects=write_rejects(self.rejects, piece.shard, rejects),
            rejected=counted(rejects.column("reason")),
            dispositions=counted(labelled.instances.column("disposition")),
            excluded=pairs_of(excluded, "source", "reason"),
            cover=ignored_cover(used, self.labelling),
        )

    def _images(self, annotations: pa.Table) -> pa.Table:
        wanted = pc.unique(annotations.column("image_id"))
        parts = (read_slice(self.store, piece, IMAGE_COLUMNS) for piece in self.images)
        found = pa.concat_tables([part.filter(pc.is_in(part.column("image_id"), wanted)) for part in parts])
        return self.exclusions.splits.applied(found)
