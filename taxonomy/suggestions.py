"""Proposes the class that an unmapped label probably means, with the reason; a person decides."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from lake.dispositions import BACKGROUND, IGNORED
from taxonomy.labelling import LabelCount, Labelling, Meaning
from taxonomy.misspellings import is_misspelt
from taxonomy.names import words
from taxonomy.stuff import generic_background, is_stuff
from taxonomy.synonyms import is_a_kind, means_nothing, synonym_key, synonyms


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What an unmapped label could be mapped to."""

    customer: str
    label: str
    count: int
    class_id: str | None  # None: nothing is near, or the label is to be ignored
    disposition: str | None  # of the class, "ignored" where the label is proposed to be ignored
    likeness: float  # 0 to 1
    reason: str


def suggest(labelling: Labelling, counts: Iterable[LabelCount]) -> list[Suggestion]:
    """Propose a class for every label that has no meaning.

    In this order: the same name, another customer's meaning of the label, a synonym, a class named by the label's last
    word ("wooden chair" is a chair), for stuff a class of the background, a slip in the spelling. What merely looks alike is
    not proposed: a wrong proposal costs more than none. That stuff is to be ignored is never proposed.

    Args:
        labelling: The taxonomy and the label maps.
        counts: The labels in use.

    Returns:
        One suggestion a label, by customer and falling count.
    """
    unmapped = [one for one in counts if labelling.meaning(one.customer, one.label) is None]
    classes = {synonym_key(class_id): class_id for class_id in labelling.taxonomy.tree.paths}
    ordered = sorted(unmapped, key=lambda one: (one.customer, -one.count, one.label))
    return [_suggestion(one, classes, labelling) for one in ordered]


def as_label_maps(suggestions: Iterable[Suggestion]) -> dict[str, str]:
    """Write suggestions as YAML to paste into the customers' label maps.

    Returns:
        The text by customer; a label for which nothing was proposed stands in it as a remark.
    """
    by_customer: dict[str, list[Suggestion]] = {}
    for one in suggestions:
        by_customer.setdefault(one.customer, []).append(one)
    return {customer: _as_yaml(customer, ones) for customer, ones in by_customer.items()}


def _suggestion(one: LabelCount, classes: Mapping[tuple[str, ...], str], labelling: Labelling) -> Suggestion:
    class_id, likeness, reason = _nearest(one, classes, labelling)
    disposition = labelling.taxonomy.disposition(class_id) if class_id else None
    if class_id is None and reason == IGNORED:
        return Suggestion(one.customer, one.label, one.count, None, IGNORED, likeness, "names what was not labelled")
    return Suggestion(one.customer, one.label, one.count, class_id, disposition, likeness, reason)


def _nearest(one: LabelCount, classes: Mapping[tuple[str, ...], str], labelling: Labelling) -> tuple[str | None, float, str]:
    own = synonym_key(one.label)
    if own in classes:
        return classes[own], 1.0, "the same name"
    if means_nothing(one.label):
        return None, 1.0, IGNORED
    for customer, meaning in _others(one, labelling):
        if meaning.class_id or not is_stuff(one.label):
            return meaning.class_id or None, 0.95, f"customer {customer!r} means it so" if meaning.class_id else IGNORED
    for other in sorted(synonyms(one.label)):
        if other in classes:
            return classes[other], 0.9, "a synonym"
    if is_a_kind(own):
        for other in sorted(synonyms(own[-1])):
            if other in classes:
                return classes[other], 0.8, f"a kind of {words(one.label)[-1]}"
    if is_stuff(one.label):
        return _background(labelling)
    meant = sorted(name for name in classes if is_misspelt(own, name))
    if len(meant) != 1:
        return None, 0.0, "nothing is near; add a class or ignore the label"
    likeness = difflib.SequenceMatcher(None, " ".join(own), " ".join(meant[0])).ratio()
    return classes[meant[0]], likeness, "a similar spelling"


def _background(labelling: Labelling) -> tuple[str | None, float, str]:
    """Propose what stuff means that no class is named for; ignored, its pixels would be no crop's negatives."""
    taxonomy = labelling.taxonomy
    found = generic_background([name for name in taxonomy.tree.paths if taxonomy.disposition(name) == BACKGROUND])
    if found is not None:
        return found, 0.75, "stuff, which is background"
    return None, 0.0, "stuff: add a class under `background`; ignored, its pixels would be negatives of no crop"


def _others(one: LabelCount, labelling: Labelling) -> Iterable[tuple[str, Meaning]]:
    for customer in sorted(labelling.maps):
        meaning = labelling.meaning(customer, one.label)
        if meaning is not None:
            yield customer, meaning


def _as_yaml(customer: str, suggestions: list[Suggestion]) -> str:
    mapped = [one for one in suggestions if one.class_id]
    ignored = [one for one in suggestions if one.disposition == IGNORED]
    lines = [f"customer: {quoted(customer)}", "labels:" if mapped else "labels: {}"]
    lines += [f"  {quoted(one.label)}: {quoted(one.class_id or '')}  # {one.count:,} instances; {one.reason}" for one in mapped]
    lines.append(f"ignore: [{', '.join(quoted(one.label) for one in ignored)}]")
    lines += [f"# {quoted(one.label)}: {one.count:,} instances; {one.reason}" for one in suggestions if one.disposition is None]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text as YAML writes it on one line, in quotes where it needs them."""
    return yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=1_000_000).strip()[1:-1]
