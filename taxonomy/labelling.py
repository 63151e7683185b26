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
            UnmappedLabelError: Some have none; the message lists them all, by customer and by falling count.
        """
        unmapped = [count for count in counts if self.meaning(count.customer, count.label) is None]
        if unmapped:
            raise UnmappedLabelError(self._remedy(sorted(unmapped, key=lambda one: (one.customer, -one.count, one.label))))

    def _remedy(self, unmapped: list[LabelCount]) -> str:
        lines = [
            f"label {one.label!r} of customer {one.customer!r} ({one.count:,} instance{'s' * (one.count != 1)}) is in no label map"
            for one in unmapped
        ]
        files = ", ".join(str(self.folder / f"{name}.yaml") for name in dict.fromkeys(one.customer for one in unmapped))
        them = "it" if len(unmapped) == 1 else "them"
        return ";\n".join(lines) + f"; add {them} to {files} or run `centrepiece taxonomy suggest`"


def load_labelling(taxonomy: Path, label_maps: Path) -> Labelling:
    """Read a pipeline's taxonomy and label maps.

    Args:
        taxonomy: The taxonomy file.
        label_maps: The folder of label maps.

    Raises:
        ConfigurationError: Either cannot be used as it stands; the message names the file.
    """
    classes = load_taxonomy(taxonomy)
    return Labelling(classes, load_label_maps(label_maps, classes.tree), label_maps)
