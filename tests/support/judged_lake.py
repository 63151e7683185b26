"""Invented crops and predictions of a chosen quality in a lake, as crop and predict might have published them."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lake.configuration import EvaluationSpec, Pipeline, Source
from lake.contracts import BalanceCell, Crop, Prediction
from lake.digests import digest, stage_key
from lake.lake import Lake, open_lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from lake.schemas import table_of
from tests.support.mask_oracles import encode_mask

DOMAINS = ("driving", "everyday", "retail")
CLASSES = ("bicycle", "cat", "bottle", "car")
SIDE = 48  # px of a window

GATES = """version: 1
min_instances: 10
margin: {overall: 0.03, stratum: 0.05}
rules:
  - {stratum: all, metric: edge_overlap_f, beats: [box, ellipse]}
  - {stratum: "domain=*", metric: edge_overlap_f, beats: [box, ellipse]}
"""


def model_digest(name: str) -> str:
    """Return a digest for an invented model."""
    return hashlib.sha256(name.encode()).hexdigest()


def invented_pipeline(folder: Path, gates: str = GATES) -> Pipeline:
    """Return a pipeline over a store in a folder, with a gates file."""
    path = folder / "gates.yaml"
    path.write_text(gates, encoding="utf-8")
    source = Source(name="one", customer="acme", domain="driving", format="coco", scene="partial", annotations="x.json")
    return Pipeline(
        name="judged",
        store=str(folder / "store"),
        taxonomy=folder / "taxonomy.yaml",
        label_maps=folder / "maps",
        sources=(source,),
        gates=path,
        evaluation=EvaluationSpec(splits=("test",)),
    )


def invented_crops(images: int = 24, per_image: int = 3, *, seed: int = 0, empty_truths: int = 0) -> list[Crop]:
    """Return test crops of blobs, several an image, in three domains; the last few may be ignored whole."""
    rng = np.random.default_rng(seed)
    crops = [_crop(rng, image, place) for image in range(images) for place in range(per_image)]
    everything = encode_mask(np.ones((SIDE, SIDE), dtype=bool))[1]
    ignored = [_with(crop, ignore=everything) for crop in crops[len(crops) - empty_truths :]]
    return crops[: len(crops) - empty_truths] + ignored


def publish_crops(pipeline: Pipeline, crops: Sequence[Crop], *, files: int = 3) -> Lake:
    """Publish crops in several files, and one training crop beside them."""
    lake = open_lake(pipeline)
    train = _with(crops[0], crop_id=digest("train"), split="train")
    key = stage_key("crop", inputs={}, spec=[crop.crop_id for crop in crops])
    hands = [[train, *crops[0::files]], *(crops[index::files] for index in range(1, files))]
    place = lake.location("crops", key)
    receipts = [write_shard(place, shard_name(index, files), [table_of(Crop, hand)]) for index, hand in enumerate(hands)]
    rows = len(crops) + 1
    publish_stage(lake, stage="crop", key=key, rows_in=rows, rows_out=rows, rejected={}, outputs=[Output("crops", {}, receipts)])
    return lake


def publish_predictions(
    pipeline: Pipeline, crops: Sequence[Crop], model: str, *, wobble: float, worse: Mapping[str, float] | None = None, seed: int = 1
) -> None:
    """Publish maps that follow the truth up to a random wobble of the outline in px; some domains may wobble more."""
    lake = open_lake(pipeline)
    rows = [_prediction(crop, model, (worse or {}).get(crop.domain, wobble), seed) for crop in crops]
    key = stage_key("predict", inputs={}, spec=[model, wobble, dict(worse or {}), seed, [crop.crop_id for crop in crops]])
    part = {"model": model}
    half = len(rows) // 2
    hands = [rows[half:], rows[:half]]
    receipts = [
        write_shard(lake.location("predictions", key, part), shard_name(index, 2), [table_of(Prediction, hand)])
        for index, hand in enumerate(hands)
    ]
    outputs = [Output("predictions", part, receipts)]
    publish_stage(lake, stage="predict", key=key, rows_in=len(rows), rows_out=len(rows), rejected={}, outputs=outputs)


def publish_balance(lake: Lake) -> None:
    """Publish a small balance report over the invented domains and classes."""
    key = stage_key("balance", inputs={}, spec="invented")
    cells = [
        BalanceCell(domain, "acme", name, f"thing/{name}", "train", 100 * (place + 1), 50, 60, 0, 0.1 * (place + 1), 0.25, 60.0)
        for domain in DOMAINS
        for place, name in enumerate(CLASSES)
    ]
    receipt = write_shard(lake.location("balance", key), shard_name(0, 1), [table_of(BalanceCell, cells)])
    outputs = [Output("balance", {}, [receipt])]
    publish_stage(lake, stage="balance", key=key, rows_in=1, rows_out=1, rejected={}, outputs=outputs)


def _crop(rng: np.random.Generator, image: int, place: int) -> Crop:
    noise = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (0, 0), 5)
    near = np.hypot(*np.meshgrid(np.arange(SIDE) - SIDE / 2, np.arange(SIDE) - SIDE / 2)) / SIDE
    truth = np.asarray(noise / noise.std() * 0.12 + near < 0.3)
    truth[SIDE // 2, SIDE // 2] = True
    rows, columns = np.nonzero(truth)
    left, top = int(columns.min()), int(rows.min())
    picture = np.where(truth[..., None], (200, 120, 60), (60, 90, 70)) + rng.integers(-20, 20, (SIDE, SIDE, 3))
    codec, mask = encode_mask(truth)
    name = f"{image}-{place}"
    return Crop(
        crop_id=digest("crop", name), instance_id=digest("instance", name), image_id=digest("image", image), replica=0,
        split="test", stratum=f"{DOMAINS[image % 3]}/{CLASSES[place % 4]}", weight=1.0, source="one", source_ref=name,
        customer="acme" if image % 2 else "rapid", domain=DOMAINS[image % 3], licence=None, group_id=str(image),
        label=CLASSES[place % 4], class_id=CLASSES[place % 4], class_path=f"thing/{CLASSES[place % 4]}", scene="partial",
        image_width=640, image_height=480, window_left=100, window_top=100, window_width=SIDE, window_height=SIDE,
        box_x=100 + left, box_y=100 + top, box_width=int(columns.max()) - left + 1, box_height=int(rows.max()) - top + 1,
        area=int(truth.sum()), components=1, holes=0, owns_centre=True, size=("small", "medium")[place % 2],
        thinness=float(rng.uniform(0.1, 0.9)), crowding=int(rng.integers(0, 5)), pixel_codec="png",
        pixels=_png(np.clip(picture, 0, 255).astype(np.uint8)), block_left=0, block_top=0, orientation=1,
        mask_codec=codec, mask=mask, ignore=None, taxonomy="0" * 64, spec="0" * 64,
    )  # fmt: skip


def _prediction(crop: Crop, model: str, wobble: float, seed: int) -> Prediction:
    truth = _truth(crop)
    rng = np.random.default_rng([seed, int(crop.crop_id[:12], 16)])
    field = cv2.GaussianBlur(rng.standard_normal((2, SIDE, SIDE)).astype(np.float32).transpose(1, 2, 0), (0, 0), 3)
    field = np.asarray(field, dtype=np.float32) * np.float32(wobble / max(float(np.std(field)), 1e-6))
    x, y = np.meshgrid(np.arange(SIDE, dtype=np.float32), np.arange(SIDE, dtype=np.float32))
    soft = cv2.GaussianBlur(truth.astype(np.float32), (0, 0), 0.7)
    moved = cv2.remap(soft, x + field[..., 0], y + field[..., 1], cv2.INTER_LINEAR)
    return Prediction(model, crop.crop_id, crop.image_id, "png", _png(np.round(moved * 255).astype(np.uint8)), 1.0)


def _truth(crop: Crop) -> NDArray[np.float32]:
    from_mask = cv2.imdecode(np.frombuffer(crop.pixels, np.uint8), cv2.IMREAD_COLOR)
    assert from_mask is not None
    return np.asarray(from_mask[..., 2] > 130, dtype=np.float32)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return stream.getvalue()


def _with(crop: Crop, **changes: object) -> Crop:
    return Crop(**{**{name: getattr(crop, name) for name in Crop.__slots__}, **changes})
