"""The section of sample crops with their masks drawn on."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from evaluation.report.pages.crop_images import TRUTH_COLOUR, draw_outlines, embedded_image
from evaluation.report.rendering import render
from evaluation.scores.observations import beyond_image
from imaging.crop_codec import open_crop


def crops_section(crops: Sequence[Mapping[str, Any]]) -> Markup:
    """Return images of crops, each with its instance tinted and outlined and ignored pixels hatched.

    Args:
        crops: Whole rows of `crops`.
    """
    shown = []
    for crop in crops:
        opened = open_crop(crop)
        drawn = draw_outlines(opened.pixels, [(opened.mask, TRUTH_COLOUR)], ignore=opened.ignore, beyond=beyond_image(crop), fill=True)
        caption = f"{crop['domain']} / {crop['class_id']}, {crop['window_width']} × {crop['window_height']} px, {crop['split']}"
        shown.append((embedded_image(drawn, caption), caption))
    return render("crops", crops=shown)
