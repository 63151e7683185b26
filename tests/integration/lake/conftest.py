"""The services that the lake runs on, started once, each test with a database or a bucket of its own."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import boto3
import pytest
import sqlalchemy as sa
from moto.server import ThreadedMotoServer

from tests.support.services import CREDENTIALS, ceph_endpoint, environment, postgres_cluster

_NUMBERS = count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of the tests' own."""
    with postgres_cluster() as url:
        yield url


@pytest.fixture
def new_database(postgres_server: str) -> Callable[[], str]:
    """Makes a new, empty database and returns its URL."""

    def made() -> str:
        name = f"lake_{next(_NUMBERS)}"
        engine = sa.create_engine(f"{postgres_server}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return f"{postgres_server}/{name}"

    return made


@pytest.fixture
def postgres_url(new_database: Callable[[], str]) -> str:
    """A new, empty database."""
    return new_database()


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """An S3 endpoint that moto plays."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def ceph() -> Iterator[str]:
    """A real S3 endpoint: Ceph's."""
    with ceph_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def moto_bucket(moto_endpoint: str) -> Iterator[str]:
    """The URI of a new bucket of moto's; the environment names the endpoint."""
    with environment({**CREDENTIALS, "AWS_ENDPOINT_URL": moto_endpoint}):
        yield new_bucket()


@pytest.fixture
def ceph_bucket(ceph: str) -> Iterator[str]:
    """The URI of a new bucket of Ceph's; the environment names the endpoint."""
    with environment({**CREDENTIALS, "AWS_ENDPOINT_URL": ceph}):
        yield new_bucket()


def new_bucket() -> str:
    """Make a bucket at the endpoint that the environment names, and return its URI."""
    name = f"lake-{next(_NUMBERS)}"
    boto3.session.Session().client("s3").create_bucket(Bucket=name)
    return f"s3://{name}"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite catalog outside of the store, as a test with an S3 store and one machine uses it."""
    return f"sqlite:///{tmp_path}/catalog.db"
