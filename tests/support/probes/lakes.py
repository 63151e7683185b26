"""A small lake that probes damage file by file: what every command says of it, and how it is put back as it was."""

import random
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from pyiceberg.manifest import clear_manifest_cache

from evaluation.gate.registry import Registry
from lake.contracts import TABLES
from lake.digests import digest
from lake.errors import CentrepieceError
from lake.lake import Lake, connect_lake
from lake.maintenance.doctor import examine_lake
from lake.maintenance.gc import gc
from lake.outages import system_errors
from lake.sql.query import run_sql
from tests.support.nights import run_night
from tests.support.probes.outcomes import Outcomes
from tests.support.publications import publish_rejects

Command = Callable[[Lake], Any]
"""What is run on an open lake; its answer is compared with what it was while the lake was whole."""
HANGS_S = 60
RIGHT, TOLD = "right", "told"
_DIGEST = "SELECT '{0}' AS name, count(*) AS n, sum(hash({0})::HUGEINT) AS rows FROM {0}"
MODELS = tuple(digest("model", number) for number in range(2))


class HangingError(Exception):
    """A command has not ended in time."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is done to one file of a lake, and which commands are run on it then."""

    path: Path
    how: str  # flip, cut, zero or delete
    bit: int
    commands: Iterable[str]

    def do(self) -> None:
        """Flip the bit, cut the file off there, zero 64 bytes from there on, or delete the file."""
        data = bytearray(self.path.read_bytes())
        if self.how == "delete":
            self.path.unlink()
            return
        if self.how == "flip":
            data[self.bit // 8] ^= 1 << self.bit % 8
        elif self.how == "cut":
            del data[self.bit // 8 :]
        else:
            zeroed = len(data[self.bit // 8 : self.bit // 8 + 64])
            data[self.bit // 8 : self.bit // 8 + zeroed] = bytes(zeroed)
        self.path.write_bytes(data)


@dataclass(slots=True)
class DamagedLake:
    """A lake, the bytes of all its files, and what every command says of it while it is whole."""

    folder: Path
    kept: dict[Path, bytes] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def made(cls) -> Iterator["DamagedLake"]:
        """Publish a night and a correction of it, and promote two models, one after the other; after the block the lake is gone."""
        with tempfile.TemporaryDirectory() as folder:
            made = cls(Path(folder) / "store")
            lake = made.open()
            run_night(lake)
            for numbers in ((1, 2), (1, 2, 3)):
                publish_rejects(lake, "late", numbers)
            registry, champion = Registry(lake.database_url), None
            for model in MODELS:
                registry.register(model, "night")
                registry.point("candidate", model)
                registry.promote(model, compared_with=champion, verdict_id=digest("verdict", model), reason=None)
                champion = model
            gc(lake, dry_run=False, keep=timedelta(0), grace=timedelta(0))
            made.kept = {path: path.read_bytes() for path in sorted(made.folder.rglob("*")) if path.is_file()}
            made.learn(COMMANDS)
            yield made

    def learn(self, commands: Mapping[str, Command]) -> None:
        """Keep what commands say of the whole lake."""
        self.commands |= commands
        self.answers |= {name: command(self.open()) for name, command in commands.items()}

    def open(self) -> Lake:
        """Open the lake as a new process would."""
        clear_manifest_cache()
        return connect_lake(str(self.folder), name="probed")

    def say(self, name: str) -> str:
        """Run a command on the lake as it is: `RIGHT`, `TOLD`, or what broke the promise."""
        try:
            with limited(HANGS_S):
                answer = self.commands[name](self.open())
        except (CentrepieceError, *system_errors()) as error:
            return TOLD if str(error).strip() else f"{type(error).__name__} says nothing"
        except Exception as error:  # what the command line would print as a traceback
            return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        if name == "doctor" and any(level == "fault" for level, *_ in answer):
            return TOLD
        return RIGHT if answer == self.answers[name] else "another answer, and no word of it"

    def restore(self) -> list[str]:
        """Put every file back as it was; return those that were gone, beside the catalog's, which commands write to."""
        gone = []
        for path, data in self.kept.items():
            if not path.exists():
                gone.append(str(path.relative_to(self.folder)))
                path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != data:
                path.write_bytes(data)
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path not in self.kept:
                path.unlink()
        return gone

    def harmed(self, name: str, draw: Callable[[random.Random], Damage], numbers: Iterable[int], seed: int) -> Outcomes:
        """Do one damage after the other, each drawn from the seed and its number alone; return what came of them under that name."""
        found = Outcomes(name)
        for number in numbers:
            damage = draw(random.Random(f"{seed}/{number}"))
            damage.do()
            self.examine(found, number, damage)
        return found

    def examine(self, found: Outcomes, number: int, damage: Damage) -> None:
        """Run commands on the damaged lake, add what came of it to the outcomes, and put the lake back as it was."""
        damaged = str(damage.path.relative_to(self.folder))
        what = f"{number}: {damage.how} {damaged} at bit {damage.bit}"
        said = {name: self.say(name) for name in damage.commands}
        gone = [path for path in self.restore() if path != damaged]
        wrong = {name: outcome for name, outcome in said.items() if outcome not in (RIGHT, TOLD)}
        found.tried += 1
        found.outcomes["violation" if wrong or gone else TOLD if TOLD in said.values() else RIGHT] += 1
        found.violations += [f"{what}: {name}: {outcome}" for name, outcome in wrong.items()]
        found.violations += [f"{what}: live files were removed: {gone[:3]}"] if gone else []


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """End the block with an error where it takes longer; in the main thread alone."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise HangingError(f"still at work after {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _sql(lake: Lake) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run_sql(lake, " UNION ALL ".join(_DIGEST.format(table) for table in TABLES)).to_pylist()
    return rows


def _read(lake: Lake) -> dict[str, Any]:
    return {table: lake.read(table) for table in TABLES if lake.has(table)}


def _doctor(lake: Lake) -> list[tuple[str, str]]:
    return [(finding.level, finding.what) for finding in examine_lake(lake, verify=True) if finding.level != "note"]


def _gc(lake: Lake) -> list[str]:
    return sorted(gc(lake, dry_run=False, keep=timedelta(days=7), grace=timedelta(0)).removed)


def _stages(lake: Lake) -> list[dict[str, Any]]:
    return [report.as_json() for report in run_night(lake)]


def _registry(lake: Lake) -> list[Any]:
    registry = Registry(lake.database_url)
    return [registry.aliases(), [registry.knows(model) for model in MODELS], registry.history(), registry.rolled_back_at(MODELS[0])]


COMMANDS: Mapping[str, Command] = {
    "sql": _sql,
    "read": _read,
    "doctor": _doctor,
    "stages": _stages,
    "registry": _registry,
    "gc": _gc,
}
