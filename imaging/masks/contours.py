"""The length of a mask's outline, from its run lengths.

Runs are canonical, as `imaging.masks.rle.window_runs` returns them: none but the first is empty. A run is followed in
column-major order; where it goes on into the next column it is taken as one segment a column.
"""

import numpy as np

from imaging.kernels import kernel
from imaging.masks.rle import Runs


@kernel
def outline_edges(runs: Runs, height: int) -> int:
    """Count the pixel edges between inside and outside; beyond the image is outside.

    Every segment of a column has an edge above and one below. A pixel has an edge to its left and one to its right
    unless the same row of the next column, `height` positions on, is inside too.

    Args:
        runs: (R,) int64 run lengths of the whole image.
        height: Of the image, in px.
    """
    area = segments = shared = 0
    end = 0
    other, other_end = np.int64(1), runs[0] + (runs[1] if len(runs) > 1 else 0)
    for index in range(1, len(runs), 2):
        begin = end + runs[index - 1]
        end = begin + runs[index]
        if begin == end:
            continue
        area += end - begin
        segments += (end - 1) // height - begin // height + 1
        while other < len(runs) and other_end <= begin + height:
            other, other_end = _next_inside(runs, other, other_end)
        look, look_end = other, other_end
        while look < len(runs) and look_end - runs[look] < end + height:
            shared += min(look_end, end + height) - max(look_end - runs[look], begin + height)
            look, look_end = _next_inside(runs, look, look_end)
    return 2 * (segments + area - shared)


@kernel
def _next_inside(runs: Runs, index: int, end: int) -> tuple[int, int]:
    """Go from a run inside the mask, which ends at a position, to the next one inside."""
    if index + 2 >= len(runs):
        return index + 2, end
    return index + 2, end + runs[index + 1] + runs[index + 2]
