"""The settings of a pipeline, each with its meaning, its default and what it may be; `lake.pipeline_file` reads them."""

import difflib
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from lake.addresses import check_address
from lake.contracts import STRATUM_COLUMNS

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME)]
Format = Literal[
    "coco",
    "coco-panoptic",
    "coco-results",
    "label-png",
    "scale",
    "label-studio",
    "labelme",
    "cvat",
    "labelbox",
    "darwin",
    "supervisely",
    "datumaro",
    "yolo-seg",
    "sa-v",
]
JitterName = Literal["cut-5", "padding-0", "padding-50", "loose-10", "loose-25", "off-10", "off-20", "noise-5", "noise-10"]
"""Other boxes than the annotator's that robustness can be measured on; `imaging.jitter.JITTERS` says what each does."""
_PORTS = range(1, 65536)


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SparkSettings(_Settings):
    """Where Spark runs, with further Spark configuration."""

    master: str = Field("local[*]", description="Address of Spark's master: `local[*]`, `spark://host:7077`, `k8s://…` or `yarn`.")
    conf: dict[str, str] = Field({}, description="Further settings of Spark, passed on as they are.")

    @field_validator("master")
    @classmethod
    def _is_a_master(cls, value: str) -> str:
        local = re.fullmatch(r"local(\[(\*|[1-9]\d{0,3})(, *[1-9]\d{0,3})?\])?", value)
        if local is None and not value.startswith(("spark://", "k8s://", "yarn", "local-cluster[")):
            raise ValueError(f"expected local, local[N], local[*], spark://host:port, k8s://… or yarn, got {value[:100]!r}")
        hosts = value.removeprefix("spark://").split(",") if value.startswith("spark://") else []
        if any(not re.fullmatch(r"[^\s:@/]+:\d{1,5}", host) or int(host.rpartition(":")[2]) not in _PORTS for host in hosts):
            raise ValueError(f"expected spark://host:port with a port from 1 to 65535, got {value[:100]!r}")
        return value


class LossLimits(_Settings):
    """Shares of a source that one ingest may lose; above them nothing of the source is published."""

    rejected: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Share of its image records, and of its object records, that may be rejected for a fault, such as an image that is "
        "not there; 1 allows all.",
    )
    vanished: float = Field(
        0.2, ge=0, le=1, description="Share of its images, and of its annotations, that stand and may be gone afterwards; 1 allows all."
    )


class Source(_Settings):
    """One export of one customer."""

    name: Name = Field(description="Name of the source, distinct within the pipeline; it stands in every row that comes from it.")
    customer: Name = Field(description="Whose labels these are; selects the label map.")
    domain: Name = Field(description="What the images show, such as driving or retail; balance, strata and reports use it.")
    format: Format = Field(description="Format of the export; `centrepiece detect` says which one it is.")
    scene: Literal["full", "partial"] = Field(
        description="`full` only where every pixel of every image was labelled: then what no label maps is ignored, not background."
    )
    annotations: str = Field(description="The export: a file, a folder or an archive, local or on S3.")
    images: str | None = Field(None, description="Folder of the images; left out, the format's own place beside the annotations.")
    licence: str | None = Field(None, description="Licence of the images that state none of their own; it goes with every crop.")
    classes: str | None = Field(
        None, description="Class list, for formats that keep it in a file of its own; of COCO results their data set."
    )
    min_score: float = Field(0.0, ge=0, description="Least score of what COCO results hold; what has less is rejected.")
    group_by: str | None = Field(
        None,
        description="Regular expression with a group `(?P<group>…)`, searched in an image's name: images of one group stay in one split, "
        "and a name that it does not find is an error. Left out, each image is a group.",
    )
    complete: bool = Field(False, description="Whether the export is the whole truth: what it leaves out then leaves the tables.")
    corrupt_images: Literal["reject", "keep"] = Field(
        "reject",
        description="What becomes of images that decoders open although their data are damaged: `reject` them (`corrupt-image`), or `keep` "
        "what a decoder makes of them, without looking.",
    )
    exif: Literal["stored", "display"] = Field(
        "display", description="Frame of the geometry: the image as it is shown (EXIF orientation applied), or as it is stored."
    )
    # What is excluded is in no stage key of ingest: it changes nothing of what is read.
    split: Literal["val", "test"] | None = Field(
        None,
        exclude=True,
        description="Split of every image of this source, whatever is drawn; what other sources have of the same pictures, of like ones "
        "and of their groups is left out. Left out, the split is drawn.",
    )
    limits: LossLimits | None = Field(
        None, exclude=True, description="Limits of this source alone; what it leaves out is as for all sources."
    )

    @field_validator("annotations", "images", "classes")
    @classmethod
    def _holds_no_secret(cls, value: str | None) -> str | None:
        return value if value is None else _without_credentials(value)

    @field_validator("group_by")
    @classmethod
    def _names_a_group(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            compiled = re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"group_by is not a regular expression: {error}") from None
        if "group" not in compiled.groupindex:
            raise ValueError(f"group_by needs a named group (?P<group>…), got {value!r}")
        return value


class Splits(_Settings):
    """Shares of the groups in each split; the salt makes the draw."""

    train: float = Field(0.8, ge=0, le=1, description="Share of the groups that are trained on; the three shares sum to 1.")
    val: float = Field(0.1, ge=0, le=1, description="Share of the groups for validation.")
    test: float = Field(0.1, ge=0, le=1, description="Share of the groups for testing.")
    salt: str = Field("centrepiece-1", description="Seed of the draw; another salt deals every group again.")
    near_duplicates: int | None = Field(
        None,
        ge=0,
        le=63,
        description="Bits of 64 in which the hashes of two images may differ for both to count as look-alikes, which stay in one split; "
        "null compares equal bytes alone.",
    )

    @model_validator(mode="after")
    def _sums_to_one(self) -> "Splits":
        if abs(self.train + self.val + self.test - 1) > 1e-9:
            raise ValueError(f"train + val + test must be 1, got {self.train + self.val + self.test:g}")
        return self


class CropSpec(_Settings):
    """How windows are drawn and how their pixels are kept."""

    padding: tuple[float, float] = Field(
        (0.05, 0.40), description="Least and greatest share of the box's side that is added at either end; drawn for each crop and axis."
    )
    min_side: int = Field(16, ge=1, le=65535, description="Least side of a window in pixels; boxes with both sides below it are rejected.")
    max_side: int = Field(1024, ge=1, le=65535, description="Greatest side of a window in pixels; boxes with a side above it are rejected.")
    centre: Literal["shift", "keep"] = Field(
        "shift",
        description="Training windows whose central pixel is not the instance's: `shift` moves them to its nearest pixel, `keep` rejects "
        "them.",
    )
    seed: int = Field(17, description="Seed of the draws of paddings and replicas.")
    codec: Literal["lossless", "jpeg-95"] = Field(
        "lossless", description="How pixels are stored: as the source has them, or encoded again as JPEG of quality 95."
    )

    @model_validator(mode="after")
    def _ordered(self) -> "CropSpec":
        low, high = self.padding
        if not 0 <= low <= high:
            raise ValueError(f"padding needs 0 <= low <= high, got {self.padding}")
        if self.min_side > self.max_side:
            raise ValueError(f"min_side {self.min_side} exceeds max_side {self.max_side}")
        return self


class BalanceSpec(_Settings):
    """Quotas over the cells of `by`: `target` crops in all, flattened by `temperature`."""

    by: tuple[Literal["domain", "customer", "class"], ...] = Field(
        ("domain", "class"), description="Attributes whose combinations are the cells that quotas are set for."
    )
    target: int = Field(20000, ge=1, le=10**9, description="Training crops in all.")
    temperature: float = Field(0.5, ge=0, le=1, description="1 keeps the proportions of the source, 0 makes all cells equal.")
    max_replicas: int = Field(4, ge=1, le=10**6, description="Crops of one instance, at most.")
    floor: int = Field(20, ge=0, le=10**9, description="Crops that a cell gets at least, as far as its instances allow.")


class TrainingSpec(_Settings):
    """What `fit` trains, and for how long."""

    network: Literal["u2net", "u2netp", "nano"] = Field("u2netp", description="Architecture, from large to small: u2net, u2netp, nano.")
    epochs: int = Field(20, ge=1, le=10**6, description="Passes over the training crops.")
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = Field(
        "auto", description="Lightning's precision; `auto` is bf16-mixed where the hardware has bfloat16 instructions, else 32-true."
    )
    pixels_per_batch: int = Field(
        4194304,
        ge=1024,
        le=10**12,
        description="Canvas pixels in a batch of one device: a batch is this divided by canvas², at least 2 crops.",
    )
    canvas: int = Field(320, ge=32, le=4096, description="Side in pixels of the square that a window is scaled into.")
    learning_rate: float = Field(1e-3, gt=0, description="Peak learning rate of AdamW.")
    devices: int | Literal["auto"] = Field("auto", description="Devices to train on; `auto` is all GPUs, or else one processor.")
    nodes: int = Field(1, ge=1, description="Machines to train on; above 1 is refused.")
    seed: int = Field(17, description="Seed of weights, order and augmentation.")


class TracingSpec(_Settings):
    """What an annotator's work costs, in seconds: the prices of *tracing time saved*."""

    outline_s: float = Field(60.0, gt=0, description="Seconds to trace a whole outline by hand.")
    click_s: float = Field(3.0, ge=0, description="Seconds of one click: accepting, starting a correction, deleting a part.")


class EvaluationSpec(_Settings):
    """What is scored, and by which attributes scores are sliced."""

    edge_tolerance: int = Field(2, ge=0, le=1000, description="Pixels by which an outline may be off and still count as found.")
    tracing: TracingSpec = Field(TracingSpec(), description="Prices of *tracing time saved*.")
    splits: tuple[Literal["val", "test"], ...] = Field(("test",), description="Splits whose crops are predicted and scored.")
    frozen: Name | None = Field(None, description="Tag of the crops to evaluate on, from `centrepiece freeze`; null is the newest crops.")
    strata: tuple[str, ...] = Field(
        ("domain", "customer", "class", "size", "owns_centre"),
        description="Attributes that the report slices by, nested ones joined by `/`, such as `customer/class`.",
    )
    jitters: tuple[JitterName, ...] = Field((), description="Other boxes than the labelled ones to predict and score with as well.")

    @field_validator("strata")
    @classmethod
    def _known_attributes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for nesting in value:
            attributes = nesting.split("/")
            if unknown := [attribute for attribute in attributes if attribute not in STRATUM_COLUMNS]:
                near = difflib.get_close_matches(unknown[0], STRATUM_COLUMNS, n=1)
                known = ", ".join(STRATUM_COLUMNS)
                hint = f"did you mean {near[0]!r}?" if near else f"attributes are {known}, nested ones joined by '/'"
                raise ValueError(f"{nesting!r} names the unknown attribute {unknown[0]!r}; {hint}")
            if len(set(attributes)) < len(attributes):
                raise ValueError(f"{nesting!r} nests an attribute in itself")
        if duplicate := sorted({nesting for nesting in value if value.count(nesting) > 1}):
            raise ValueError(f"duplicate: {duplicate}")
        return value


class Pipeline(_Settings):
    """One pipeline file, validated; every path in it is absolute or a URI."""

    name: Name = Field(description="Name of the pipeline; the namespace of its tables in a new store.")
    store: str = Field(description="Where tables, models and reports lie: a folder, or `s3://bucket/prefix`.")
    catalog: SecretStr | None = Field(
        None,
        description="Address of the Iceberg catalog: `sqlite:///…`, `postgresql+psycopg://…`, `https://…` (REST) or `glue://`; null is "
        "SQLite inside a local store. `${NAME}` takes a secret from the environment.",
    )
    database: SecretStr | None = Field(
        None, description="Database of leases and of the model registry, where the catalog is none; `${NAME}` as in `catalog`."
    )
    outage_wait_s: float = Field(
        120,
        ge=0,
        le=86400,
        description="Seconds that a PostgreSQL server which does not answer, or is just starting, is waited for; one that refuses is not.",
    )
    spark: SparkSettings = Field(SparkSettings(), description="Where Spark runs.")
    taxonomy: Path = Field(description="The class tree, a YAML file.")
    label_maps: Path = Field(description="Folder of label maps, one YAML file for each customer.")
    sources: tuple[Source, ...] = Field(min_length=1, description="The exports to read.")
    limits: LossLimits = Field(LossLimits(), description="What one ingest of a source may lose.")
    splits: Splits = Field(Splits(), description="Shares of the splits.")
    crops: CropSpec = Field(CropSpec(), description="How windows are drawn and stored.")
    balance: BalanceSpec = Field(BalanceSpec(), description="How many crops of what are planned.")
    training: TrainingSpec = Field(TrainingSpec(), description="What is trained.")
    evaluation: EvaluationSpec = Field(EvaluationSpec(), description="What is scored.")
    gates: Path = Field(description="The rules of promotion, a YAML file.")

    @field_validator("store")
    @classmethod
    def _holds_no_secret(cls, value: str) -> str:
        return _without_credentials(value)

    @field_validator("catalog", "database")
    @classmethod
    def _can_be_meant(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_address(value.get_secret_value())
        return value

    @field_validator("sources")
    @classmethod
    def _distinct_names(cls, value: tuple[Source, ...]) -> tuple[Source, ...]:
        names = [source.name for source in value]
        duplicate = sorted({name for name in names if names.count(name) > 1})
        if duplicate:
            raise ValueError(f"source names must be distinct, duplicate: {duplicate}")
        return value

    def limits_of(self, source: Source) -> LossLimits:
        """Return the limits of a source: its own, and for what it leaves out the pipeline's."""
        return self.limits.model_copy(update=source.limits.model_dump(exclude_unset=True) if source.limits else {})


def _without_credentials(place: str) -> str:
    bucket = place.removeprefix("s3://").partition("/")[0] if place.startswith("s3://") else ""
    if "@" in bucket or ":" in bucket:
        raise ValueError("an address on S3 holds no credentials: they come from the standard AWS chain (AWS_ACCESS_KEY_ID, a profile, …)")
    return place
