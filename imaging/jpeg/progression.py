"""Whether the scans of a progressive JPEG file give every coefficient in full.

Decoders smooth what is still missing, so pixels of such a file are no function of its coefficients block by block.

Source: ITU-T T.81, annexes B and G; `smoothing_ok` of libjpeg-turbo's coefficient controller.
"""

import re

import numpy as np

from imaging.jpeg.header import JpegHeader

_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff+([^\x00\x01\xff\xd0-\xd8])", re.DOTALL)


def has_all_scans(data: bytes, header: JpegHeader) -> bool:
    """Return whether every coefficient of a file comes in full; True for what is not progressive.

    Args:
        data: The whole file.
        header: Its header.
    """
    if header.frame not in _PROGRESSIVE:
        return True
    exact = {component.identifier: np.zeros(64, bool) for component in header.components}
    position = header.segments[-1].start
    while True:
        end = position - 2 + int.from_bytes(data[position - 2 : position], "big")
        _count(data[position:end], exact)
        while True:
            found = _MARKER.search(data, end)
            if found is None or found[1][0] == _END:
                return all(known.all() for known in exact.values())
            position = found.end() + 2
            if found[1][0] == _SCAN:
                break
            end = max(position, found.end() + int.from_bytes(data[found.end() : position], "big"))


def _count(scan: bytes, exact: dict[int, "np.ndarray[tuple[int], np.dtype[np.bool_]]"]) -> None:
    """Note which coefficients a scan brings to their last bit."""
    components, rest = scan[1 : 1 + 2 * scan[0] : 2] if scan else b"", scan[1 + 2 * scan[0] :] if scan else b""
    if len(rest) >= 3:
        for identifier in components:
            if identifier in exact:
                exact[identifier][rest[0] : rest[1] + 1] = rest[2] & 15 == 0
