"""The records of all tables, a frozen dataclass each: type, nullability and unit stand in the annotation; every schema is derived.

Frames: pixels, origin at the top left, x right, y down, in the *displayed* image (EXIF orientation applied).
Boxes are `(x, y, width, height)` as in COCO; ranges are half-open. Keys are lower-case hexadecimal content hashes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

import pyarrow as pa

CONTRACT_VERSION = 2
"""Part of every stage key: raise it when the meaning of a column changes."""

Key = Annotated[str, pa.string(), "hexadecimal content hash"]
Text = Annotated[str, pa.string(), "text"]
WholePixels = Annotated[int, pa.int32(), "px"]
Count = Annotated[int, pa.int32(), "count"]
LongCount = Annotated[int, pa.int64(), "count"]
Flag = Annotated[bool, pa.bool_(), "true or false"]
Proportion = Annotated[float, pa.float64(), "share, 0 to 1"]
Real = Annotated[float, pa.float64(), "number"]
Milliseconds = Annotated[float, pa.float32(), "ms"]
Binary = Annotated[bytes, pa.binary(), "bytes"]
Time = Annotated[datetime, pa.timestamp("us", tz="UTC"), "UTC"]


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a source, described in its displayed frame."""

    image_id: Key  # sha-256 of the file's bytes
    uri: Text  # address of the image's file, local or on S3
    width: WholePixels  # after EXIF orientation
    height: WholePixels  # after EXIF orientation
    orientation: Count  # EXIF tag 0x0112 of the stored file, 1 to 8
    format: Text  # what the bytes are (jpeg, png, bmp, …), whatever the extension says
    mode: Text  # Pillow's mode of the stored pixels: RGB, L, CMYK, P, I;16, …
    source: Text  # name of the source in pipeline.yaml
    customer: Text  # whose labels these are
    domain: Text  # what the images show, as the source says
    licence: Text | None  # licence of the image, as its export states it, else as the source says
    group_id: Text  # images of one group never straddle two splits
    split: Text  # train, val or test
    phash: Key | None  # 64-bit perceptual hash; null where the file was not decoded


@dataclass(frozen=True, slots=True)
class Annotation:
    """One labelled object, as its source has it; crowds and void regions are kept as regions to ignore."""

    instance_id: Key  # digest of source, source_ref, image_id, label and geometry
    image_id: Key  # the image it lies on; sha-256 of the file's bytes
    source: Text
    source_ref: Text  # where in the export: file and id of the record
    customer: Text
    domain: Text
    label: Text  # verbatim
    geometry: Text  # counts of a COCO compressed RLE over the whole displayed image
    image_width: WholePixels  # of the whole image, after EXIF orientation
    image_height: WholePixels  # of the whole image, after EXIF orientation
    box_x: WholePixels  # tight box of the mask
    box_y: WholePixels  # tight box of the mask
    box_width: WholePixels  # tight box of the mask
    box_height: WholePixels  # tight box of the mask
    area: LongCount  # px in the mask
    is_crowd: Flag  # a region of many objects: never an instance, left out of loss and metrics
    is_void: Flag  # unlabelled or to be ignored: never an instance, left out of loss and metrics
    components: Count  # 8-connected parts of the mask
    holes: Count  # 4-connected background parts that do not reach the frame
    owns_centre: Flag  # the mask holds the pixel at the centre of its box
    scene: Text  # full or partial: whether every pixel of the image was labelled
    annotator: Text | None  # pseudonymous digest
    annotated_at: Time | None  # when it was annotated, where the export says so


@dataclass(frozen=True, slots=True)
class Reject:
    """One thing that a stage did not keep."""

    reject_id: Key  # digest of what was rejected, where and why
    stage: Text  # stage that did not keep it
    source: Text  # name of the source in pipeline.yaml
    source_ref: Text
    reason: Text  # from the closed list in lake/reasons.py
    detail: Text  # what was wrong, in words


@dataclass(frozen=True, slots=True)
class Instance:
    """One labelled object under the taxonomy."""

    instance_id: Key
    image_id: Key
    source: Text
    source_ref: Text
    customer: Text
    domain: Text
    label: Text
    class_id: Text  # leaf name in the taxonomy; empty for ignored regions
    class_path: Text  # from the root, e.g. thing/vehicle/car; empty for ignored regions
    disposition: Text  # see `lake.dispositions`
    geometry: Text
    image_width: WholePixels
    image_height: WholePixels
    box_x: WholePixels
    box_y: WholePixels
    box_width: WholePixels
    box_height: WholePixels
    area: LongCount
    components: Count
    holes: Count
    owns_centre: Flag
    scene: Text
    group_id: Text
    split: Text
    uri: Text
    orientation: Count
    format: Text
    mode: Text
    licence: Text | None
    taxonomy: Key  # digest of the taxonomy and the label map that were applied


@dataclass(frozen=True, slots=True)
class PlannedCrop:
    """One crop to cut: a window of an image, around one instance."""

    crop_id: Key  # digest of instance_id, replica, window and the crop's spec
    instance_id: Key
    image_id: Key
    replica: Count  # 0 for the first cut of an instance
    split: Text
    stratum: Text  # domain/class: the cell that the balance counted it in
    window_left: WholePixels  # may be negative: a window may overhang the image
    window_top: WholePixels  # may be negative, likewise
    window_width: WholePixels  # of the whole window, with what overhangs
    window_height: WholePixels  # of the whole window, with what overhangs
    owns_centre: Flag  # the window's central pixel belongs to the instance
    weight: Real  # sampling weight in training
    taxonomy: Key


@dataclass(frozen=True, slots=True)
class Crop:
    """One training observation: pixels and mask of what of the window lies on the image.

    The visible part of the window, `window ∩ image`, is what `mask` and `ignore` cover, row by row. Decoding `pixels`
    and applying `orientation` gives a block that holds the visible part at `(block_left, block_top)`.
    """

    crop_id: Key
    instance_id: Key
    image_id: Key
    replica: Count
    split: Text
    stratum: Text
    weight: Real
    source: Text
    source_ref: Text
    customer: Text
    domain: Text
    licence: Text | None
    group_id: Text
    label: Text
    class_id: Text
    class_path: Text
    scene: Text
    image_width: WholePixels
    image_height: WholePixels
    window_left: WholePixels
    window_top: WholePixels
    window_width: WholePixels
    window_height: WholePixels
    box_x: WholePixels
    box_y: WholePixels
    box_width: WholePixels
    box_height: WholePixels
    area: LongCount
    components: Count
    holes: Count
    owns_centre: Flag
    size: Text  # small (< 32² px of mask), medium (< 96²) or large, as in COCO
    thinness: Real  # 4π·area / perimeter²; 1 for a disc, near 0 for a wire
    crowding: Count  # other kept instances whose boxes meet this one's
    pixel_codec: Text  # jpeg-block, png, jpeg-95
    pixels: Binary  # encoded block that holds the visible part
    block_left: WholePixels  # where the visible part begins in the decoded, turned block
    block_top: WholePixels  # where the visible part begins in the decoded, turned block
    orientation: Count  # to apply after decoding; 1 unless the block is the source's own JPEG data
    mask_codec: Text  # coco-rle: counts of a COCO compressed RLE
    mask: Binary  # pixels of the instance in the visible part
    ignore: Binary | None  # same codec; null where nothing inside the image is ignored
    taxonomy: Key
    spec: Key  # digest of the crop's spec


@dataclass(frozen=True, slots=True)
class BalanceCell:
    """One cell of the balance report."""

    domain: Text
    customer: Text
    class_id: Text
    class_path: Text
    split: Text
    before: LongCount  # kept instances
    planned: LongCount  # distinct instances that are planned at least once
    after: LongCount  # planned crops, replicas counted
    rejected: LongCount  # kept instances that are not planned
    share_before: Proportion  # of the split's kept instances
    share_after: Proportion  # of the split's planned crops
    target: Real  # crops the quota asked for; equals `before` in val and test


@dataclass(frozen=True, slots=True)
class Prediction:
    """One mask by one model: a probability for every pixel of a crop's window."""

    model: Key  # digest of the weights and the network's settings; `@jitter` behind it for other boxes
    crop_id: Key
    image_id: Key
    probability_codec: Text  # png: 8-bit gray, 255 = certain; (window_height, window_width)
    probability: Binary  # the encoded map
    latency: Milliseconds  # of prediction: this window's share of its batch


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one instance under one model; the crop's strata ride along so that scores stand alone."""

    model: Key
    crop_id: Key
    instance_id: Key
    image_id: Key
    split: Text
    domain: Text
    customer: Text
    class_id: Text
    size: Text
    thinness: Text  # thin, medium or compact
    crowding: Text  # alone, touching or crowded
    owns_centre: Flag
    seen: Flag  # the class was among the training crops
    metric: Text  # name of the metric, as in gates.yaml
    value: Real | None  # null where the metric is undefined for this instance


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement of a candidate against a champion (or against baselines alone)."""

    verdict_id: Key  # digest of the canonical document
    candidate: Key  # model that was judged
    champion: Key | None  # model it was compared with; null where there was none
    outcome: Text  # PASS, FAIL or INCONCLUSIVE
    document: Text  # canonical JSON: every rule, stratum, interval and input snapshot
    judged_at: Time  # when it was judged


@dataclass(frozen=True, slots=True)
class Model:
    """One registered model with the digests of what made it."""

    model: Key  # digest of its weights and its network's settings
    name: Text  # name it was registered under
    network: Text  # architecture: u2net, u2netp or nano
    weights: Text  # path in the store
    weights_sha256: Key  # sha-256 of the weights' file
    crops_content: Key  # content digest of the crops it was trained on
    crops_snapshot: LongCount  # snapshot of crops it was trained on
    crops_tag: Text  # tag that keeps that snapshot
    spec: Text  # canonical JSON of the training settings
    commit: Text  # of the code, or its version outside of a checkout
    created_at: Time  # when it was registered


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One decision that data may not be used any more, or may be used again; of a subject the latest holds."""

    withdrawal_id: Key  # digest of the decision
    scope: Text  # source, customer or image
    subject: Text  # name of the source or customer, or image_id
    action: Text  # withdraw or admit
    person: Text  # who decided, as the machine knows them
    reason: Text | None  # why, in their words
    decided_at: Time  # when it was decided


TABLES: Mapping[str, type] = MappingProxyType(
    {
        "images": Image,
        "annotations": Annotation,
        "rejects": Reject,
        "instances": Instance,
        "plan": PlannedCrop,
        "crops": Crop,
        "balance": BalanceCell,
        "predictions": Prediction,
        "scores": Score,
        "verdicts": Verdict,
        "models": Model,
        "withdrawals": Withdrawal,
    }
)
"""Every table by its name; `centrepiece sql` sees each under it."""

STRATUM_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "domain": "domain",
        "customer": "customer",
        "class": "class_id",
        "size": "size",
        "thinness": "thinness",
        "crowding": "crowding",
        "owns_centre": "owns_centre",
        "seen": "seen",
    }
)
"""Attribute as pipelines, gates and reports name it, to the column of `scores` that holds it."""

PARTITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "images": ("source",),
        "annotations": ("source",),
        "rejects": ("stage", "source"),
        "predictions": ("model",),
        "scores": ("model",),
    }
)
"""Identity partitions: the part of a table that one publication replaces whole, each file holding one part."""
