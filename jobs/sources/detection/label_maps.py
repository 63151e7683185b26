"""Label maps: a folder of maps whose names are those of images, whatever the folders are called."""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from imaging.images import ImageRefusedError
from jobs.sources.detection.stanzas import Detection, Places, draft
from jobs.sources.files.exports import LARGEST_DOCUMENT
from jobs.sources.files.folders import LARGEST_IMAGE, Entry, Folder
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES
from jobs.sources.files.json_documents import list_at, parse_json
from jobs.sources.formats.label_png.pairing import LABEL_SUFFIXES, MapPair, pair_maps
from jobs.sources.rasters.label_maps import IdMap, decode_colour_map, decode_index_map, is_coloured
from lake.errors import InputError

_LOOKED_AT = 40
_MOST_FOLDERS = 200
_MAPS_LOOKED_AT = 6
_LEAST_EQUAL = 0.9
"""Share of the pixels of a map that equal the pixel to their right; photographs stay far below."""
_NAMED = re.compile(r"label|mask|annot|seg|\bgt|ground.?truth|matte|semantic|instance", re.IGNORECASE)
_OF_CLASSES = re.compile(r"class|semantic", re.IGNORECASE)


class MapFolders(NamedTuple):
    """A folder of label maps and the one of their images, below the export, with how many pairs they hold."""

    labels: str
    images: str
    shared: int


def label_map_sources(folder: Folder, entries: Sequence[Entry]) -> list[Detection]:
    """Return the sources of label maps with a class list, one for each folder of images; none where there is no such list.

    Args:
        folder: That holds them.
        entries: All its files.
    """
    lists = [entry.path for entry in entries if entry.path.endswith(".json") and entry.size < 1 << 20]
    for path in lists[:_LOOKED_AT]:
        scene = _scene(folder, path)
        if scene and (pairs := map_folders(folder, entries)):
            chosen = list({pair.images: pair for pair in reversed(pairs)}.values())[::-1]
            return [_source(folder, path, pair, pairs, scene, alone=len(chosen) == 1) for pair in chosen]
    return []


def _source(folder: Folder, classes: str, pair: MapFolders, pairs: Sequence[MapFolders], scene: str, *, alone: bool) -> Detection:
    labels, images, shared = pair
    others = "".join(
        f"; {other.labels or '.'}/ holds maps of these images as well" for other in pairs if other.images == images and other != pair
    )
    evidence = f"{classes} lists classes, and {labels or '.'}/ and {images or '.'}/ share {shared:,} stems{others}"
    places = Places(folder.uri(labels), folder.uri(images), folder.uri(classes))
    return draft("label-png", places, evidence, folder.root, part="" if alone else images.replace("/", "-"), scene=scene)


def refuse_nameless_maps(folder: Folder, location: str, entries: Sequence[Entry]) -> None:
    """Say what is missing of label maps without a class list, whose values nobody can name.

    Raises:
        InputError: There are such maps.
    """
    pairs = map_folders(folder, entries)
    if not pairs:
        return
    labels, images, shared = pairs[0]
    values = _values(folder, [entry.path for entry in entries if entry.path.startswith(f"{labels}/" if labels else "")])
    ids = sorted(set().union(*values))
    classes = ", ".join(f'{{"id": {value}, "name": "…"}}' for value in ids[:12])
    instances = '{"instances_of": "…"}'
    numbered = (
        len(values) > 1 and all(_are_numbered(found) for found in values) and len({max(found - {255}, default=0) for found in values}) > 1
    )
    wanted = f'{instances} if each value is one object of one class, else {{"classes": [{classes}{", …" if len(ids) > 12 else ""}]}}'
    hint = "they are numbered from 1 in each map, so they may be instances; " if numbered else ""
    raise InputError(
        f"{location}: {labels or '.'}/ and {images or '.'}/ share {shared:,} stems, so these look like label maps, but no class list says "
        f"what their values mean ({', '.join(map(str, ids[:12]))}{', …' if len(ids) > 12 else ''}); {hint}write classes.json beside them, "
        f"{wanted} (docs/formats/label-png.md), and detect again"
    )


def map_folders(folder: Folder, entries: Sequence[Entry]) -> list[MapFolders]:
    """Find folders of label maps with the folders of their images: by the stems that they share and by what the files look like.

    Args:
        folder: That holds them.
        entries: All its files.
    """
    files: dict[str, list[str]] = {}
    for entry in entries:
        if entry.path.lower().endswith(IMAGE_SUFFIXES):
            parent, _, name = entry.path.rpartition("/")
            files.setdefault(parent, []).append(name)
    some, is_map = list(files)[:_MOST_FOLDERS], cache(partial(_is_map, folder))
    shared: dict[tuple[str, str], int] = {}
    for labels in some:
        for images in some:
            pairs = [pair for pair in pair_maps(files[images], files[labels], one_folder=labels == images) if pair.image and pair.label]
            if pairs and _are_maps(labels, images, pairs[0], is_map):
                roots = _without_common_end(labels, images)
                shared[roots] = shared.get(roots, 0) + len(pairs)
    found = [MapFolders(labels, images, count) for (labels, images), count in shared.items()]
    return sorted(found, key=lambda one: (not _OF_CLASSES.search(one.labels), -one.shared, one.labels))


def _are_maps(labels: str, images: str, pair: MapPair, is_map: Callable[[str], bool]) -> bool:
    """Say by one pair whether the first of two folders holds maps of what the second shows."""
    named = labels == images or bool(_NAMED.search(labels)) > bool(_NAMED.search(images))
    return is_map(f"{labels}/{pair.label}".lstrip("/")) and (named or not is_map(f"{images}/{pair.image}".lstrip("/")))


def _is_map(folder: Folder, path: str) -> bool:
    values = _map(folder, path)
    if values is None or not values.size:
        return False
    equal = values[:, 1:] == values[:, :-1]
    return not equal.size or float(equal.mean()) >= _LEAST_EQUAL


def _map(folder: Folder, path: str) -> IdMap | None:
    if not path.lower().endswith(LABEL_SUFFIXES):
        return None
    try:
        data = folder.read(path, LARGEST_IMAGE)
        return decode_colour_map(data) if is_coloured(data) else decode_index_map(data)
    except (ImageRefusedError, InputError, FileNotFoundError):
        return None


def _values(folder: Folder, maps: Sequence[str]) -> list[set[int]]:
    found = (_map(folder, path) for path in maps[:: max(1, len(maps) // _MAPS_LOOKED_AT)])
    return [set(np.unique(values).tolist()) for values in found if values is not None]


def _are_numbered(values: set[int]) -> bool:
    own = values - {0, 255}
    return own == set(range(1, len(own) + 1))


def _without_common_end(labels: str, images: str) -> tuple[str, str]:
    """Return the folders above the sub-folders that both have, such as `train`."""
    one, two = labels.split("/"), images.split("/")
    while len(one) > 1 and len(two) > 1 and one[-1] == two[-1] and one != two:
        one, two = one[:-1], two[:-1]
    return "/".join(one), "/".join(two)


def _scene(folder: Folder, path: str) -> str:
    """Return the scene that a class list makes likely: maps of classes cover every pixel, those of instances do not; else nothing."""
    try:
        document = parse_json(folder.read(path, LARGEST_DOCUMENT), path)
    except InputError:
        return ""
    if isinstance(document, dict) and isinstance(document.get("instances_of"), str):
        return "partial"
    first = next(iter(list_at(document, "classes")), None)
    return "full" if isinstance(first, dict) and {"id", "name"} <= first.keys() else ""
