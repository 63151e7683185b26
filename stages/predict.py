"""Predict: a model's probability map for every crop of the evaluated splits, with its own box and with jittered ones."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from evaluation.scores.robustness import jittered_name
from imaging.jitter import JITTERS
from lake.configuration import JitterName
from lake.publishing.records import Target
from stages.stage import Computed, Publication, Run, Stage, open_evaluated

if TYPE_CHECKING:
    from training.predictor import Predictor


@dataclass(frozen=True, slots=True)
class _Boxes:
    """The boxes that a model is asked about: the crops' own, or those of a jitter."""

    jitter: JitterName | None
    predictor: "Callable[[], Predictor]"  # loaded once, and only when there is something to predict


def _parts(run: Run) -> Iterator[_Boxes]:
    @functools.cache
    def predictor() -> "Predictor":
        from training.predict import load_predictor

        return load_predictor(run.lake, run.pipeline.training, run.arguments["model"])

    yield from (_Boxes(jitter, predictor) for jitter in (None, *run.pipeline.evaluation.jitters))


def _name(run: Run, boxes: _Boxes) -> str:
    model: str = run.arguments["model"]
    return model if boxes.jitter is None else jittered_name(model, boxes.jitter)


def _inputs(run: Run, _boxes: _Boxes) -> dict[str, str]:
    return {"crops": run.lake.snapshot("crops").content, "model": run.arguments["model"]}


def _targets(run: Run, boxes: _Boxes) -> list[Target]:
    return [("predictions", {"model": _name(run, boxes)})]


def _splits(run: Run) -> tuple[str, ...]:
    return tuple(sorted(set(run.pipeline.evaluation.splits)))


def _spec(run: Run, boxes: _Boxes) -> dict[str, Any]:
    spec: dict[str, Any] = {"splits": _splits(run)}
    return spec if boxes.jitter is None else spec | {"jitter": boxes.jitter, "definition": asdict(JITTERS[boxes.jitter])}


def _compute(run: Run, boxes: _Boxes, publication: Publication) -> Computed:
    """Predict at the full resolution of each crop's window.

    Raises:
        EmptyCheckError: The splits hold no crop.
        ModelError: The model is not registered, or its weights are not those that were.
        ImageRefusedError: A jitter reaches beyond the crops, and an image has gone or changed since it was ingested.
    """
    from training.predict import write_predictions

    location = publication.locations["predictions"]
    crops, receipts = write_predictions(run.lake, boxes.predictor(), _splits(run), boxes.jitter, location)
    return Computed(
        rows_in=crops,
        rows_out=sum(receipt.rows for receipt in receipts if receipt),
        receipts={"predictions": receipts},
        details={"model": _name(run, boxes), "splits": list(_splits(run))},
    )


PREDICT = Stage(
    name="predict",
    version=1,
    reads=("crops",),
    arguments=("model", "as_of"),
    open=open_evaluated,
    parts=_parts,
    inputs=_inputs,
    targets=_targets,
    spec=_spec,
    compute=_compute,
)
