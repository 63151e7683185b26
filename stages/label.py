"""Label: every annotation under the taxonomy, with the split of its group of images, in `instances`, or among the rejects."""

from typing import Any

from jobs.file_slices import slices_of, summed
from jobs.label.duplicates import GROUP_COLUMNS, join_groups
from jobs.label.instances import LABEL_COLUMNS, label_counts
from jobs.label.labelling import LabelSlice
from stages.stage import Computed, Publication, Run, Stage
from taxonomy.labelling import Labelling, load_labelling


def _labelling(run: Run) -> list[Labelling]:
    return [load_labelling(run.pipeline.taxonomy, run.pipeline.label_maps)]


def _spec(run: Run, labelling: Labelling) -> dict[str, Any]:
    customers = sorted({source.customer for source in run.pipeline.sources})
    return {
        "taxonomy": {customer: labelling.digest_for(customer) for customer in customers},
        "near_duplicates": run.pipeline.splits.near_duplicates,
    }


def _compute(run: Run, labelling: Labelling, publication: Publication) -> Computed:
    """Label the annotations, slice by slice.

    Raises:
        UnmappedLabelError: Labels are in no label map; the message lists all of them.
        ContractError: A group of images lies in two splits.
    """
    lake, locations = run.lake, publication.locations
    labelling.check_mapped(label_counts(lake.batches("annotations", columns=LABEL_COLUMNS, batch_rows=65_536)))
    joined = join_groups(lake.read("images", columns=GROUP_COLUMNS), run.pipeline.splits.near_duplicates)
    images = tuple(slices_of(lake.store, lake.files("images")))
    work = LabelSlice(lake.store, locations["instances"], locations["rejects"], images, joined.groups, labelling)
    labelled = run.workers.map(slices_of(lake.store, lake.files("annotations")), work)
    instances = [piece.instances for piece in labelled]
    return Computed(
        rows_in=sum(piece.rows_in for piece in labelled),
        rows_out=sum(receipt.rows for receipt in instances if receipt),
        rejected=summed(piece.rejected for piece in labelled),
        receipts={"rejects": [receipt for piece in labelled for receipt in piece.rejects], "instances": instances},
        details={
            "dispositions": summed(piece.dispositions for piece in labelled),
            "joined_groups": {"groups": len(joined.groups), "largest": joined.largest, "alike_pairs": joined.alike},
        },
    )


LABEL = Stage(
    name="label",
    version=1,
    reads=("annotations", "images"),
    parts=_labelling,
    targets=(("rejects", {"stage": "label"}), ("instances", {})),
    spec=_spec,
    compute=_compute,
    checks="instances",
)
