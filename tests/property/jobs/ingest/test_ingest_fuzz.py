"""Mutated copies of every sample export: no crash, no hang, no file outside the store, every record accounted for.

`CENTREPIECE_MUTATIONS` says how many mutations each export gets (`make fuzz` runs 2,000), `CENTREPIECE_MUTATION` repeats one.
Each is drawn from the export's name and its number alone.
"""

import os
import random
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from demo.exports.formats import FORMATS
from lake.errors import CentrepieceError
from tests.support.mutations import link_tree, mutate, packed
from tests.support.plain_ingest import Ingested, plain_ingest, source_of
from tests.support.record_counts import count_records
from tests.support.sample_exports import REAL, Sample, demo_samples

MUTATIONS = int(os.environ.get("CENTREPIECE_MUTATIONS", "8"))
ONE = os.environ.get("CENTREPIECE_MUTATION")
SLOWEST_CPU_S = 30.0
ARCHIVED = 0.15
"""Share of the mutations that are read from an archive, which is harmed itself or holds the harmed export."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_watched: list[tuple[str, ...]] = []  # folders that may be written to while a mutation is read; empty: nobody looks
_strays: list[str] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched:
        return
    if event == "open":
        path, _, flags = arguments
        touched = [path] if isinstance(path, str | bytes) and isinstance(flags, int) and flags & _WRITES else []
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir"):
        touched = [argument for argument in arguments[:2] if isinstance(argument, str | bytes)]
    elif event in ("socket.connect", "subprocess.Popen", "os.system"):
        _strays.append(f"{event} {arguments!r:.200}")
        return
    else:
        return
    own = (*_watched[0], "/dev/null")
    _strays.extend(f"{event} {path}" for path in map(os.fsdecode, touched) if not path.startswith(own) and "__pycache__" not in path)


sys.addaudithook(_audit)


@contextmanager
def watched(*folders: Path) -> Iterator[list[str]]:
    """Yield a list of what is written outside some folders, of connections and of processes."""
    _strays.clear()
    _watched.append(tuple(map(str, folders)))
    try:
        yield _strays
    finally:
        _watched.clear()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return {**REAL, **demo_samples(tmp_path_factory.mktemp("demo") / "world")}


def read_mutated(sample: Sample, original: Path, folder: Path, chance: random.Random) -> str:
    """Read one mutated copy; return what was not as it must be, or nothing."""
    link_tree(original, folder / "export")
    archived = chance.random() < ARCHIVED
    for _ in range(chance.randrange(0 if archived else 1, 3)):
        mutate(folder / "export", chance)
    place = f"{packed(folder / 'export', folder / 'archive', chance)}!" if archived else str(folder / "export")
    before = sorted(path for path in folder.rglob("*") if "store" not in path.parts)
    begin = time.process_time()
    with watched(folder / "store") as strays:
        try:
            found = plain_ingest(folder / "store", source_of("fuzzed", **sample.paths(place)))
        except CentrepieceError:
            found = None
    if time.process_time() - begin > SLOWEST_CPU_S:
        return f"took {time.process_time() - begin:.0f} s of processor time"
    if strays:
        return f"touched what is not its own: {strays[:5]}"
    if sorted(path for path in folder.rglob("*") if "store" not in path.parts) != before:
        return "wrote beside its store"
    if found is not None and not all(row["reason"] for row in found.rejects):
        return "has a reject without a reason"
    if found is not None and not archived:
        return lost_records(sample, folder / "export", found)
    return ""


def lost_records(sample: Sample, export: Path, found: Ingested) -> str:
    """Compare what came out with a count of what went in by other parsers than ours; return what is wrong, or nothing."""
    wanted = count_records(sample, export)
    if wanted is None or any(row["source_ref"].endswith(":document") for row in found.rejects):
        return ""  # a document of several that is refused as a whole is one reject
    given = len(found.annotations) + len(found.images) + len(found.rejects)
    return "" if wanted.least <= given <= wanted.most else f"{wanted.least} to {wanted.most} records went in, {given} came out"


@pytest.mark.parametrize("name", [*REAL, *(f"demo-{name}" for name in FORMATS)])
def test_a_mutated_export_is_refused_or_accounted_for(
    name: str, samples: dict[str, Sample], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    data = request.getfixturevalue("data_folder") if name in REAL else tmp_path
    sample, original = samples[name], tmp_path / "original"
    sample.make(data, original)
    whole = plain_ingest(tmp_path / "whole", source_of("whole", **sample.paths(str(original))))
    assert lost_records(sample, original, whole) == ""
    assert (count_records(sample, original) is None) == (sample.format == "label-png")
    faults = []
    for number in [int(ONE)] if ONE else range(MUTATIONS):
        folder = tmp_path / "mutated"
        try:
            wrong = read_mutated(sample, original, folder, random.Random(f"{name} {number}"))
        except Exception as error:
            if ONE:
                raise
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            faults.append(f"CENTREPIECE_MUTATION={number} python -m pytest '{request.node.nodeid}': {wrong[:400]}")
        if not ONE:
            shutil.rmtree(folder)
    assert not faults, "\n".join(faults)


def test_a_file_written_beside_the_store_and_a_connection_are_seen(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with watched(tmp_path / "store") as strays:
        (tmp_path / "store/own").write_text("")
        assert strays == []
        (tmp_path / "stray").write_text("")
        (tmp_path / "folder").mkdir()
        with socket.socket() as probe, suppress(OSError):
            probe.connect(("127.0.0.1", 9))
    assert [stray.split()[0] for stray in strays] == ["open", "os.mkdir", "socket.connect"]
