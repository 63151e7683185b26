"""Counts the labels of an export before it is ingested: its records are read, nothing is rasterised and no image is hashed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from imaging.images import ImageRefusedError, read_header
from jobs.ingest.export_plan import plan_export
from jobs.ingest.image_files import frame_size
from jobs.sources.files.exports import Export
from jobs.sources.files.paths import HostilePathError
from jobs.sources.reader import Reader
from jobs.sources.records import ImageSize, LabelledObject, ListedImage, Unit
from jobs.sources.registry import reader_of
from lake.configuration import Source
from lake.errors import InputError
from lake.storage.store import Store
from taxonomy.labelling import LabelCount


def export_label_counts(source: Source, store: Store) -> list[LabelCount]:
    """Count the objects of a source's export by label; crowds, void regions and what a reader rejects are left out.

    Objects that ingest rejects later, for their image or their mask, are counted.

    Args:
        source: The stanza.
        store: Where archives are unpacked.

    Raises:
        InputError: The export is missing or is not what the stanza says.
    """
    plan = plan_export(source, store)
    reader = reader_of(source.format)
    totals: Counter[str] = Counter()
    for unit in plan.units:
        totals += _unit_labels(reader, plan.export, unit, source)
    return [LabelCount(source.customer, label, count) for label, count in sorted(totals.items())]


def _unit_labels(reader: Reader, export: Export, unit: Unit, source: Source) -> Counter[str]:
    counted: Counter[str] = Counter()
    if reader.columns is not None:
        batch = reader.columns.polygon_batch(export, unit)
        found = np.bincount(batch.labels[batch.usable & ~batch.is_crowd], minlength=len(batch.label_names))
        counted.update({name: int(count) for name, count in zip(batch.label_names, found.tolist(), strict=True) if count})
        unit = reader.columns.without(unit, batch.usable)
    listed = {image.name: image for image in reader.images(export, unit) if isinstance(image, ListedImage)}
    for record in reader.objects(export, unit, _Sizes(export, listed, source.exif)):
        if isinstance(record, LabelledObject) and not record.is_crowd and not record.is_void:
            counted[record.label] += 1
    return counted


@dataclass(frozen=True, slots=True)
class _Sizes(Mapping[str, ImageSize]):
    """Sizes of the images of a unit, each read from its file's header once somebody asks for it."""

    export: Export
    listed: Mapping[str, ListedImage]
    exif: str
    found: dict[str, ImageSize | None] = field(default_factory=dict)

    def __getitem__(self, name: str) -> ImageSize:
        if name not in self.found:
            self.found[name] = self._read(self.listed[name])
        size = self.found[name]
        if size is None:
            raise KeyError(name)
        return size

    def __iter__(self) -> Iterator[str]:
        return iter(self.listed)

    def __len__(self) -> int:
        return len(self.listed)

    def _read(self, image: ListedImage) -> ImageSize | None:
        try:
            data = self.export.images.read(image.path) if image.embedded is None else image.embedded
            return frame_size(read_header(data), self.exif)
        except (ImageRefusedError, InputError, HostilePathError, FileNotFoundError):
            return None
