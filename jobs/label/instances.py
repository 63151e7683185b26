"""Puts annotations under the taxonomy; each becomes an instance or a reject."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.columns import flags, texts
from lake.contracts import Instance
from lake.errors import UnmappedLabelError
from lake.reasons import Reason
from lake.rejects import reject_table
from lake.schemas import arrow_schema, conform
from taxonomy.labelling import NO_CLASS, LabelCount, Labelling, Meaning

LABEL_COLUMNS = ("customer", "label", "is_crowd", "is_void")
"""What `label_counts` reads of an annotation."""

IMAGE_COLUMNS = ("image_id", "source", "group_id", "split", "uri", "orientation", "format", "mode", "licence")
"""What an instance takes from its image."""

_NO_PAIR = -1


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """What becomes of some annotations."""

    instances: pa.Table
    rejects: pa.Table


def label_counts(annotations: Iterable[pa.RecordBatch]) -> list[LabelCount]:
    """Count the annotations by customer and label; crowds and void regions need no meaning and are left out.

    Args:
        annotations: Batches with at least LABEL_COLUMNS.
    """
    return joined_counts(_batch_counts(batch) for batch in annotations)


def _batch_counts(batch: pa.RecordBatch) -> Iterator[LabelCount]:
    table = pa.Table.from_batches([batch])
    objects = table.filter(pc.invert(pc.or_(table.column("is_crowd"), table.column("is_void"))))
    counted = objects.group_by(["customer", "label"], use_threads=False).aggregate([([], "count_all")])
    return (LabelCount(row["customer"], row["label"], row["count_all"]) for row in counted.to_pylist())


def joined_counts(counts: Iterable[Iterable[LabelCount]]) -> list[LabelCount]:
    """Add up counts of labels, by customer and label.

    Args:
        counts: Of parts of the annotations.
    """
    totals: dict[tuple[str, str], int] = {}
    for one in chain.from_iterable(counts):
        totals[one.customer, one.label] = totals.get((one.customer, one.label), 0) + one.count
    return [LabelCount(customer, label, count) for (customer, label), count in sorted(totals.items())]


def label_annotations(annotations: pa.Table, images: pa.Table, labelling: Labelling) -> LabelledRows:
    """Join annotations with their images and put them under the taxonomy.

    Crowds, void regions and labels that the map ignores keep no class and are `ignored`.

    Args:
        annotations: Rows of `annotations`; any part of the table can be labelled on its own.
        images: IMAGE_COLUMNS of at least the images that these annotations lie on.
        labelling: The taxonomy and the label maps.

    Returns:
        Instances in the order of the annotations, and a reject for each annotation whose image is not listed.

    Raises:
        UnmappedLabelError: A label has no meaning.
    """
    rows = annotations.append_column("row", pa.array(np.arange(len(annotations))))
    known = images.select(IMAGE_COLUMNS).append_column("is_listed", pa.array(np.ones(len(images), np.bool_)))
    joined = rows.join(known, keys=["source", "image_id"], join_type="left outer", use_threads=False).sort_by("row")
    listed = pc.is_valid(joined.column("is_listed"))
    found = joined.filter(listed)
    return LabelledRows(_instances(found, labelling), _rejects(joined.filter(pc.invert(listed))))


def _instances(rows: pa.Table, labelling: Labelling) -> pa.Table:
    customers = rows.column("customer").combine_chunks().dictionary_encode()
    digests = pa.array([labelling.digest_for(customer) for customer in customers.dictionary.to_pylist()], pa.string())
    columns = {name: rows.column(name) for name in arrow_schema(Instance).names if name in rows.column_names}
    columns |= _meanings(rows, customers, labelling)
    columns["taxonomy"] = digests.take(customers.indices)
    return conform(pa.table(columns), Instance)


def _meanings(rows: pa.Table, customers: pa.DictionaryArray, labelling: Labelling) -> dict[str, pa.Array]:
    """Look up each pair of customer and label once, and give every row the meaning of its pair."""
    labels = rows.column("label").combine_chunks().dictionary_encode()
    pairs = np.asarray(customers.indices, np.int64) * len(labels.dictionary) + np.asarray(labels.indices, np.int64)
    pairs[flags(rows, "is_crowd") | flags(rows, "is_void")] = _NO_PAIR
    distinct, position = np.unique(pairs, return_inverse=True)
    meanings = [_meaning(pair, customers.dictionary, labels.dictionary, labelling) for pair in distinct.tolist()]
    columns = ("class_id", "class_path", "disposition")
    return {name: pa.array([getattr(one, name) for one in meanings], pa.string()).take(pa.array(position)) for name in columns}


def _meaning(pair: int, customers: pa.Array, labels: pa.Array, labelling: Labelling) -> Meaning:
    if pair == _NO_PAIR:
        return NO_CLASS
    customer, label = customers[pair // len(labels)].as_py(), labels[pair % len(labels)].as_py()
    meaning = labelling.meaning(customer, label)
    if meaning is None:
        raise UnmappedLabelError(
            f"label {label!r} of customer {customer!r} is in no label map; run `centrepiece taxonomy suggest PIPELINE --write`"
        )
    return meaning


def _rejects(rows: pa.Table) -> pa.Table:
    ids, images = texts(rows, "instance_id").tolist(), texts(rows, "image_id").tolist()
    return reject_table(
        "label",
        keys=ids,
        sources=rows.column("source").to_pylist(),
        refs=rows.column("source_ref").to_pylist(),
        reasons=[Reason.MISSING_IMAGE.value] * len(ids),
        details=[f"image {image} is not in `images`; instance {one}" for image, one in zip(images, ids, strict=True)],
    )
