"""YOLO segmentation data sets: text files of outlines, with or without the list that names their classes."""

from collections.abc import Sequence

from jobs.sources.detection.stanzas import Detection, Places, draft
from jobs.sources.files.folders import Entry, Folder
from lake.errors import InputError

_CLASS_FILES = ("data.yaml", "dataset.yaml", "data.yml", "classes.txt")
_LOOKED_AT = 40
_LARGEST = 1 << 20
_BOX = 5  # numbers of a line: a class and a box


def yolo_source(folder: Folder, entries: Sequence[Entry]) -> Detection | None:
    """Return the source of a YOLO data set, or None where a folder is none.

    Args:
        folder: That holds it.
        entries: All its files.

    Raises:
        InputError: It has boxes alone, or no list of classes.
    """
    paths = {entry.path for entry in entries}
    labels = [entry.path for entry in entries if entry.path.endswith(".txt") and "labels/" in f"/{entry.path}"]
    lists = [name for name in _CLASS_FILES if name in paths] or _class_lists(folder, entries)
    if not labels:
        return None
    numbers, widths = _looked_at(folder, labels)
    if lists:
        evidence = f"{lists[0]} beside {len(labels):,} files of labels such as {labels[0]}"
        return draft("yolo-seg", Places(folder.root, folder.root, folder.uri(lists[0])), evidence, folder.root)
    if not numbers:
        return None
    where = f"{folder.root}: {len(labels):,} files such as {labels[0]} look like labels of YOLO"
    if widths == {_BOX}:
        raise InputError(f"{where}, of boxes alone; expected outlines, a class and at least 3 points a line")
    named = ", ".join(f"{number}: …" for number in numbers[:12])
    raise InputError(
        f"{where}, but no class list says what their numbers mean ({named}); write data.yaml as `names: {{{named}}}` into {folder.root} "
        "and detect again"
    )


def _class_lists(folder: Folder, entries: Sequence[Entry]) -> list[str]:
    """Return YAML files, wherever they lie, that name classes."""
    small = [entry.path for entry in entries if entry.path.endswith((".yaml", ".yml")) and entry.size < _LARGEST]
    return [path for path in small[:_LOOKED_AT] if b"\nnames:" in b"\n" + folder.read(path, _LARGEST)]


def _looked_at(folder: Folder, labels: Sequence[str]) -> tuple[list[int], set[int]]:
    """Return the class numbers of some label files, sorted, and how many numbers their lines have; nothing where they hold other text."""
    numbers: set[int] = set()
    widths: set[int] = set()
    for path in labels[:: max(1, len(labels) // _LOOKED_AT)]:
        for line in folder.read(path, 16 << 20).splitlines():
            try:
                values = [float(value) for value in line.split()]
            except ValueError:
                return [], set()
            if values:
                numbers.add(int(values[0]))
                widths.add(len(values))
    return sorted(numbers), widths
