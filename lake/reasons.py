"""The closed list of reasons for which a stage does not keep something."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a thing was not kept; `Reject.reason` holds one of these and nothing else."""

    # ingest: the record
    BOX_ONLY = "box-only"  # a box without a mask
    EMPTY_GEOMETRY = "empty-geometry"  # no geometry, or a mask without a pixel
    MALFORMED_GEOMETRY = "malformed-geometry"  # fewer than three points, run lengths that do not fill the image, a broken bitmap
    MALFORMED_RECORD = "malformed-record"  # no id, not an object, not JSON; in a folder, a document that cannot be read
    OUT_OF_BOUNDS = "out-of-bounds"  # every point lies outside the image; what leaves it in part is cut at the frame and kept
    ZERO_AREA = "zero-area"  # an outline that covers no pixel
    DUPLICATE_ID = "duplicate-id"  # an id that an earlier, different record has; the first record stands
    DUPLICATE_RECORD = "duplicate-record"  # the same record, image or object again
    UNLISTED_IMAGE = "unlisted-image"  # an object on an image that the export does not list
    UNKNOWN_CATEGORY = "unknown-category"  # an object of a category that the export does not list
    UNSUPPORTED_GEOMETRY = "unsupported-geometry"  # a shape that is not read as a mask: a circle, an ellipse, a cuboid
    NOT_AN_OBJECT = "not-an-object"  # a point, a line, a tag, a classification
    EMPTY_LABEL = "empty-label"  # an object without a label, or with more than one
    LOW_SCORE = "low-score"  # a result of a model with a score below the source's `min_score`
    # ingest: the image it lies on
    MISSING_IMAGE = "missing-image"  # the image is not where the export says; its objects share the reason
    UNDECODABLE_IMAGE = "undecodable-image"  # the file is no image, is cut off, or has samples that are not read
    CORRUPT_IMAGE = "corrupt-image"  # the file is damaged: what libjpeg warns of, a PNG checksum that does not fit, an error of a decoder
    IMAGE_TOO_LARGE = "image-too-large"  # more pixels than the limit of 2^29
    SIZE_MISMATCH = "size-mismatch"  # the export states another size than the file has
    HOSTILE_PATH = "hostile-path"  # a name that leads out of the export's folder
    WITHDRAWN = "withdrawn"  # its image, source or customer was withdrawn; `centrepiece sql … "SELECT * FROM withdrawals"` says by whom
    # label
    HELD_OUT = "held-out"  # its picture, one like it or its group is in a source with a `split` of its own, and counts there alone
    # balance
    BACKGROUND = "background"  # its class is under `background` of the taxonomy
    UNAPPROVED = "unapproved"  # its class is not under `approved` of the taxonomy
    IGNORED = "ignored"  # a crowd, a void region, or a label under `ignore` of the label map
    TOO_SMALL = "too-small"  # both sides of its box are below `crops.min_side`
    TOO_LARGE = "too-large"  # a side of its box is above `crops.max_side`
    OVER_QUOTA = "over-quota"  # its cell has more training instances than its quota takes
    CENTRE_UNOWNABLE = "centre-unownable"  # no training window can have a pixel of it at the centre
    # crop
    NO_NEGATIVES = "no-negatives"  # no pixel of its window is background: all are the object's own, or ignored
    UNREADABLE_SOURCE = "unreadable-source"  # the image is gone, is cut off or cannot be decoded
    CHANGED_SOURCE = "changed-source"  # the image's bytes are not those that were labelled
    # score
    EMPTY_TRUTH = "empty-truth"  # no pixel of the object is left to score, ignored ones aside


BY_NATURE = frozenset(
    {Reason.DUPLICATE_RECORD, Reason.BOX_ONLY, Reason.UNSUPPORTED_GEOMETRY, Reason.NOT_AN_OBJECT, Reason.LOW_SCORE, Reason.WITHDRAWN}
)
"""Reasons of ingest that say what a record is, not that something is wrong with it: no loss in the sense of `limits`."""
