"""The lake: the tables of a store, to be read as of any snapshot and published to."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError

from lake.addresses import check_address
from lake.configuration import Pipeline
from lake.contracts import TABLES
from lake.errors import ConfigurationError, ContractError, InputError, LostTableError, MissingTableError, PublishError
from lake.publishing.content import EMPTY_CONTENT, changed_content, file_identity
from lake.publishing.parts import checked_part, part_name
from lake.publishing.records import receipts_of
from lake.publishing.services import Services
from lake.publishing.shards import ShardLocation
from lake.publishing.snapshots import NOT_PINNED, AsOf, Pins, Snapshot, resolve, snapshot_of, state, tags
from lake.schemas import arrow_schema, empty_table, record_of
from lake.sql.filters import Where, arrow_filter
from lake.storage.carried_catalog import carried_state
from lake.storage.catalog_addresses import database_url
from lake.storage.data_files import DataFile
from lake.storage.identity import lost_described, namespace_of
from lake.storage.live_files import live_files
from lake.storage.store import Store, open_store
from lake.storage.table_metadata import newest_metadata
from lake.storage.table_states import TableState

if TYPE_CHECKING:
    import pyarrow.dataset as ds
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

    from lake.publishing.leases import LeaseKeeper

BATCH_ROWS = 4096
TAG_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables of one store."""

    store: Store
    namespace: str
    services: Services = field(repr=False)
    pins: Pins = NOT_PINNED

    @property
    def catalog(self) -> "Catalog":
        """The Iceberg catalog, which is opened now if nothing has needed it yet."""
        return self.services.catalog

    @property
    def leases(self) -> "LeaseKeeper":
        """Who holds the right to publish what."""
        return self.services.leases

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the database beside the catalog; it holds its password."""
        return self.services.database_url

    def pinned(self, as_of: AsOf = None, *, tables: Collection[str] = tuple(TABLES)) -> "Lake":
        """Return this lake with tables that stand still: whatever is published meanwhile, readers see one state of all.

        Publishing does not change: it adds to the tables as they are. What was pinned before is pinned again, to this state.

        Args:
            as_of: Which state: a snapshot id or a tag of any table, or a time; None is now. See `lake.publishing.snapshots.state`.
            tables: That are pinned; all others are read as they are when they are read.

        Raises:
            InputError: `as_of` names nothing.
        """
        looked_at = tables if as_of is None else TABLES
        loaded = {name: table for name in looked_at if (table := self._made(name)) is not None}
        found = state(loaded, as_of)
        snapshots = {name: snapshot_id for name, snapshot_id in found.snapshots.items() if name in tables}
        expired = {name: why for name, why in found.expired.items() if name in tables}
        return replace(self, pins=Pins(as_of, frozenset(tables), snapshots, expired, loaded))

    def location(self, table: str, key: str, part: Mapping[str, str] | None = None) -> ShardLocation:
        """Return where a stage writes its shards of a part of a table, and take the lease to publish there.

        A run takes its locations before it computes: of two runs that write the same part under other keys, the one
        that took its location later wins, and the other one is refused when it publishes after it.

        Args:
            table: Its name.
            key: The stage key, 64 hexadecimal characters.
            part: Partition column to value; None or `{}` is the whole table.

        Raises:
            ContractError: There is no such table, or it is not partitioned by the part's columns.
            LeaseLostError: Another process is publishing the same stage key there.
            ConfigurationError: The store or the catalog's database cannot be written to.
        """
        location = ShardLocation(self.store, table, key, checked_part(table, part or {}))
        self.store.check_writable(location.folder)
        self.leases.take(self.scope(table), part_name(location.part), key)
        return location

    def scope(self, table: str) -> str:
        """Return the name under which a table's leases are kept."""
        return f"{self.namespace}.{table}"

    def has(self, table: str) -> bool:
        """Whether a table has been published; of a pinned one, by then."""
        if table in self.pins.tables:
            return table in self.pins.snapshots or table in self.pins.expired
        return (loaded := self._made(table)) is not None and loaded.current_snapshot() is not None

    def _made(self, table: str) -> TableState | None:
        try:
            return self.state(table)
        except MissingTableError:
            return None

    def state(self, table: str) -> TableState:
        """Return what a table's metadata says of it now.

        Raises:
            MissingTableError: No stage has made it.
            LostTableError: It lies in the store, and the catalog does not know it.
            ContractError: It was published under another contract version.
        """
        record_of(table)
        if self.services.carried:
            try:
                if (found := carried_state(self.store, self.namespace, table)) is not None:
                    return found
            except NoSuchTableError:
                if newest_metadata(self.store, table) is None:
                    raise MissingTableError(_missing(self.store, table, None)) from None
        from lake.storage.iceberg_tables import state_of

        return state_of(self.table(table))

    def table(self, table: str) -> "Table":
        """Return the Iceberg table, for what writes to it or reads all that its metadata names.

        Raises:
            MissingTableError: No stage has made it.
            LostTableError: It lies in the store, and the catalog does not know it.
            ContractError: It was published under another contract version.
        """
        from lake.storage.catalogs import load_table

        record_of(table)
        try:
            return load_table(self.store, self.catalog, self.namespace, table)
        except NoSuchTableError:
            if newest_metadata(self.store, table) is None:
                raise MissingTableError(_missing(self.store, table, None)) from None
        try:  # whoever has made it meanwhile told the catalog before it was published
            return load_table(self.store, self.catalog, self.namespace, table)
        except NoSuchTableError:
            raise LostTableError(lost_described(self.store, table)) from None

    def snapshot(self, table: str, as_of: AsOf = None, *, part: Mapping[str, str] | None = None) -> Snapshot:
        """Return the state of a table now, or as of a snapshot id, tag or time.

        Args:
            table: Its name.
            as_of: See `lake.publishing.snapshots.AsOf`; None is what the table is pinned to, or else now.
            part: Count the content over this part's files alone, so that publishing another part changes nothing.

        Raises:
            MissingTableError: The table had not been published by then.
            InputError: What `as_of` means has expired.
        """
        if as_of is None and table in self.pins.tables:
            if table in self.pins.expired:
                raise InputError(self.pins.expired[table])
            as_of = self.pins.snapshots.get(table)
            if as_of is None:
                raise MissingTableError(_missing(self.store, table, self.pins.as_of))
        loaded = self._holding(table, as_of)
        found = resolve(loaded, as_of)
        if found is None:
            raise MissingTableError(_missing(self.store, table, as_of))
        whole = snapshot_of(loaded, found)
        if not part:
            return whole
        files = self.files(table, part=part, as_of=found.snapshot_id)
        content = changed_content(EMPTY_CONTENT, added=self.identities(files))
        return Snapshot(whole.snapshot_id, content, whole.key, whole.committed_at)

    def identities(self, files: Sequence[DataFile]) -> list[int]:
        """Return what each file adds to its table's content digest.

        Args:
            files: Live files of one table, or of several.

        Raises:
            PublishError: A file has no receipt on record.
        """
        receipts = receipts_of(self.store, (file.path for file in files))
        unknown = [file.path for file in files if file.path not in receipts]
        if unknown:
            raise PublishError(f"no record holds the sha-256 of {len(unknown):,} live files, e.g. {unknown[0]!r}; {_DOCTOR}")
        return [file_identity(file.part, file.rows, receipts[file.path].sha256) for file in files]

    def files(self, table: str, *, part: Mapping[str, str] | None = None, where: Where = None, as_of: AsOf = None) -> list[DataFile]:
        """Return the live files of a table, by path.

        Args:
            table: Its name.
            part: Only the files of this part.
            where: Only files that may hold such rows (mappings prune, expressions do not).
            as_of: See `lake.publishing.snapshots.AsOf`.
        """
        wanted = {**(where if isinstance(where, Mapping) else {}), **checked_part(table, part or {})}
        _checked_columns(table, list(wanted))
        snapshot_id = self.snapshot(table, as_of).snapshot_id
        return live_files(self.store, self._holding(table, snapshot_id), wanted, snapshot_id)

    def _holding(self, table: str, as_of: AsOf) -> TableState:
        """Return the table as it was loaded when it was pinned, if what is asked for is its pinned snapshot; else as it is now."""
        pinned = as_of is not None and as_of == self.pins.snapshots.get(table)
        return (self.pins.loaded.get(table) if pinned else None) or self.state(table)

    def dataset(self, table: str, *, where: Where = None, as_of: AsOf = None) -> "ds.Dataset":
        """Return the files of a table that may hold such rows as a pyarrow dataset; rows are not filtered yet.

        Args:
            table: Its name.
            where: Only files that may hold such rows; see `Where`.
            as_of: See `lake.publishing.snapshots.AsOf`.
        """
        return self._opened(table, [file.path for file in self.files(table, where=where, as_of=as_of)])

    def _opened(self, table: str, paths: Sequence[str]) -> "ds.Dataset":
        from lake.publishing.reading import open_dataset, rows_alone

        schema = arrow_schema(record_of(table))
        return open_dataset(self.store, paths, schema=schema) if paths else rows_alone(empty_table(record_of(table)))

    def batches(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Where = None,
        as_of: AsOf = None,
        batch_rows: int = BATCH_ROWS,
    ) -> Iterator[pa.RecordBatch]:
        """Stream rows of a table, file by file in the order of their paths, in bounded memory.

        Args:
            table: Its name.
            columns: All by default, in the contract's order; else these, in this order.
            where: See `Where`.
            as_of: See `lake.publishing.snapshots.AsOf`.
            batch_rows: Rows in a batch, at most.

        Raises:
            MissingTableError: The table had not been published by then.
            ContractError: The table has no such column.
        """
        from lake.publishing.reading import damage_named

        wanted = _checked_columns(table, columns)
        paths = [file.path for file in self.files(table, where=where, as_of=as_of)]
        scanner = self._opened(table, paths).scanner(
            columns=wanted, filter=arrow_filter(where), batch_size=batch_rows, batch_readahead=4, fragment_readahead=2
        )
        with damage_named(self.store, paths):
            yield from (batch for batch in scanner.to_batches() if batch.num_rows)

    def read(self, table: str, *, columns: Sequence[str] | None = None, where: Where = None, as_of: AsOf = None) -> pa.Table:
        """Return rows of a table; see `batches` for what does not fit in memory.

        Args:
            table: Its name.
            columns: All by default, in the contract's order; else these, in this order.
            where: See `Where`.
            as_of: See `lake.publishing.snapshots.AsOf`.
        """
        wanted = _checked_columns(table, columns)
        schema = arrow_schema(record_of(table))
        rows = pa.Table.from_batches(
            self.batches(table, columns=wanted, where=where, as_of=as_of),
            schema=pa.schema([schema.field(name) for name in wanted], metadata=schema.metadata),
        )
        return cast(pa.Table, rows)

    def tag(self, table: str, snapshot_id: int, name: str) -> None:
        """Pin a snapshot under a name; the same pin again changes nothing.

        Args:
            table: Its name.
            snapshot_id: One of the table's.
            name: Of the tag; it never moves.

        Raises:
            InputError: There is no such snapshot, or the tag pins another one.
        """
        for attempt in range(TAG_ATTEMPTS):
            loaded = self.state(table)
            pinned = tags(loaded).get(name)
            if pinned == snapshot_id:
                return
            if pinned is not None:
                raise InputError(f"tag {name!r} of table {table!r} pins snapshot {pinned}, not {snapshot_id}; tags do not move")
            resolve(loaded, snapshot_id)
            try:
                self.table(table).manage_snapshots().create_tag(snapshot_id, name).commit()
                return
            except CommitFailedException:
                if attempt == TAG_ATTEMPTS - 1:
                    raise

    def untag(self, table: str, name: str) -> bool:
        """Take a tag away, so that what it alone keeps expires in time; return whether there was one.

        Args:
            table: Its name.
            name: Of the tag.
        """
        for attempt in range(TAG_ATTEMPTS):
            if name not in tags(self.state(table)):
                return False
            try:
                self.table(table).manage_snapshots().remove_tag(name).commit()
                return True
            except CommitFailedException:
                if attempt == TAG_ATTEMPTS - 1:
                    raise
        return False


def _missing(store: Store, table: str, as_of: AsOf) -> str:
    when = "has not been published yet" if as_of is None else f"had not been published as of {as_of}"
    return f"table {table!r} {when} in {store.root!r}; run the stage that writes it"


def open_lake(pipeline: Pipeline) -> Lake:
    """Open the lake of a pipeline.

    Raises:
        ConfigurationError: The store or the catalog cannot be used.
    """
    catalog = pipeline.catalog.get_secret_value() if pipeline.catalog else None
    database = pipeline.database.get_secret_value() if pipeline.database else None
    wait_s = pipeline.outage_wait_s
    return connect_lake(pipeline.store, catalog=catalog, name=pipeline.name, database=database, outage_wait_s=wait_s)


def connect_lake(
    store: str, *, catalog: str | None = None, name: str = "centrepiece", database: str | None = None, outage_wait_s: float = 0
) -> Lake:
    """Open a lake by its addresses; see `lake.storage.catalogs.open_catalog` and `lake.storage.catalog_addresses.database_url`.

    Args:
        store: A local folder, or `s3://bucket/prefix`.
        catalog: `sqlite:///…`, `postgresql+psycopg://…`, `https://…` (REST) or `glue://`; None is SQLite inside a local store.
        name: Namespace of the tables where the store is new.
        database: SQLAlchemy URL of the database for leases and the model registry, where the catalog is no SQL database.
        outage_wait_s: How long a PostgreSQL server that is away is waited for whenever one connects, in seconds.

    Raises:
        ConfigurationError: An address cannot be used.
        UnreachableError: What is at an address does not answer, or refuses these credentials.
    """
    opened = open_store(store)
    for address in filter(None, (catalog, database)):
        try:
            check_address(address)
        except ValueError as error:
            raise ConfigurationError(f"the catalog or database of the lake at {opened.root!r}: {error}") from None
    url = database_url(opened, catalog, database, outage_wait_s=outage_wait_s)
    services = Services(opened, catalog, url, outage_wait_s)
    with services.failures_told():
        return Lake(opened, namespace_of(opened, name), services)


def _checked_columns(table: str, columns: Sequence[str] | None) -> list[str]:
    known = arrow_schema(record_of(table)).names
    wanted = known if columns is None else list(columns)
    if unknown := [column for column in wanted if column not in known]:
        raise ContractError(f"table {table!r} has no column {unknown}; its columns are {known}")
    return wanted


_DOCTOR = "`centrepiece doctor` names what is wrong"
