"""The taxonomy with every customer's label map applied: the class and disposition of a label."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lake.digests import digest
from lake.dispositions import IGNORED
from lake.errors import UnmappedLabelError
from taxonomy.classes import Taxonomy, load_taxonomy
from taxonomy.label_maps import TO_IGNORE, LabelMap, load_label_maps


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label means; an ignored region has no class."""

    class_id: str
    class_path: str
    disposition: str


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How many instances a customer gave a label; regions that are ignored whatever their label are not counted."""

    customer: str
    label: str
    count: int


MOST_NAMED = 8
"""Labels of a customer that a message names; `centrepiece taxonomy coverage` shows all."""
NO_CLASS = Meaning("", "", IGNORED)
"""The meaning of crowds, void regions and labels that a map ignores."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """The taxonomy and all label maps of a pipeline."""

    taxonomy: Taxonomy
    maps: Mapping[str, LabelMap]
    folder: Path  # where the label maps are

    def meaning(self, customer: str, label: str) -> Meaning | None:
        """Return what a customer's label means, or None where no map says it."""
        label_map = self.maps.get(customer)
        class_id = label_map.class_of(label) if label_map else None
        if class_id is None:
            return None
        if class_id == TO_IGNORE:
            return NO_CLASS
        return Meaning(class_id, self.taxonomy.tree.paths[class_id], self.taxonomy.disposition(class_id))

    def digest_for(self, customer: str) -> str:
        """Return the digest of the taxonomy and of the customer's label map; layout and order do not count."""
        label_map = self.maps.get(customer)
        return digest("taxonomy", self.taxonomy.as_json(), label_map.classes if label_map else {})

    def check_mapped(self, counts: Iterable[LabelCount]) -> None:
        """Check that every label has a meaning.

        Raises:
            UnmappedLabelError: Some have none; the message counts them by customer and names the most frequent.
        """
        unmapped = [count for count in counts if self.meaning(count.customer, count.label) is None]
        if unmapped:
            raise UnmappedLabelError(self._remedy(sorted(unmapped, key=lambda one: (one.customer, -one.count, one.label))))

    def _remedy(self, unmapped: list[LabelCount]) -> str:
        by_customer: dict[str, list[LabelCount]] = {}
        for one in unmapped:
            by_customer.setdefault(one.customer, []).append(one)
        what = "1 label is" if len(unmapped) == 1 else f"{len(unmapped):,} labels are"
        lines = [f"{what} in no label map:", *(f"  {self._told(customer, ones)}" for customer, ones in by_customer.items())]
        return "\n".join(
            [*lines, "`centrepiece taxonomy suggest PIPELINE --write` writes them into the label maps, each with a class if one is near"]
        )

    def _told(self, customer: str, ones: list[LabelCount]) -> str:
        named = ", ".join(f"{one.label!r} {one.count:,}" for one in ones[:MOST_NAMED])
        more = f" and {len(ones) - MOST_NAMED:,} more" if len(ones) > MOST_NAMED else ""
        total = sum(one.count for one in ones)
        counted = f"{len(ones):,} label{'s' * (len(ones) != 1)} of {total:,} instance{'s' * (total != 1)}"
        return f"customer {customer} ({self.map_file(customer)}): {counted}: {named}{more}"

    def map_file(self, customer: str) -> Path:
        """Return the file of a customer's label map: the one that was read, or where a new one belongs."""
        label_map = self.maps.get(customer)
        return label_map.path if label_map and label_map.path else self.folder / f"{customer}.yaml"


def load_labelling(taxonomy: Path, label_maps: Path, *, may_be_missing: bool = False) -> Labelling:
    """Read a pipeline's taxonomy and label maps.

    Args:
        taxonomy: The taxonomy file.
        label_maps: The folder of label maps.
        may_be_missing: Whether a folder that is not there yet counts as one without a map.

    Raises:
        ConfigurationError: Either cannot be used as it stands; the message names the file.
    """
    classes = load_taxonomy(taxonomy)
    missing = may_be_missing and not label_maps.exists()
    return Labelling(classes, {} if missing else load_label_maps(label_maps, classes.tree), label_maps)
