"""What label decides over the whole tables before workers label their slices, and what it tells of that."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from jobs.file_slices import ROWS_PER_SLICE
from jobs.label.duplicates import Joined
from jobs.label.exclusions import Exclusions
from jobs.label.final_splits import SPLIT_COLUMNS, final_splits
from jobs.label.frames import frame_notes
from jobs.label.repeats import REPEAT_COLUMNS, repeated_objects, shared_images
from jobs.label.sources import fixed_splits, source_names
from lake.configuration import Pipeline
from lake.lake import Lake
from lake.reasons import Reason
from lake.storage.data_files import DataFile
from lake.withdrawals import SUBJECT_COLUMNS, read_withdrawn
from taxonomy.labelling import Labelling

_TABLES = ("images", "annotations")
_SAID = {
    Reason.WITHDRAWN: "{count:,} annotations of source {source!r} are left out: they were withdrawn",
    Reason.HELD_OUT: "{count:,} annotations of source {source!r} are left out: their pictures, or the like of them, are held out by a "
    "source with a `split` of its own",
    Reason.DUPLICATE_RECORD: "{count:,} objects of source {source!r} are left out: another source has labelled them on the same pictures",
}


@dataclass(frozen=True, slots=True)
class LabelDecisions:
    """What holds for all slices, and notes for whoever reads the report."""

    exclusions: Exclusions
    joined: Joined
    notes: tuple[str, ...]


def used_files(lake: Lake, table: str, pipeline: Pipeline) -> list[DataFile]:
    """Return the files of a table that hold the sources that a pipeline names."""
    return lake.files(table, where={"source": source_names(pipeline)})


def other_sources(lake: Lake, pipeline: Pipeline) -> dict[str, dict[str, int]]:
    """Return the rows by table of each source that stands in the lake and that a pipeline does not name."""
    named, found = set(source_names(pipeline)), dict[str, dict[str, int]]()
    for table in _TABLES:
        for file in lake.files(table) if lake.has(table) else ():
            if file.part["source"] not in named:
                rows = found.setdefault(file.part["source"], dict.fromkeys(_TABLES, 0))
                rows[table] += file.rows
    return {source: found[source] for source in sorted(found)}


def decide(lake: Lake, pipeline: Pipeline, labelling: Labelling) -> LabelDecisions:
    """Decide splits, groups and what is left out.

    Args:
        lake: Its images and annotations.
        pipeline: Names the sources that are used, and the splits that they fix.
        labelling: The taxonomy and the label maps.

    Raises:
        ContractError: A group of images lies in two splits.
    """
    named, fixed, withdrawn = {"source": source_names(pipeline)}, fixed_splits(pipeline), read_withdrawn(lake)
    images = lake.read("images", columns=[*dict.fromkeys((*SPLIT_COLUMNS, *SUBJECT_COLUMNS, "uri"))], where=named)
    images = images.filter(pc.invert(withdrawn.rows(images)))
    splits, joined = final_splits(images, fixed, pipeline.splits.near_duplicates)
    used = images.filter(pc.invert(splits.are_held_out(images)))
    shared = shared_images(used, fixed)
    sharing = pc.unique(used.filter(pc.is_in(used.column("image_id"), shared)).column("source")).to_pylist()
    batches = lake.batches("annotations", columns=REPEAT_COLUMNS, where={"source": sharing}, batch_rows=ROWS_PER_SLICE)
    standing = (batch.filter(pc.invert(withdrawn.rows(batch))) for batch in batches)
    repeated = repeated_objects(standing, shared, fixed, labelling)
    grouped = {source.name for source in pipeline.sources if source.group_by or source.split}
    notes = [
        f"source {source!r} is not in the pipeline: its {rows['images']:,} images and {rows['annotations']:,} annotations, which stand in "
        "the lake, are left out"
        for source, rows in other_sources(lake, pipeline).items()
    ]
    notes += frame_notes(splits.applied(used), grouped)
    return LabelDecisions(Exclusions(withdrawn, splits, repeated), joined, tuple(notes))


def exclusion_notes(excluded: Iterable[Counter[tuple[str, str]]]) -> list[str]:
    """Say how many annotations of each source were left out, and why.

    Args:
        excluded: Counts by source and reason, of all slices.
    """
    counts = sum(excluded, Counter[tuple[str, str]]())
    return [_SAID[Reason(reason)].format(source=source, count=count) for (source, reason), count in sorted(counts.items())]


def label_details(decided: LabelDecisions, dispositions: Mapping[str, int], notes: Iterable[str]) -> dict[str, Any]:
    """Return the details of label's report.

    Args:
        decided: Over the whole tables.
        dispositions: Of the instances.
        notes: Told beside those of the decisions.
    """
    joined, held = decided.joined, Counter(decided.exclusions.splits.held_out.values())
    return {
        "dispositions": dispositions,
        "joined_groups": {"groups": len(joined.groups), "largest": joined.largest, "alike_pairs": joined.alike},
        "held_out_images": dict(sorted(held.items())),
        "notes": [*decided.notes, *notes],
    }
