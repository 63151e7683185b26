"""How fast and in how much memory a demo is written, and that its cost an image stays flat.

Run: python -m benchmarks.demo_rate [--images 60 240]
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import cv2

from demo.write import write_demo


def main() -> None:
    """Print one line for each size of demo; figures are processor seconds of one core, so a busy machine spoils them less."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, nargs="+", default=[60, 240])
    wanted = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        write_demo(Path(folder) / "warm", images=3)
        for images in wanted.images:
            began = time.process_time()
            write_demo(Path(folder) / str(images), images=images)
            seconds = time.process_time() - began
            weight = sum(path.stat().st_size for path in (Path(folder) / str(images)).rglob("*") if path.is_file())
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            rate = images / seconds
            print(f"{images:6,} images: {rate:5.1f} a second of one core, {weight / images / 1e3:.0f} KB each, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
