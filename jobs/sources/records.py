"""The records that every reader yields, whatever the format: listed images, labelled objects, and rejects.

Geometry is in the frame that the export uses (`exif` in the source's stanza says which); pixels, origin at the top
left, x right, y down. Nothing here has been rasterised yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jobs.sources.fields.private_text import without_secrets
from lake.reasons import Reason

VOID_LABEL = "void"
"""Label of a region that an export leaves unlabelled or marks to be ignored."""


@dataclass(frozen=True, slots=True)
class Polygons:
    """The union of closed rings, each `x0, y0, x1, y1, …`, rasterised with COCO's semantics."""

    rings: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class RunLengths:
    """A COCO run-length code over the whole image, column by column: compressed text or a list of counts."""

    counts: str | Sequence[int]
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A mask whose top left pixel lies at `(left, top)`; what overhangs the image is cut off."""

    mask: NDArray[np.bool_]
    left: int = 0
    top: int = 0


@dataclass(frozen=True, slots=True)
class Rings:
    """Closed rings under the even-odd rule: a ring inside another is a hole."""

    rings: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Parts:
    """The union of some geometries less the union of others."""

    parts: Sequence["Geometry"]
    holes: Sequence["Geometry"] = ()


Geometry = Polygons | RunLengths | Bitmap | Rings | Parts


class ListedImage(NamedTuple):
    """One image record of an export.

    `name` is how the unit's objects refer to it; `path` is where the file should lie, below the folder of images.
    An image that the export carries inside itself has its bytes in `embedded` and no path.
    """

    ref: str
    name: str
    path: str
    width: int | None = None
    height: int | None = None
    embedded: bytes | None = None
    shared: bool = False  # several records may name the image, none of them its own
    licence: str | None = None  # of this image, where the export states it


@dataclass(frozen=True, slots=True)
class LabelledObject:
    """One labelled object of an export, as the export has it."""

    ref: str
    image: str  # `ListedImage.name`
    label: str
    geometry: Geometry
    is_crowd: bool = False
    is_void: bool = False
    annotator: str | None = None  # already a pseudonym
    annotated_at: datetime | None = None


class Rejected(NamedTuple):
    """One record of an export that is not kept, with its reason.

    `image` is the `ListedImage.name` that an image would have had: objects on it share its fate.
    """

    ref: str
    reason: Reason
    detail: str
    image: str | None = None


@dataclass(frozen=True, slots=True)
class PolygonBatch:
    """The records of a unit as columns, row i for record i; `usable` marks the plain objects that polygons outline.

    The other rows mean nothing: their records are read one by one.
    """

    usable: NDArray[np.bool_]  # (N,)
    refs: Sequence[str]  # (N,)
    image_names: Sequence[str]
    images: NDArray[np.int64]  # (N,) index in `image_names`
    label_names: Sequence[str]
    labels: NDArray[np.int64]  # (N,) index in `label_names`
    is_crowd: NDArray[np.bool_]  # (N,)
    points: NDArray[np.float64]  # x and y in turn, in px
    rings: NDArray[np.int64]  # (R + 1,) where each ring begins in `points`
    objects: NDArray[np.int64]  # (N + 1,) where each object's rings begin in `rings`


@dataclass(frozen=True, slots=True)
class ImageSize:
    """Size of an image in the frame of its export's geometry."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A bounded piece of an export that one worker reads at once.

    `payload` is the reader's own and can be pickled; `weight` is roughly the number of objects, so that units can be
    packed into shards of even size.
    """

    name: str
    payload: object
    weight: int = 1


def record_ref(document: str | None, record: object) -> str:
    """Return where a record stands that a later export replaces or keeps by itself.

    Args:
        document: The annotation file, or None where the export is one file, whose name may change from night to night.
        record: The record's own id.
    """
    own = without_secrets(record) if isinstance(record, str) else record
    return f"{_escaped(document)}:{own}" if document else f":{own}"


def part_ref(container: str, part: object) -> str:
    """Return where a part of a document stands; a later export of the document replaces all its parts together."""
    return f"{_escaped(container)}#{without_secrets(part) if isinstance(part, str) else part}"


def container_of(ref: str) -> str:
    """Return what a later export replaces as a whole: the document of a part, or the record itself."""
    return ref.partition("#")[0] or ref


def _escaped(name: str) -> str:
    return without_secrets(name).replace("%", "%25").replace("#", "%23")
