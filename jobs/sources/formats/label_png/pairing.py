"""Which label map belongs to which image: the one of the same path and stem, whatever tools put behind the stem."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES

LABEL_SUFFIXES = (".png", ".bmp", ".tif", ".tiff")
"""Endings of label maps, which are lossless; lower case with their dot."""
_OF_A_MAP = re.compile(
    r"[-_. ](?:masks?|gt|ground_?truth|label(?:s|map|_?ids?)?|seg(?:mentation|map)?|semantic|instances?|anno(?:tations?)?|matte|L)$",
    re.IGNORECASE,
)


class MapPair(NamedTuple):
    """An image with its label map, both below their folders; either may be absent."""

    stem: str
    image: str | None
    label: str | None


def pair_maps(images: Sequence[str], labels: Sequence[str], *, one_folder: bool = False) -> Iterator[MapPair]:
    """Pair label maps with images: `a.png` or `a_mask.png`, `a_gt.png` with `a.jpg`, the exact stem first.

    Args:
        images: Paths below the folder of images.
        labels: Paths below the folder of label maps.
        one_folder: Whether both are the same folder: a map is then one that is named after an image there.
    """
    image_paths = _by_stem(path for path in images if path.lower().endswith(IMAGE_SUFFIXES))
    label_paths: dict[str, list[str]] = {}
    for path in labels:
        stem = path.rpartition(".")[0]
        if path.lower().endswith(LABEL_SUFFIXES) and (own := _stem_of_image(stem, image_paths, exact=not one_folder)) is not None:
            label_paths.setdefault(own, []).append(path)
    if one_folder:
        maps = {path for paths in label_paths.values() for path in paths}
        image_paths = _by_stem(path for paths in image_paths.values() for path in paths if path not in maps)
    for stem in sorted(image_paths.keys() | label_paths.keys()):
        of_stem, maps_of_stem = image_paths.get(stem, []), sorted(label_paths.get(stem, []))
        for index in range(max(len(of_stem), len(maps_of_stem))):
            yield MapPair(
                stem,
                of_stem[index] if index < len(of_stem) else None,
                maps_of_stem[index] if index < len(maps_of_stem) else None,
            )


def _stem_of_image(stem: str, image_paths: dict[str, list[str]], *, exact: bool) -> str | None:
    """Return the stem of the image that a map is named after; where none is, the map's own, or None in one folder."""
    if exact and stem in image_paths:
        return stem
    shorter = _OF_A_MAP.sub("", stem)
    if shorter != stem and shorter in image_paths:
        return shorter
    return stem if exact else None


def _by_stem(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(path.rpartition(".")[0], []).append(path)
    return found
