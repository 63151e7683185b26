"""The stanza that reads an export, drafted, with what gave its format away."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import yaml

from jobs.sources.files.json_documents import nonempty_text

_SAYS_NOTHING = frozenset(
    {
        *("annotation", "annotations", "anno", "label", "labels", "mask", "masks", "instances", "json"),
        *("data", "dataset", "datasets", "file", "files", "image", "images", "img", "photos", "pictures"),
        *("export", "exports", "input", "output", "result", "results"),
    }
)
"""Names of folders and documents that do not tell one export from another."""
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Detection:
    """What an export, or a part of it, is: its format, the stanza that reads it, and what gave it away."""

    format: str
    stanza: dict[str, str]
    evidence: str
    part: str = ""  # of the export: a split or a document; the end of the source's name

    def as_yaml(self) -> str:
        """Return the stanza as one item of a pipeline's `sources`."""
        return yaml.safe_dump([self.stanza], sort_keys=False, allow_unicode=True, width=10_000)

    def called(self, place: str) -> "Detection":
        """Return the same as a source named after a place: a name of a file or folder."""
        name = f"{place}-{self.part}" if self.part else place
        return replace(self, stanza={**self.stanza, "name": source_name(name), "customer": source_name(place)})


@dataclass(frozen=True, slots=True)
class Places:
    """Where an export lies: addresses of what a stanza names."""

    annotations: str
    images: str | None = None
    classes: str | None = None


def draft(kind: str, places: Places, evidence: str, root: str, *, part: str = "", scene: str | None = None) -> Detection:
    """Draft the stanza of an export.

    Args:
        kind: The format.
        places: Where it lies.
        evidence: What gave the format away.
        root: Folder after which the source is named, or the nearest one above whose name says something.
        part: Of the export that the stanza is for; empty for all of it.
        scene: "full" where every pixel was labelled; by default what the format makes likely.
    """
    stanza: dict[str, Any] = {
        "name": "",
        "customer": "",
        "domain": "general",
        "format": kind,
        "scene": scene or ("full" if kind == "coco-panoptic" else "partial"),
        "annotations": places.annotations,
        "images": nonempty_text(places.images),
        "classes": places.classes,
    }
    found = Detection(kind, {key: value for key, value in stanza.items() if value is not None}, evidence, part)
    return found.called(_telling_folder(root))


def document_part(path: str) -> str:
    """Return what a document's name adds to that of its folder: `train2017` of `instances_train2017.json`, nothing of `annotations.json`.

    Args:
        path: Of the document.
    """
    stem = path.rpartition("/")[2].partition(".")[0].strip("_")
    words = [word for word in re.split(r"[_\s]+", stem) if word.lower() not in _SAYS_NOTHING]
    return "-".join(words)


def with_distinct_names(found: Iterable[Detection]) -> list[Detection]:
    """Return detections whose sources all have another name: a later one of the same name gets a number."""
    taken: set[str] = set()
    distinct = []
    for one in found:
        name, number = one.stanza["name"], 2
        while name in taken:
            name = f"{one.stanza['name'][: _LONGEST - 4]}-{number}"
            number += 1
        taken.add(name)
        distinct.append(replace(one, stanza={**one.stanza, "name": name}))
    return distinct


def source_name(name: str) -> str:
    """Return a name that a stanza may have, as near as can be to that of a file or folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:_LONGEST] or "source"


def _telling_folder(root: str) -> str:
    parts = [part for part in root.rpartition("://")[2].split("/") if part]
    return next((part for part in reversed(parts) if part.lower() not in _SAYS_NOTHING), parts[-1] if parts else "source")
