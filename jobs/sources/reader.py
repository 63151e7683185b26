"""The contract of a reader: functions that divide an export into units, and read the images and objects of a unit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from jobs.sources.files.exports import Export
from jobs.sources.records import ImageSize, LabelledObject, ListedImage, PolygonBatch, Rejected, Unit


class Units(Protocol):
    """Divide an export into bounded units; records that belong to no unit are rejected here."""

    def __call__(self, export: Export) -> Iterable[Unit | Rejected]: ...


class Images(Protocol):
    """List the images of one unit; every image record yields exactly one outcome."""

    def __call__(self, export: Export, unit: Unit) -> Iterable[ListedImage | Rejected]: ...


class Objects(Protocol):
    """Read the objects of one unit; every object record yields exactly one outcome.

    `sizes` holds, by `ListedImage.name`, the images of the unit that were found sound, in the frame of the export's geometry.
    """

    def __call__(self, export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterable[LabelledObject | Rejected]: ...


class Files(Protocol):
    """Read the files that a unit's objects come from, beside its document and its images."""

    def __call__(self, export: Export, unit: Unit) -> Iterable[bytes]: ...


class ReadPolygonBatch(Protocol):
    """Read the plain objects of one unit as columns, which is much faster than one by one."""

    def __call__(self, export: Export, unit: Unit) -> PolygonBatch: ...


class Without(Protocol):
    """Return a unit without some of its object records: those that were read as columns.

    `taken` is (N,), the rows of `PolygonBatch`.
    """

    def __call__(self, unit: Unit, taken: NDArray[np.bool_]) -> Unit: ...


@dataclass(frozen=True, slots=True)
class ByColumns:
    """How a format's plain objects are read as columns, and the others left."""

    polygon_batch: ReadPolygonBatch
    without: Without


def no_files(export: Export, unit: Unit) -> Iterable[bytes]:
    """Say that a unit reads nothing but its document and its images."""
    return ()


@dataclass(frozen=True, slots=True)
class Reader:
    """One export format; its functions are module-level, so that workers can import them.

    `documents` are the endings of annotation files that are hashed whole; a format whose units have files of their own
    lists none. `columns` is for formats with units of thousands of objects.
    """

    units: Units
    images: Images
    objects: Objects
    documents: tuple[str, ...]
    files: Files = no_files
    columns: ByColumns | None = None
