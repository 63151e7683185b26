"""Choose the crops that lost and gained most, with the masks of both models."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from evaluation.metrics.instance import HALF
from evaluation.report.pages.pairs import Pair, pairs_section
from evaluation.scores.observations import beyond_image, decode_levels
from evaluation.scores.paired import PairedScores
from imaging.crop_codec import open_crop
from lake.lake import Lake

IMAGED = 6
"""Crops at either end."""


def pairs_part(lake: Lake, scores: PairedScores, candidate: str, champion: str | None) -> Markup:
    """Return the section on the crops that lost and gained most; crops that are no longer in the lake are left out."""
    gains = scores.gain(candidate, champion or "floor-box")
    order = [int(place) for place in np.argsort(gains, kind="stable") if np.isfinite(gains[place])]
    if champion:  # a gain is no regression, however small
        low, high = [place for place in order if gains[place] < 0], [place for place in order if gains[place] > 0]
    else:
        low, high = order[: len(order) // 2], order[len(order) // 2 :]
    worst_places, best_places = low[:IMAGED], high[::-1][:IMAGED]
    places = [*worst_places, *best_places]
    ids: list[str] = scores.crops.column("crop_id").to_pylist()
    crops = _by_id(lake.read("crops", where={"crop_id": [ids[place] for place in places]}).to_pylist())
    wanted = {"model": [candidate, *([champion] if champion else [])], "crop_id": [ids[place] for place in places]}
    maps = {(row["model"], row["crop_id"]): row for row in lake.read("predictions", where=wanted).to_pylist()}
    pairs = []
    for rank, place in enumerate(places):
        crop = crops.get(ids[place])
        if crop is not None and (candidate, ids[place]) in maps:
            figures = (float(scores.values[candidate][place]), float(scores.values[champion or "floor-box"][place]))
            pairs.append((rank < len(worst_places), _pair(crop, maps, candidate, champion, float(gains[place]), figures)))
    worst, best = ([pair for low, pair in pairs if low is end] for end in (True, False))
    return pairs_section(worst, best, metric=scores.metric, champion=champion is not None)


def _pair(
    crop: Mapping[str, Any],
    maps: Mapping[tuple[str, str], Mapping[str, Any]],
    candidate: str,
    champion: str | None,
    gain: float,
    figures: tuple[float, float],
) -> Pair:
    opened = open_crop(crop)

    def mask(model: str) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
        row = maps.get((model, crop["crop_id"]))
        if row is None:
            return None
        shape = (crop["window_height"], crop["window_width"])
        return np.asarray(decode_levels(row["probability_codec"], row["probability"], shape, crop["crop_id"]) >= HALF)

    predicted = mask(candidate)
    title = f"{crop['domain']} / {crop['customer']} / {crop['class_id']}"
    other = mask(champion) if champion else None
    found = predicted if predicted is not None else np.zeros_like(opened.mask)
    return Pair(title, crop["crop_id"], gain, opened.pixels, opened.mask, opened.ignore, beyond_image(crop), found, other, figures)


def _by_id(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {row["crop_id"]: row for row in rows}
