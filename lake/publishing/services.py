"""What a lake is published through, its catalog and its leases: opened when they are needed, for reading a local lake needs neither."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lake.errors import UnreachableError
from lake.outages import own_words, system_errors
from lake.storage.carried_catalog import carries_catalog
from lake.storage.store import Store

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

    from lake.publishing.leases import LeaseKeeper

_CHECK = "check `store`, `catalog` and `database` of the pipeline, the AWS settings where it is on S3, and who may read there"


class Services:
    """The catalog and the leases of one lake."""

    def __init__(self, store: Store, address: str | None, database_url: str, outage_wait_s: float) -> None:
        """Look whether the store carries its catalog with it; another one is opened at once, so that what is wrong with it is told.

        Args:
            store: Where the tables' files are.
            address: Of the catalog; see `lake.storage.catalogs.open_catalog`.
            database_url: SQLAlchemy URL of the database beside the catalog.
            outage_wait_s: How long a PostgreSQL server that is away is waited for, in seconds.

        Raises:
            ConfigurationError: The address has another scheme.
            UnreachableError: What is there does not answer, or refuses the credentials.
        """
        self._store, self._address, self._outage_wait_s = store, address, outage_wait_s
        self.database_url = database_url
        if address is not None or not carries_catalog(store):
            _ = self.catalog
        self.carried = address is None and carries_catalog(store)  # a new store has one by now

    @functools.cached_property
    def catalog(self) -> "Catalog":
        """The Iceberg catalog."""
        from lake.storage.catalogs import open_catalog

        with self.failures_told():
            return open_catalog(self._store, self._address, outage_wait_s=self._outage_wait_s)

    @functools.cached_property
    def leases(self) -> "LeaseKeeper":
        """Who holds the right to publish what."""
        from lake.publishing.leases import LeaseKeeper

        return LeaseKeeper(self.database_url)

    @contextmanager
    def failures_told(self) -> Iterator[None]:
        """Raise what disks, stores and databases raise in the block as one error that says what to check.

        Raises:
            UnreachableError: In place of theirs.
        """
        try:
            yield
        except system_errors() as error:
            raise UnreachableError(f"the lake at {self._store.root!r} cannot be opened: {own_words(error)}; {_CHECK}") from error
