"""Kills each kind of process of a run at a random moment; the next run ends with the tables of an undisturbed one.

`python -m tests.support.probes.kills COUNT SEED`. A tiny world, two training ranks; PostgreSQL as the catalog where it is installed.
"""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from lake.lake import connect_lake
from tests.support.factories import tiny_demo
from tests.support.probes.outcomes import Outcomes
from tests.support.services import postgres_cluster

ROOT = Path(__file__).resolve().parents[3]
MARK = "CENTREPIECE_RUN="
KINDS = {
    "driver": "-m centrepiece run",
    "JVM": "org.apache.spark.deploy.SparkSubmit",
    "Python worker": "pyspark.daemon",
    "training rank": "training.rank",
    "Prefect server": "prefect.server.api.server:create_app",
    "PostgreSQL": "",
}
"""What the command line of each kind of process holds."""
TASKS = {"training rank": (4,), "Python worker": (0, 3, 7)}
"""Of a kind that does not live for the whole run: how many tasks have ended when it lives; of the others any number."""
TABLES = ("images", "annotations", "rejects", "instances", "plan", "balance", "crops", "scores")
"""Whose content does not depend on the time; of `models` it is the digests, of `predictions` the maps."""
RUN_S, POLL_S, AWAY_S, GONE_S, DELAY_S = 900.0, 0.05, 5.0, 30.0, 4.0
ENDED = b"Finished in state"
"""What Prefect says of a task that has ended."""


@dataclass(frozen=True)
class World:
    """Where runs run: a pipeline file, a temporary folder of the runs' own, and a database server or none."""

    folder: Path
    pipeline: Path
    temporary: Path
    server: str | None

    def with_store(self, number: int) -> "Place":
        """Return a pipeline that is the same but for its store."""
        settings = yaml.safe_load(self.pipeline.read_text(encoding="utf-8"))
        catalog = None if self.server is None else _new_database(self.server, f"kills_{number}")
        settings |= {"store": str(self.folder / f"store-{number}"), "catalog": catalog}
        path = self.pipeline.with_name(f"pipeline-{number}.yaml")
        path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        return Place(self, path, settings["store"], catalog)


@dataclass(frozen=True)
class Place:
    """One store of a world, and the pipeline that fills it."""

    world: World
    pipeline: Path
    store: str
    catalog: str | None

    def start(self) -> subprocess.Popen[bytes]:
        """Start a run; what it says goes to a file beside its store."""
        environment = {**os.environ, "TMPDIR": str(self.world.temporary), "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
        environment |= {"PREFECT_HOME": str(self.world.folder / "prefect")}
        with Path(f"{self.store}.log").open("ab") as log:
            command = [sys.executable, "-m", "centrepiece", "run", str(self.pipeline)]
            return subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self.world.folder)

    def fingerprint(self) -> dict[str, Any]:
        """Return what the tables hold."""
        lake = connect_lake(self.store, catalog=self.catalog)
        found: dict[str, Any] = {table: lake.snapshot(table).content for table in TABLES}
        found["models"] = sorted(lake.read("models", columns=["model"])["model"].to_pylist())
        maps = lake.read("predictions", columns=["model", "crop_id", "probability"]).sort_by(
            [("model", "ascending"), ("crop_id", "ascending")]
        )
        return found | {"predictions": hashlib.sha256(repr(maps.to_pylist()).encode()).hexdigest()}

    def tasks_ended(self) -> int:
        """Return how many tasks its runs have ended."""
        return Path(f"{self.store}.log").read_bytes().count(ENDED)

    def said(self) -> str:
        """Return the last lines of its runs."""
        return " | ".join(Path(f"{self.store}.log").read_text(errors="replace").splitlines()[-3:])[-400:]


@dataclass(frozen=True)
class Moment:
    """When a process is killed."""

    tasks: int  # that have ended before
    delay_s: float  # from then on, or from when there is such a process

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.delay_s:.1f} s after {self.tasks} tasks"


def probe(count: int, seed: int) -> Outcomes:
    """Kill `count` processes, of one kind after the other.

    Args:
        count: How many.
        seed: Of the moments.
    """
    found, draw = Outcomes("kills"), random.Random(seed)
    with _world() as world:
        quiet = world.with_store(0)
        code = quiet.start().wait(RUN_S)
        tasks, published = quiet.tasks_ended(), quiet.fingerprint()
        kinds = [kind for kind in KINDS if kind != "PostgreSQL" or world.server]
        for number in range(1, count + 1):
            kind = kinds[(number - 1) % len(kinds)]
            moment = Moment(draw.choice(TASKS.get(kind, range(tasks - 1))), draw.uniform(0, DELAY_S))
            place = world.with_store(number)
            ended, faults = _disturbed(place, kind, moment, code, published)
            found.tried += 1
            found.outcomes[f"{kind}: {ended}"] += 1
            found.violations += [f"kill {number} of seed {seed}, {kind} {moment}: {fault}" for fault in faults]
            sys.stderr.write(f"{number}: {kind} {moment}: {ended}; {faults or 'as undisturbed'}\n")
            shutil.rmtree(place.store, ignore_errors=True)
    return found


def _disturbed(place: Place, kind: str, moment: Moment, code: int, published: dict[str, Any]) -> tuple[str, list[str]]:
    """Run, kill, and run again; return how the disturbed run ended, and what is not as it should be."""
    run = place.start()
    hit = _kill(run, kind, moment, place)
    faults = []
    try:
        ended = run.wait(RUN_S)
    except subprocess.TimeoutExpired:
        run.kill()
        return "hung", [f"the run hung after its {kind} was killed: {place.said()}"]
    faults += _left(place.world, "the disturbed run")
    how = "no such process came" if not hit else "went on to its end" if ended == code else f"ended with {ended}"
    again = place.start().wait(RUN_S)
    if again != code:
        faults.append(f"the next run ended with {again}, expected {code}: {place.said()}")
    elif (now := place.fingerprint()) != published:
        faults.append(f"other tables: {[name for name in published if now[name] != published[name]]}")
    return how, faults + _left(place.world, "the next run")


def _kill(run: subprocess.Popen[bytes], kind: str, moment: Moment, place: Place) -> bool:
    """Kill a process of some kind once the moment has come and there is one; return whether there was one."""
    world, since = place.world, None
    while run.poll() is None:
        time.sleep(POLL_S)
        if place.tasks_ended() < moment.tasks:
            continue
        found = _processes(KINDS[kind], f"{MARK}{world.temporary}")
        found = [run.pid] if kind in ("driver", "PostgreSQL") else found
        since = time.monotonic() if found and since is None else since
        if not found or since is None or time.monotonic() < since + moment.delay_s:
            continue
        if kind == "PostgreSQL":
            _restart_after_a_while(str(world.server))
            return True
        with suppress(ProcessLookupError):
            os.kill(found[-1], signal.SIGKILL)
            return True
    return False


def _left(world: World, after: str) -> list[str]:
    """Say what is left of a run that has ended, once it has had time to go."""
    until = time.monotonic() + GONE_S
    while time.monotonic() < until:
        files = [path.name for path in world.temporary.iterdir() if not path.name.startswith("centrepiece-kernels-")]
        processes = _processes("", f"{MARK}{world.temporary}")
        if not files and not processes:
            return []
        time.sleep(POLL_S)
    return [f"after {after} there is left: {files} {processes}"]


def _processes(text: str, mark: str) -> list[int]:
    """Return the ids of processes whose command line holds a text and whose environment holds a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found += [int(entry.name)] if text in command else []
    return sorted(found)


def _restart_after_a_while(server: str) -> None:
    """Kill the database server of a URL, and start it again as it was some seconds later."""
    port = server.rpartition(":")[2]
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            command = (entry / "cmdline").read_bytes().decode().split("\0")[:-1]
            if "postgres" in command[0] and "-D" in command and port in command:
                folder, user = command[command.index("-D") + 1], entry.stat().st_uid
                os.kill(int(entry.name), signal.SIGKILL)
                time.sleep(AWAY_S)
                _start_again(command, Path(folder), user)
                return


def _start_again(command: Sequence[str], folder: Path, user: int) -> None:
    (folder / "postmaster.pid").unlink(missing_ok=True)  # of the one that was killed
    with (folder.parent / "log").open("ab") as log:
        subprocess.Popen(command, user=user if os.geteuid() == 0 else None, stdout=log, stderr=log, cwd="/", start_new_session=True)


@contextmanager
def _world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="cp-kills-", ignore_cleanup_errors=True) as name, _database_server() as server:
        folder = Path(name)
        small = {"network": "nano", "epochs": 2, "canvas": 32, "pixels_per_batch": 4096, "devices": 2, "precision": "32-true"}
        pipeline = tiny_demo(folder / "world", images=4, training=small, evaluation={"jitters": []})
        (folder / "t").mkdir()
        yield World(folder, pipeline, folder / "t", server)


@contextmanager
def _database_server() -> Iterator[str | None]:
    try:
        cluster = postgres_cluster()
        server = cluster.__enter__()
    except pytest.skip.Exception:
        yield None
        return
    try:
        yield server
    finally:
        cluster.__exit__(None, None, None)


def _new_database(server: str, name: str) -> str:
    engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


if __name__ == "__main__":
    result = probe(int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write("\n".join([*(f"{count:4} {what}" for what, count in sorted(result.outcomes.items())), *result.violations]) + "\n")
    sys.exit(bool(result.violations))
