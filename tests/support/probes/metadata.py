"""Damaged metadata: every command ends in one line or works rightly, and nothing that is live is removed.

Table metadata, manifest lists, manifests, the catalog's database, the store's identity and the records of publications get
single flipped bits, and now and then are cut short, zeroed or deleted. Each follows from the seed and its number alone.
"""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.probes.lakes import COMMANDS, Damage, DamagedLake
from tests.support.probes.outcomes import Outcomes

KINDS: Mapping[str, int] = {"flip": 80, "cut": 8, "zero": 8, "delete": 4}


def probe(count: int, seed: int, *, first: int = 0) -> Outcomes:
    """Damage one file of metadata after the other.

    Args:
        count: How often.
        seed: Of the damage.
        first: Number of the first one, to repeat it alone.
    """
    with DamagedLake.made() as lake:
        files = [path for path in lake.kept if path.suffix != ".parquet" and path.stat().st_size]
        by_kind = [[path for path in files if kind(path)] for kind in _OF_KIND]

        def one(draw: random.Random) -> Damage:
            path = draw.choice(draw.choice(by_kind))
            how = draw.choices(list(KINDS), list(KINDS.values()))[0]
            return Damage(path, how, draw.randrange(len(lake.kept[path]) * 8), COMMANDS)

        return lake.harmed("damaged metadata", one, range(first, first + count), seed)


_OF_KIND: tuple[Callable[[Path], bool], ...] = (
    lambda path: path.name.endswith(".metadata.json"),
    lambda path: path.suffix == ".avro" and path.name.startswith("snap-"),
    lambda path: path.suffix == ".avro" and not path.name.startswith("snap-"),
    lambda path: path.suffix == ".db",
    lambda path: path.name == "lake.json",
    lambda path: "publications" in path.parts,
)
