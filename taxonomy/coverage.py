"""What the taxonomy makes of the labels in use, and which classes and map entries nothing uses."""

from collections.abc import Iterable
from dataclasses import dataclass

from lake.dispositions import KEPT
from taxonomy.labelling import LabelCount, Labelling

UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One customer's label."""

    customer: str
    label: str
    count: int
    class_path: str  # empty where it is ignored or unmapped
    state: str  # kept, background, unapproved, ignored or unmapped


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the taxonomy makes of the labels in use."""

    labels: tuple[CoverageRow, ...]  # by customer and falling count
    unused_classes: tuple[str, ...]  # paths of approved classes that no label in use means
    unused_entries: tuple[tuple[str, str], ...]  # (customer, label) in a label map and not in use

    def totals(self) -> dict[str, dict[str, int]]:
        """Return the instances by customer and state."""
        totals: dict[str, dict[str, int]] = {}
        for row in self.labels:
            states = totals.setdefault(row.customer, {})
            states[row.state] = states.get(row.state, 0) + row.count
        return totals


def coverage(labelling: Labelling, counts: Iterable[LabelCount]) -> Coverage:
    """Say what the taxonomy makes of the labels in use.

    Args:
        labelling: The taxonomy and the label maps.
        counts: The labels in use.
    """
    used = sorted(counts, key=lambda one: (one.customer, -one.count, one.label))
    rows = tuple(_row(labelling, one) for one in used)
    reached = {row.class_path for row in rows}
    taxonomy = labelling.taxonomy
    unused = sorted(path for name, path in taxonomy.tree.paths.items() if path not in reached and taxonomy.disposition(name) == KEPT)
    return Coverage(rows, tuple(unused), _unused_entries(labelling, used))


def _row(labelling: Labelling, one: LabelCount) -> CoverageRow:
    meaning = labelling.meaning(one.customer, one.label)
    if meaning is None:
        return CoverageRow(one.customer, one.label, one.count, "", UNMAPPED)
    return CoverageRow(one.customer, one.label, one.count, meaning.class_path, meaning.disposition)


def _unused_entries(labelling: Labelling, used: Iterable[LabelCount]) -> tuple[tuple[str, str], ...]:
    in_use: dict[str, set[str]] = {}
    for one in used:
        label_map = labelling.maps.get(one.customer)
        if label_map:
            in_use.setdefault(one.customer, set()).update(label_map.entries_for(one.label))
    entries = ((customer, label) for customer, label_map in labelling.maps.items() for label in label_map.classes)
    return tuple(sorted((customer, label) for customer, label in entries if label not in in_use.get(customer, set())))
