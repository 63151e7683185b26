"""Invents tables `images` and `annotations` of blobs, as any ingest might have published them."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lake.configuration import Splits
from lake.contracts import Annotation, Image
from lake.schemas import arrow_schema, conform
from lake.splits import split_of
from tests.support.mask_oracles import mask_properties, polygons_to_counts

WIDTH, HEIGHT = 640, 480
LABELS: dict[str, Sequence[str]] = {
    "coco": ("person", "car", "dog", "chair", "sky", "crowd"),
    "acme": ("pedestrian", "automobile", "Tree", "air"),
}
DOMAINS = {"coco": "everyday", "acme": "driving"}
TAXONOMY = """version: 1
classes:
  being: {person: {}, dog: {}}
  vehicle: {car: {}}
  furniture: {chair: {}}
  plant: {tree: {}}
  stuff: {sky: {}}
background: [stuff]
approved: [being, vehicle, furniture]
"""
LABEL_MAPS = {
    "coco": "customer: coco\nlabels: {person: person, car: car, dog: dog, chair: chair, sky: sky}\nignore: [crowd]\n",
    "acme": "customer: acme\nlabels: {pedestrian: person, automobile: car, tree: tree, air: sky}\n",
}


def invented_images(count: int, *, groups: int | None = None, splits: Splits | None = None, phash: str | None = None) -> pa.Table:
    """Return rows of `images`, alternately of the two sources."""
    sources = [sorted(LABELS)[row % 2] for row in range(count)]
    group_ids = [f"{source}/{row % (groups or count)}" for row, source in enumerate(sources)]
    columns = {
        "image_id": [_name("image", row) for row in range(count)],
        "uri": [f"file:///pictures/{row}.jpg" for row in range(count)],
        "width": [WIDTH] * count,
        "height": [HEIGHT] * count,
        "orientation": [1] * count,
        "format": ["jpeg"] * count,
        "mode": ["RGB"] * count,
        "source": sources,
        "customer": sources,
        "domain": [DOMAINS[source] for source in sources],
        "licence": [None] * count,
        "group_id": group_ids,
        "split": [split_of(group_id, splits or Splits()) for group_id in group_ids],
        "phash": pa.array([phash] * count, pa.string()),
    }
    return conform(pa.table(columns), Image)


def invented_annotations(images: pa.Table, count: int, *, seed: int = 0, shapes: int = 200) -> pa.Table:
    """Return rows of `annotations` on these images: blobs from a stock of shapes, labels of falling frequency."""
    random = np.random.default_rng(seed)
    stock = _stock(random, shapes)
    row = np.sort(random.integers(0, len(images), count))
    shape = stock.take(random.integers(0, shapes, count))
    place = images.select(["image_id", "source", "customer", "domain"]).take(row)
    labels = [LABELS[source][_falling(random, len(LABELS[source]))] for source in place.column("source").to_pylist()]
    columns = {name: place.column(name) for name in place.column_names} | {name: shape.column(name) for name in shape.column_names}
    columns |= {
        "instance_id": [_name("instance", seed, number) for number in range(count)],
        "source_ref": [f"export.json#{number}" for number in range(count)],
        "label": labels,
        "image_width": pa.array(np.full(count, WIDTH)),
        "image_height": pa.array(np.full(count, HEIGHT)),
        "is_crowd": [label == "crowd" for label in labels],
        "is_void": pa.array(random.random(count) < 0.02),
        "scene": ["partial"] * count,
        "annotator": pa.nulls(count, pa.string()),
        "annotated_at": pa.nulls(count, pa.timestamp("us", tz="UTC")),
    }
    return conform(pa.table({name: columns[name] for name in arrow_schema(Annotation).names}), Annotation)


def _stock(random: np.random.Generator, shapes: int) -> pa.Table:
    rows: list[dict[str, object]] = []
    while len(rows) < shapes:
        radius = float(np.exp(random.uniform(np.log(4), np.log(180))))
        angles = np.sort(random.uniform(0, 2 * np.pi, 24))
        reach = radius * random.uniform(0.2, 1, 24)
        x = np.clip(random.uniform(0, WIDTH) + reach * np.cos(angles), 0, WIDTH)
        y = np.clip(random.uniform(0, HEIGHT) + reach * np.sin(angles) * random.uniform(0.3, 1), 0, HEIGHT)
        counts = polygons_to_counts([np.stack([x, y], axis=1).ravel().tolist()], HEIGHT, WIDTH)
        properties = mask_properties(counts, HEIGHT, WIDTH)
        if properties.area:
            rows.append({"geometry": counts, **{name: getattr(properties, name) for name in properties.__slots__}})
    return pa.Table.from_pylist(rows)


def _falling(random: np.random.Generator, kinds: int) -> int:
    return min(int(random.geometric(0.5)) - 1, kinds - 1)


def _name(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
