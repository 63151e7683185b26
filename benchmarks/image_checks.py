"""What looking for damage costs an ingest: images described with and without it, and decoded, in turn.

Run: python -m benchmarks.image_checks FOLDER [--rounds 5]

FOLDER holds image files, at any depth. Each is read once; of every round, on one core, the processor time of hashing it and reading
its header, of the same with the look for damage, and of decoding it whole. Prints the sum over the files of the least of the rounds,
by format.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from imaging.images import ImageRefusedError, decode_image
from jobs.ingest.image_files import ImageCheck, describe_image

UNCHECKED = ImageCheck(undamaged=False)


def measured(data: bytes, rounds: int) -> tuple[str, tuple[float, float, float]] | None:
    """Return a file's format, and the least milliseconds of the three; None where it is refused.

    Args:
        data: The whole file.
        rounds: How often each is timed.
    """
    try:
        header = describe_image(data).header
    except ImageRefusedError:
        return None
    ways: tuple[Callable[[], object], ...] = (
        lambda: describe_image(data, UNCHECKED),
        lambda: describe_image(data),
        lambda: decode_image(data, header),
    )
    times = [[_cpu_ms(way) for way in ways] for _ in range(rounds)]
    plain, checked, decoded = (min(column) for column in zip(*times, strict=True))
    return header.format, (plain, checked, decoded)


def _cpu_ms(way: Callable[[], object]) -> float:
    begun = time.process_time_ns()
    way()
    return (time.process_time_ns() - begun) / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    found: dict[str, list[tuple[float, float, float, int]]] = defaultdict(list)
    for path in sorted(path for path in wanted.folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if (figures := measured(data, wanted.rounds)) is not None:
            found[figures[0]].append((*figures[1], len(data)))
    table = Table(title=f"CPU ms a file, least of {wanted.rounds} rounds")
    for column in ("format", "files", "KB", "hash and header", "with the look for damage", "decoding", "the look, of a decode"):
        table.add_column(column, justify="right" if column != "format" else "left")
    for kind, rows in sorted(found.items()):
        plain, checked, decoded, size = (sum(column) / len(rows) for column in zip(*rows, strict=True))
        share = (checked - plain) / decoded
        table.add_row(kind, str(len(rows)), f"{size / 1000:.0f}", f"{plain:.3f}", f"{checked:.3f}", f"{decoded:.3f}", f"{share:.2f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
