"""The section that shows the worst regressions and the best gains."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evaluation.report.pages.crop_images import CANDIDATE_COLOUR, CHAMPION_COLOUR, TRUTH_COLOUR, draw_outlines, embedded_image
from evaluation.report.rendering import render
from imaging.images import Pixels
from imaging.masks.rle import Mask


@dataclass(frozen=True, slots=True)
class Pair:
    """One crop with what two models made of it, all in the frame of its window."""

    title: str
    crop_id: str
    gain: float
    pixels: Pixels  # (H, W, 3)
    truth: Mask
    ignore: Mask
    beyond: Mask  # of the image
    candidate: Mask
    other: Mask | None  # of the champion; None without one
    scores: tuple[float, float]  # of the candidate, and of the champion or the box


def pairs_section(worst: Sequence[Pair], best: Sequence[Pair], *, metric: str, champion: bool) -> Markup:
    """Return the images: each crop, its truth, and each model's outline over the true one."""
    titles = ("Worst regressions", "Best gains") if champion else ("Lowest beside the box", "Highest beside the box")
    ends = [(title, [(pair, _panels(pair)) for pair in pairs]) for title, pairs in zip(titles, (worst, best), strict=True)]
    keys = [("truth", TRUTH_COLOUR), *([("champion", CHAMPION_COLOUR)] if champion else []), ("candidate", CANDIDATE_COLOUR)]
    return render("pairs", ends=ends, keys=keys, metric=metric, champion=champion)


def _panels(pair: Pair) -> list[tuple[str, Markup]]:
    truth = (pair.truth, TRUTH_COLOUR)
    panels = [
        ("crop", draw_outlines(pair.pixels, [])),
        ("truth", draw_outlines(pair.pixels, [truth], ignore=pair.ignore, beyond=pair.beyond, fill=True)),
        *([] if pair.other is None else [("champion", draw_outlines(pair.pixels, [truth, (pair.other, CHAMPION_COLOUR)]))]),
        ("candidate", draw_outlines(pair.pixels, [truth, (pair.candidate, CANDIDATE_COLOUR)])),
    ]
    return [(what, embedded_image(drawn, f"{pair.title}: {what}")) for what, drawn in panels]
