"""Real services for tests, each started in a folder of its own on the loopback: PostgreSQL, Ceph's S3, moto's S3."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

START_S = 120.0
POSTGRES_USER = "postgres"
CEPH_PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "centrepiece-tests",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret-of-anybody",
    "AWS_REGION": "us-east-1",
    # The endpoints of the tests do not know the checksums that newer clients send unasked.
    "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def free_port() -> int:
    """Return a TCP port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres_cluster() -> Iterator[str]:
    """Run a PostgreSQL cluster of its own; yields the URL of its server, without a database's name.

    Skips the test where PostgreSQL is not installed, or where this is root and there is no user to run it as.
    """
    programs = _postgres_programs()
    with _open_folder(POSTGRES_USER) as folder:
        port = free_port()
        user = _server_user()
        data = folder / "data"
        _run([str(programs / "initdb"), "-D", str(data), "-U", "centrepiece", "-A", "trust", "-E", "UTF8", "-N"], user)
        # Nothing of a test survives a power cut anyway.
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_connections=200"
        control = str(programs / "pg_ctl")
        log = str(folder / "log")
        _run([control, "-D", str(data), "-w", "-t", str(int(START_S)), "-l", log, "-o", options, "start"], user)
        try:
            yield f"postgresql+psycopg://centrepiece@127.0.0.1:{port}"
        finally:
            _run([control, "-D", str(data), "-w", "-m", "immediate", "stop"], user)


@contextmanager
def ceph_endpoint() -> Iterator[str]:
    """Run a Ceph cluster of one monitor, one store in memory and one S3 gateway; yields the S3 endpoint.

    Skips the test where Ceph's programs are not installed.
    """
    missing = [program for program in CEPH_PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)}: on Debian, apt-get install ceph-mon ceph-osd radosgw")
    with _open_folder(None) as folder, ExitStack() as running:
        port = free_port()
        _write_ceph_settings(folder, port)
        _make_ceph_cluster(folder)
        for program in (["ceph-mon", "-i", "a"], ["ceph-osd", "-i", "0"], ["radosgw", "-n", "client.admin"]):
            running.enter_context(_daemon(folder, program))
            if program[0] == "ceph-mon":
                _run(["ceph", "-c", "ceph.conf", "osd", "create"], cwd=folder)
                (folder / "osd").mkdir()
                _run(["ceph-osd", "-c", "ceph.conf", "-i", "0", "--mkfs"], cwd=folder)
        endpoint = f"http://127.0.0.1:{port}"
        _wait_for_http(endpoint)
        person = ["--uid=tests", "--display-name=tests", f"--access-key={CREDENTIALS['AWS_ACCESS_KEY_ID']}"]
        secret = f"--secret={CREDENTIALS['AWS_SECRET_ACCESS_KEY']}"
        _run(["radosgw-admin", "-c", "ceph.conf", "user", "create", *person, secret], cwd=folder)
        yield endpoint


@contextmanager
def environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process's environment for the length of a block."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _postgres_programs() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders or not (folders[-1] / "initdb").exists():
        pytest.skip("PostgreSQL is not installed: on Debian, apt-get install postgresql")
    return folders[-1]


def _server_user() -> str | None:
    return POSTGRES_USER if os.geteuid() == 0 else None


@contextmanager
def _open_folder(owner: str | None) -> Iterator[Path]:
    # Not pytest's folder, which no other user may enter; and short, for the sockets inside.
    with tempfile.TemporaryDirectory(prefix="cp-", ignore_cleanup_errors=True) as name:
        if owner is not None and os.geteuid() == 0:
            try:
                shutil.chown(name, owner)
            except LookupError:
                pytest.skip(f"PostgreSQL does not run as root, and there is no user {owner!r} to run it as")
        yield Path(name)


def _run(command: Sequence[str], user: str | None = None, cwd: Path | None = None) -> str:
    done = subprocess.run(command, user=user, cwd=cwd or "/", text=True, timeout=START_S, check=False, capture_output=True, env=_plain())
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def _plain() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _write_ceph_settings(folder: Path, port: int) -> None:
    monitor = free_port()
    settings = {
        "global": {
            "fsid": str(uuid.uuid4()),
            "mon host": f"v2:127.0.0.1:{monitor}",
            "public addr": "127.0.0.1",
            "keyring": f"{folder}/keyring",
            "run dir": str(folder),
            "log file": f"{folder}/$name.log",
            "admin socket": f"{folder}/$name.asok",
            "osd pool default size": "1",
            "osd pool default min size": "1",
            "osd pool default pg num": "1",
            "osd pool default pgp num": "1",
            "osd pool default pg autoscale mode": "off",
            "osd crush chooseleaf type": "0",
            "osd objectstore": "memstore",
            "memstore device bytes": str(2 << 30),
            "mon allow pool size one": "true",
            "mon max pg per osd": "1000",
            "mon data avail crit": "0",
            "ms bind ipv6": "false",
        },
        "mon.a": {"mon data": f"{folder}/mon"},
        "osd.0": {"osd data": f"{folder}/osd"},
        "client": {"rgw frontends": f"beast endpoint=127.0.0.1:{port} tcp_nodelay=1"},
    }
    lines = [f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()) for name, keys in settings.items()]
    (folder / "ceph.conf").write_text("\n".join(lines))


def _make_ceph_cluster(folder: Path) -> None:
    everything = ["--cap", "mon", "allow *"]
    _run(["ceph-authtool", "-C", "keyring", "--gen-key", "-n", "mon.", *everything], cwd=folder)
    admin = [*everything, "--cap", "osd", "allow *"]
    _run(["ceph-authtool", "keyring", "--gen-key", "-n", "client.admin", *admin], cwd=folder)
    store = ["--cap", "mon", "allow profile osd", "--cap", "osd", "allow *"]
    _run(["ceph-authtool", "keyring", "--gen-key", "-n", "osd.0", *store], cwd=folder)
    settings = (folder / "ceph.conf").read_text().splitlines()
    values = dict(line.split(" = ", 1) for line in settings if " = " in line)
    address = ["--addv", "a", f"[{values['mon host']}]", "--fsid", values["fsid"]]
    _run(["monmaptool", "--create", "--clobber", *address, "monmap"], cwd=folder)
    keys = ["--monmap", "monmap", "--keyring", "keyring"]
    _run(["ceph-mon", "-c", "ceph.conf", "--mkfs", "-i", "a", *keys], cwd=folder)


@contextmanager
def _daemon(folder: Path, command: Sequence[str]) -> Iterator[None]:
    with (folder / f"{command[0]}.out").open("wb") as output:
        arguments = [command[0], "-f", "-c", "ceph.conf", *command[1:]]
        process = subprocess.Popen(arguments, cwd=folder, stdout=output, stderr=output, env=_plain())
        try:
            yield
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()


def _wait_for_http(endpoint: str) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(endpoint, timeout=5):
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > until:
                raise RuntimeError(f"{endpoint} did not answer in {START_S:.0f} s: {error}") from None
            time.sleep(0.2)
