"""Crops with two models' maps in, the report's pictures of the worst regressions and the best gains out."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.metrics.boundary import Mask
from evaluation.pages.markup import figure, paragraph, section, text
from evaluation.pages.pictures import CANDIDATE, CHAMPION, TRUTH, Pixels, image, outlined


@dataclass(frozen=True, slots=True)
class Pair:
    """One crop with what two models made of it, all in the frame of its window."""

    title: str
    gain: float
    pixels: Pixels  # (H, W, 3)
    truth: Mask
    ignore: Mask
    candidate: Mask
    other: Mask | None  # of the champion; None without one
    scores: tuple[float, float]  # of the candidate, and of the champion or the box


def pairs_section(worst: Sequence[Pair], best: Sequence[Pair], *, metric: str, champion: bool) -> str:
    """Return the pictures, outlines drawn one pixel thin: the truth, the candidate and the champion."""
    against = "champion" if champion else "filled box"
    keys = [("truth", TRUTH), ("candidate", CANDIDATE), *([("champion", CHAMPION)] if champion else [])]
    swatches = "".join(f'<span class="swatch" style="background: rgb{colour}"></span>{text(name)}' for name, colour in keys)
    bodies = [paragraph(f"By the gain in {metric} over the {against}."), f'<p class="facts">{swatches}</p>']
    for title, pairs in (("Worst", worst), ("Best", best)):
        if pairs:
            bodies.append(f'<h3>{title}</h3><div class="pairs">{"".join(_row(pair, against) for pair in pairs)}</div>')
    return section("pairs", "Worst regressions and best gains" if champion else "Worst and best crops", *bodies)


def _row(pair: Pair, against: str) -> str:
    pictures = [
        image(outlined(pair.pixels, [(pair.truth, TRUTH)], ignore=pair.ignore), f"{pair.title}: the truth"),
        image(outlined(pair.pixels, [(pair.candidate, CANDIDATE)]), f"{pair.title}: the candidate"),
    ]
    if pair.other is not None:
        pictures.append(image(outlined(pair.pixels, [(pair.other, CHAMPION)]), f"{pair.title}: the champion"))
    caption = f"{pair.title}: {pair.scores[0]:.3f}, {against} {pair.scores[1]:.3f}, {100 * pair.gain:+.1f} points"
    return figure(f'<div class="row">{"".join(pictures)}</div>', caption)
