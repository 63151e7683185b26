"""How much of a source an ingest would lose, by rejects or because it is not there any more, and whether its limits allow that."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.ingest.carried_rows import CarriedRows, Earlier
from jobs.ingest.image_table import ExportImages
from jobs.ingest.read_export import ReadExport
from jobs.ingest.standing_export import source_files
from jobs.ingest.write_shards import WrittenShard, export_examples
from lake.configuration import LossLimits, Pipeline, Source
from lake.errors import SourceLossError
from lake.lake import Lake
from lake.publishing.reading import open_parquet
from lake.reasons import BY_NATURE
from lake.withdrawals import SUBJECT_COLUMNS

REASONS_TOLD = 3
"""Reasons that a refusal names of many."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Some things of one kind, and how many of them would be lost."""

    what: str  # image records, object records, images or annotations
    lost: int
    of: int

    @property
    def share(self) -> float:
        """Return the share that is lost, 0 to 1."""
        return self.lost / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.lost:,} of {self.of:,} {self.what}"


@dataclass(frozen=True, slots=True)
class SourceLosses:
    """What an ingest of a source would lose."""

    source: Source
    rejected: tuple[Loss, ...]  # records that are rejected for a fault
    vanished: tuple[Loss, ...]  # rows of the publication before that would not stand any more
    reasons: Mapping[str, int]  # faults, the most frequent first
    is_empty: bool  # whether the export lists nothing at all
    example: str = ""  # what was wrong with one of the most frequent faults

    def over(self, limits: LossLimits) -> dict[str, list[Loss]]:
        """Return the losses above their limit, by the limit's name."""
        found = {"rejected": (self.rejected, limits.rejected), "vanished": (self.vanished, limits.vanished)}
        over = {name: [loss for loss in losses if loss.share > limit] for name, (losses, limit) in found.items()}
        return {name: losses for name, losses in over.items() if losses}


def losses_of(
    earlier: Earlier, read: ReadExport, images: ExportImages, written: Sequence[WrittenShard], carried: CarriedRows
) -> SourceLosses:
    """Count what an ingest would lose, before it is published.

    Args:
        earlier: What stood before; what is made again loses nothing.
        read: The export.
        images: Of the export.
        written: Its shards, not published yet.
        carried: Earlier rows that stand on.
    """
    if earlier.damaged is not None:
        return SourceLosses(read.plan.source, (), (), {}, is_empty=False)
    others = [*images.rejected, *read.plan.unassigned]
    of_images = Counter(reject.reason.value for reject in others)
    of_objects = sum((shard.rejected for shard in written), Counter[str]())
    found = sum(shard.found for shard in written)
    faults = _faults(of_images + of_objects)
    examples = export_examples(others, written)
    return SourceLosses(
        read.plan.source,
        (
            Loss("image records", sum(_faults(of_images).values()), len(images.rows) + of_images.total()),
            Loss("object records", sum(_faults(of_objects).values()), found),
        ),
        () if earlier.redo else _vanished(earlier.lake, read, images, written, carried),  # what is damaged cannot be counted
        dict(faults.most_common()),
        not found and not len(images.rows) and not of_images,
        next((examples[reason] for reason, _ in faults.most_common(1) if reason in examples), ""),
    )


def check_losses(losses: SourceLosses, pipeline: Pipeline, accepted: Sequence[str] | None) -> dict[str, dict[str, list[str]]]:
    """Refuse losses above the limits, unless they are accepted; return those that were, by limit, for the report's details.

    Args:
        losses: Of one source.
        pipeline: Sets the limits.
        accepted: Names of the sources of which somebody has said that their losses are meant.

    Raises:
        SourceLossError: A loss is above its limit and not accepted, or the export is empty where something stands.
    """
    name, limits = losses.source.name, pipeline.limits_of(losses.source)
    over = losses.over(limits)
    if over and losses.is_empty:
        raise SourceLossError(
            f"source {name!r}: its export is empty, and {_told(losses.vanished)} that stand would go; they stand on; "
            f"if that is meant, `centrepiece withdraw PIPELINE source:{name}`"
        )
    if over and name not in (accepted or ()):
        raise SourceLossError(_refusal(losses, over, limits))
    return {"accepted_losses": {limit: [str(loss) for loss in found] for limit, found in over.items()}} if over else {}


def image_losses(before: pa.Table, counts: Mapping[str, int], after: pa.Table, standing: Mapping[str, int]) -> tuple[Loss, Loss]:
    """Count the images and annotations of a publication that the next one does not hold.

    An image stands while its bytes or its address do. Of its annotations as many are lost as it has fewer than before: a
    corrected mask is no loss, and what is new on other images makes up for none.

    Args:
        before: `image_id` and `uri` of the images that stood.
        counts: Annotations that stood, by image id.
        after: The same columns of the images that are to stand.
        standing: Annotations that are to stand, by image id.
    """
    by_address = dict(zip(after.column("uri").to_pylist(), after.column("image_id").to_pylist(), strict=True))
    ids = set(by_address.values()) | set(after.column("image_id").to_pylist())
    images = annotations = stood = 0
    for image_id, uri in zip(before.column("image_id").to_pylist(), before.column("uri").to_pylist(), strict=True):
        now = image_id if image_id in ids else by_address.get(uri)
        images += now is None
        stood += counts.get(image_id, 0)
        annotations += max(0, counts.get(image_id, 0) - standing.get(now or "", 0))
    return Loss("images", images, len(before)), Loss("annotations", annotations, stood)


def _vanished(
    lake: Lake, read: ReadExport, images: ExportImages, written: Sequence[WrittenShard], carried: CarriedRows
) -> tuple[Loss, ...]:
    source, columns = read.plan.source, ["image_id", "uri"]
    if not source_files(lake, "images", source):
        return ()
    before = lake.read("images", columns=[*SUBJECT_COLUMNS, "uri"], where={"source": source.name})
    before = before.filter(pc.invert(read.withdrawn.rows(before)))
    stood = lake.batches("annotations", columns=["image_id"], where={"source": source.name}) if lake.has("annotations") else iter(())
    after = pa.concat_tables([images.rows.select(columns), carried.images.select(columns)])
    standing = _counted([carried.annotations.column("image_id")])
    for shard in written:
        if shard.annotations is not None:
            with open_parquet(lake.store, shard.annotations.path) as file:
                standing += _counted([file.read(columns=["image_id"]).column(0)])
    return image_losses(before, _counted(batch.column(0) for batch in stood), after, standing)


def _counted(columns: Iterable[pa.Array | pa.ChunkedArray]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for column in columns:
        for pair in pc.value_counts(column).to_pylist():
            counts[pair["values"]] += pair["counts"]
    return counts


def _faults(rejected: Counter[str]) -> Counter[str]:
    return Counter({reason: count for reason, count in rejected.items() if reason not in BY_NATURE})


def _refusal(losses: SourceLosses, over: Mapping[str, Sequence[Loss]], limits: LossLimits) -> str:
    told = []
    if "rejected" in over:
        reasons = list(losses.reasons.items())
        named = ", ".join(f"{count:,} {reason}" for reason, count in reasons[:REASONS_TOLD]) + (", …" if reasons[REASONS_TOLD:] else "")
        example = f"; e.g. {losses.example}" if losses.example else ""
        told.append(f"{_told(over['rejected'])} would be rejected ({named}{example}; limits.rejected is {limits.rejected:g})")
    if "vanished" in over:
        told.append(f"{_told(over['vanished'])} that stand would go (limits.vanished is {limits.vanished:g})")
    return (
        f"source {losses.source.name!r}: {', and '.join(told)}; nothing of it is published, and what stood stands on: "
        f"are its files all there? If it is meant, add `--accept-losses {losses.source.name}`, or set `limits` of the source"
    )


def _told(losses: Iterable[Loss]) -> str:
    return " and ".join(f"{loss} ({loss.share:.0%})" for loss in losses)
