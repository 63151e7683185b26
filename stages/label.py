"""Label: every annotation under the taxonomy, with the split of its group of images, in `instances`, or among the rejects."""

from typing import Any

from jobs.label.sources import fixed_splits, source_names
from lake.withdrawals import read_withdrawn, withdrawn_digest
from stages.stage import Computed, Publication, Run, Stage
from taxonomy.labelling import Labelling, load_labelling


def _labelling(run: Run) -> list[Labelling]:
    return [load_labelling(run.pipeline.taxonomy, run.pipeline.label_maps)]


def _spec(run: Run, labelling: Labelling) -> dict[str, Any]:
    customers = sorted({source.customer for source in run.pipeline.sources})
    return {
        "taxonomy": {customer: labelling.digest_for(customer) for customer in customers},
        "near_duplicates": run.pipeline.splits.near_duplicates,
        "sources": source_names(run.pipeline),
        "splits": fixed_splits(run.pipeline),
        **withdrawn_digest(read_withdrawn(run.lake)),
    }


def _compute(run: Run, labelling: Labelling, publication: Publication) -> Computed:
    """Label the annotations of the pipeline's sources, slice by slice.

    Raises:
        UnmappedLabelError: Labels are in no label map; the message lists all of them.
        ContractError: A group of images lies in two splits.
    """
    from jobs.file_slices import slices_of, summed
    from jobs.label.decisions import decide, exclusion_notes, label_details, used_files
    from jobs.label.ignored_cover import cover_notes
    from jobs.label.instances import LABEL_COLUMNS, label_counts
    from jobs.label.labelling import LabelSlice

    lake, locations, named = run.lake, publication.locations, {"source": source_names(run.pipeline)}
    labelling.check_mapped(label_counts(lake.batches("annotations", columns=LABEL_COLUMNS, where=named, batch_rows=65_536)))
    decided = decide(lake, run.pipeline, labelling)
    images = tuple(slices_of(lake.store, used_files(lake, "images", run.pipeline)))
    work = LabelSlice(lake.store, locations["instances"], locations["rejects"], images, decided.exclusions, labelling)
    labelled = run.workers.map(slices_of(lake.store, used_files(lake, "annotations", run.pipeline)), work)
    instances = [piece.instances for piece in labelled]
    notes = [*exclusion_notes(piece.excluded for piece in labelled), *cover_notes(piece.cover for piece in labelled)]
    return Computed(
        rows_in=sum(piece.rows_in for piece in labelled),
        rows_out=sum(receipt.rows for receipt in instances if receipt),
        rejected=summed(piece.rejected for piece in labelled),
        receipts={"rejects": [receipt for piece in labelled for receipt in piece.rejects], "instances": instances},
        details=label_details(decided, summed(piece.dispositions for piece in labelled), notes),
    )


LABEL = Stage(
    name="label",
    version=2,
    reads=("annotations", "images"),
    parts=_labelling,
    targets=(("rejects", {"stage": "label"}), ("instances", {})),
    spec=_spec,
    compute=_compute,
    checks="instances",
)
