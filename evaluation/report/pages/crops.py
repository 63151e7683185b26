"""The section of sample crops with their masks drawn on."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.report.pages.crop_images import TRUTH, draw_outlines, image
from evaluation.report.pages.markup import figure, paragraph, section
from evaluation.scores.observations import beyond_image
from imaging.crop_codec import open_crop


def crops_section(crops: Sequence[Mapping[str, Any]]) -> str:
    """Return images of crops, each with its instance tinted and outlined and ignored pixels hatched.

    Args:
        crops: Whole rows of `crops`.
    """
    pictures = []
    for crop in crops:
        opened = open_crop(crop)
        drawn = draw_outlines(opened.pixels, [(opened.mask, TRUTH)], ignore=opened.ignore, beyond=beyond_image(crop), fill=True)
        caption = f"{crop['domain']} / {crop['class_id']}, {crop['window_width']} × {crop['window_height']} px, {crop['split']}"
        pictures.append(figure(image(drawn, caption), caption))
    told = paragraph(
        "The outlined instance owns the centre of its crop in training. Hatched pixels are ignored by loss and metrics; "
        "gray lies beyond the image."
    )
    return section("crops", "Sample crops", told, f'<div class="gallery">{"".join(pictures)}</div>')
