"""The section that shows the worst regressions and the best gains."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.report.pages.crop_images import CANDIDATE, CHAMPION, TRUTH, draw_outlines, image
from evaluation.report.pages.markup import name, paragraph, section, text
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


def pairs_section(worst: Sequence[Pair], best: Sequence[Pair], *, metric: str, champion: bool) -> str:
    """Return the images: each crop, its truth, and each model's outline over the true one."""
    against = "champion" if champion else "filled box"
    keys = [("truth", TRUTH), *([("champion", CHAMPION)] if champion else []), ("candidate", CANDIDATE)]
    swatches = "".join(f'<span class="swatch" style="background: rgb{colour}"></span>{text(who)}' for who, colour in keys)
    told = (
        f"By the gain in {metric} over the {against}. A model's outline lies over the true one, so green is where it missed it. "
        "Hatched pixels are ignored by loss and metrics; gray lies beyond the image."
    )
    bodies = [paragraph(told), f'<p class="facts">{swatches}</p>']
    titles = ("Worst regressions", "Best gains") if champion else ("Lowest beside the box", "Highest beside the box")
    for title, pairs in zip(titles, (worst, best), strict=True):
        rows = "".join(_row(pair, against) for pair in pairs)
        bodies.append(f"<h3>{title}</h3>" + (f'<div class="pairs">{rows}</div>' if pairs else paragraph("There is none.", "facts")))
    return section("pairs", "Worst regressions and best gains" if champion else "Worst and best crops", *bodies)


def _row(pair: Pair, against: str) -> str:
    truth = (pair.truth, TRUTH)
    panels = [
        ("crop", draw_outlines(pair.pixels, [])),
        ("truth", draw_outlines(pair.pixels, [truth], ignore=pair.ignore, beyond=pair.beyond, fill=True)),
        *([] if pair.other is None else [("champion", draw_outlines(pair.pixels, [truth, (pair.other, CHAMPION)]))]),
        ("candidate", draw_outlines(pair.pixels, [truth, (pair.candidate, CANDIDATE)])),
    ]
    shown = "".join(f"<div>{image(drawn, f'{pair.title}: {what}')}<span>{text(what)}</span></div>" for what, drawn in panels)
    figures = f"{100 * pair.gain:+.1f} points: candidate {pair.scores[0]:.3f}, {against} {pair.scores[1]:.3f}. Crop {pair.crop_id[:12]}."
    return f'<figure><figcaption>{name(pair.title)}{text(figures)}</figcaption><div class="row">{shown}</div></figure>'
