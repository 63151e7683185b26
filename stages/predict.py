"""Predict: a model's probability map for every crop of the evaluated splits, with its own box and with jittered ones."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from evaluation.scores.robustness import jittered_name
from imaging.jitter import JITTERS
from lake.configuration import JitterName
from stages.stage import Computed, Publication, Run, Stage, open_evaluated

if TYPE_CHECKING:
    from training.predictor import Predictor


Boxes = tuple[JitterName | None, "Callable[[], Predictor]"]
"""The jitter of the boxes that a model is asked about, None for the crops' own; and its predictor, loaded once when needed."""


def _boxes(run: Run) -> Iterator[Boxes]:
    @functools.cache
    def predictor() -> "Predictor":
        from training.predict import load_predictor

        return load_predictor(run.lake, run.pipeline.training, run.arguments["model"])

    yield from ((jitter, predictor) for jitter in (None, *run.pipeline.evaluation.jitters))


def _part(run: Run, jitter: JitterName | None) -> dict[str, str]:
    model: str = run.arguments["model"]
    return {"model": model if jitter is None else jittered_name(model, jitter)}


def _inputs(run: Run, _boxes: Boxes) -> dict[str, str]:
    return {"crops": run.lake.snapshot("crops").content, "model": run.arguments["model"]}


def _spec(run: Run, boxes: Boxes) -> dict[str, Any]:
    splits, (jitter, _) = {"splits": sorted(set(run.pipeline.evaluation.splits))}, boxes
    return splits if jitter is None else splits | {"jitter": jitter, "definition": asdict(JITTERS[jitter])}


def _compute(run: Run, boxes: Boxes, publication: Publication) -> Computed:
    """Predict at the full resolution of each crop's window.

    Raises:
        EmptyCheckError: The splits hold no crop.
        ModelError: The model is not registered, or its weights are not those that were.
        ImageRefusedError: A jitter reaches beyond the crops, and an image has gone or changed since it was ingested.
    """
    from training.predict import write_predictions

    location, splits, (jitter, predictor) = publication.locations["predictions"], run.pipeline.evaluation.splits, boxes
    crops, receipts = write_predictions(run.lake, predictor(), splits, jitter, location)
    return Computed(
        rows_in=crops,
        rows_out=sum(receipt.rows for receipt in receipts if receipt),
        receipts={"predictions": receipts},
        details={**_part(run, jitter), "splits": sorted(set(splits))},
    )


PREDICT = Stage(
    name="predict",
    version=1,
    reads=("crops",),
    arguments=("model", "as_of"),
    open=open_evaluated,
    parts=_boxes,
    inputs=_inputs,
    targets=lambda run, boxes: [("predictions", _part(run, boxes[0]))],
    spec=_spec,
    compute=_compute,
)
