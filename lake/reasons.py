"""The closed list of reasons for which a stage does not keep something."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a thing was not kept; `Reject.reason` holds one of these and nothing else."""

    # ingest: the record
    BOX_ONLY = "box-only"
    EMPTY_GEOMETRY = "empty-geometry"
    MALFORMED_GEOMETRY = "malformed-geometry"
    MALFORMED_RECORD = "malformed-record"
    OUT_OF_BOUNDS = "out-of-bounds"
    ZERO_AREA = "zero-area"
    DUPLICATE_ID = "duplicate-id"
    DUPLICATE_RECORD = "duplicate-record"
    UNLISTED_IMAGE = "unlisted-image"
    UNKNOWN_CATEGORY = "unknown-category"
    UNSUPPORTED_GEOMETRY = "unsupported-geometry"
    NOT_AN_OBJECT = "not-an-object"
    EMPTY_LABEL = "empty-label"
    # ingest: the image it lies on
    MISSING_IMAGE = "missing-image"
    UNDECODABLE_IMAGE = "undecodable-image"
    IMAGE_TOO_LARGE = "image-too-large"
    SIZE_MISMATCH = "size-mismatch"
    HOSTILE_PATH = "hostile-path"
    # balance
    BACKGROUND = "background"
    UNAPPROVED = "unapproved"
    IGNORED = "ignored"
    TOO_SMALL = "too-small"
    TOO_LARGE = "too-large"
    OVER_QUOTA = "over-quota"
    CENTRE_UNOWNABLE = "centre-unownable"
    # crop
    UNREADABLE_SOURCE = "unreadable-source"
    CHANGED_SOURCE = "changed-source"
    # score
    EMPTY_TRUTH = "empty-truth"
