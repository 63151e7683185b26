"""Open the Iceberg catalog of a store, and make and load its tables there."""

import time
from contextlib import suppress
from pathlib import Path

import orjson
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.sql import SqlCatalog, SqlCatalogBaseTable
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError, TableAlreadyExistsError, ValidationError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from sqlalchemy.exc import IntegrityError

from lake.addresses import with_parameters
from lake.contracts import CONTRACT_VERSION, PARTITIONS
from lake.errors import ConfigurationError, ContractError, DamagedFileError, LostTableError, first_line
from lake.schemas import arrow_schema, iceberg_schema, measured_columns, record_of
from lake.storage.databases import engine_of, with_wait
from lake.storage.file_io import SEALED_PROPERTY, StoreFileIO
from lake.storage.object_storage import region
from lake.storage.seals import opened_json, sealed_json
from lake.storage.sql_tables import make_tables
from lake.storage.store import Store
from lake.storage.table_metadata import newest_metadata

CATALOG_NAME = "centrepiece"
IDENTITY_FILE = "lake.json"
SQLITE_FILE = "catalog.db"
SQLITE_TIMEOUT_S = 120
_MAKING_TRIES, _MAKING_POLL_S = 10, 0.1

_TABLE_PROPERTIES = {
    "format-version": "2",
    # Publishing retries by itself: it must look for the stage key and count the content again on every attempt.
    "commit.retry.num-retries": "0",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    SEALED_PROPERTY: "true",
}


def database_url(store: Store, catalog: str | None, database: str | None = None, *, outage_wait_s: float = 0) -> str:
    """Return the SQLAlchemy URL of the database beside the catalog: leases and the model registry live there.

    Args:
        store: Where the tables' files are.
        catalog: The catalog's address, None for SQLite inside a local store.
        database: An address of its own, needed where the catalog is not a SQL database and the store is not local.
        outage_wait_s: How long a PostgreSQL server that is away is waited for, in seconds.

    Raises:
        ConfigurationError: Neither gives a SQL database.
    """
    address = database or catalog
    if address is None or (not _is_sql(address) and store.is_local):
        if not store.is_local:
            raise ConfigurationError(
                f"store {store.root!r} needs a shared catalog: set `catalog` to postgresql+psycopg://…, a REST URI (https://…) or glue://"
            )
        return f"sqlite:///{Path(store.root, SQLITE_FILE)}?timeout={SQLITE_TIMEOUT_S}"
    if not _is_sql(address):
        raise ConfigurationError(
            "a REST or Glue catalog on an S3 store needs `database: postgresql+psycopg://…` for leases and the registry"
        )
    return with_wait(_with_timeout(address), outage_wait_s)


def open_catalog(store: Store, catalog: str | None, *, outage_wait_s: float = 0) -> Catalog:
    """Open the Iceberg catalog: SQLite, PostgreSQL, REST (`https://…`) or Glue (`glue://`).

    Args:
        store: Where the tables' files are.
        catalog: `sqlite:///…`, `postgresql+psycopg://…`, `https://…` or `glue://`; None is SQLite inside a local store. The
            parameters of a REST address (`?warehouse=…&token=…`) are settings of pyiceberg's client.
        outage_wait_s: How long a PostgreSQL server that is away is waited for, in seconds.

    Raises:
        ConfigurationError: The address has another scheme.
        SQLAlchemyError: The catalog's database cannot be used; another catalog raises what its client raises.
    """
    properties = {"warehouse": store.uri("tables"), "py-io-impl": f"{StoreFileIO.__module__}.{StoreFileIO.__qualname__}"}
    if catalog is None or _is_sql(catalog):
        if store.is_local:
            Path(store.root).mkdir(parents=True, exist_ok=True)
        properties |= {"type": "sql", "uri": database_url(store, catalog, outage_wait_s=outage_wait_s)}
    elif catalog.startswith(("http://", "https://")):
        address, parameters = with_parameters(catalog)
        properties |= parameters | {"type": "rest", "uri": address}
    elif catalog.startswith("glue:"):
        properties |= {"type": "glue"} | ({"glue.region": where} if (where := region()) else {})
    else:
        raise ConfigurationError(
            "catalog: expected null, sqlite:///…, postgresql+psycopg://…, https://… (REST) or glue://, "
            f"got the scheme {catalog.split(':')[0]!r}"
        )
    if properties["type"] != "sql":
        return load_catalog(CATALOG_NAME, **properties)
    engine = engine_of(properties["uri"])
    make_tables(engine, SqlCatalogBaseTable.metadata)
    loaded = SqlCatalog(CATALOG_NAME, **properties, init_catalog_tables="false")
    loaded.close()
    loaded.engine = engine
    return loaded


def namespace_of(store: Store, name: str) -> str:
    """Return the namespace of a store's tables: the name of the first pipeline that opened it, and ever since.

    It stands in the store, so that two pipelines with one store see the same tables.

    Args:
        store: Whose namespace.
        name: What it is called if this is the first time that the store is opened.

    Raises:
        ConfigurationError: The store's identity file is damaged.
    """
    if not store.exists(IDENTITY_FILE):
        store.create(IDENTITY_FILE, sealed_json(orjson.dumps({"namespace": name}) + b"\n"))
    try:
        return str(orjson.loads(opened_json(store.read_bytes(IDENTITY_FILE), store.uri(IDENTITY_FILE)))["namespace"])
    except (DamagedFileError, orjson.JSONDecodeError, KeyError, TypeError):
        raise ConfigurationError(
            f"{store.uri(IDENTITY_FILE)} is damaged: expected a JSON object with 'namespace', the name of the pipeline that first opened "
            "the store; restore it from a backup, or write it anew"
        ) from None


def ensure_table(store: Store, catalog: Catalog, namespace: str, table: str) -> Table:
    """Load a table, making it where it is not there yet; one without a snapshot counts as not published.

    Args:
        store: Where its files are.
        catalog: Where it is listed.
        namespace: Of the store's tables.
        table: Its name, one of `lake.contracts.TABLES`.

    Raises:
        ConfigurationError: The catalog's table lies in another store.
    """
    try:
        return load_table(store, catalog, namespace, table)
    except NoSuchTableError:
        if newest_metadata(store, table) is not None:
            return _just_made(store, catalog, namespace, table)
        with suppress(NamespaceAlreadyExistsError, IntegrityError):
            catalog.create_namespace_if_not_exists(namespace)
    schema = iceberg_schema(record_of(table))
    partitions = [
        PartitionField(schema.find_field(column).field_id, 1000 + index, IdentityTransform(), column)
        for index, column in enumerate(PARTITIONS.get(table, ()))
    ]
    columns = arrow_schema(record_of(table))
    unmeasured = set(columns.names) - set(measured_columns(columns))
    properties = {
        **_TABLE_PROPERTIES,
        **{f"write.metadata.metrics.column.{name}": "none" for name in sorted(unmeasured)},
        "centrepiece.contract": str(CONTRACT_VERSION),
        "schema.name-mapping.default": schema.name_mapping.model_dump_json(),
    }
    try:
        return catalog.create_table(
            (namespace, table),
            schema,
            location=store.uri(f"tables/{table}"),
            partition_spec=PartitionSpec(*partitions),
            properties=properties,
        )
    except TableAlreadyExistsError:
        return load_table(store, catalog, namespace, table)


def _just_made(store: Store, catalog: Catalog, namespace: str, table: str) -> Table:
    """Load a table that another process may be making at this moment, and refuse to begin a new one over its files."""
    for _ in range(_MAKING_TRIES):
        time.sleep(_MAKING_POLL_S)
        with suppress(NoSuchTableError):
            return load_table(store, catalog, namespace, table)
    raise LostTableError(lost_described(store, table))


def lost_described(store: Store, table: str) -> str:
    """Say that a table lies in the store and is not in the catalog, and what to do."""
    return (
        f"table {table!r} lies in {store.root!r} and the catalog does not know it: the catalog is lost or another one, or "
        f"{store.uri(IDENTITY_FILE)} was changed; restore it, or `centrepiece doctor --rebuild-catalog` registers the tables again"
    )


def load_table(store: Store, catalog: Catalog, namespace: str, table: str) -> Table:
    """Load a table.

    Raises:
        NoSuchTableError: The catalog has no such table.
        ConfigurationError: The catalog's table lies in another store, or its metadata is gone: the store moved.
        ContractError: It was published under another contract version.
        DamagedFileError: The catalog or the table's metadata is damaged.
    """
    moved = "was the store moved? `centrepiece doctor` says, and `centrepiece doctor --relocate` mends it"
    try:
        loaded = catalog.load_table((namespace, table))
    except FileNotFoundError as error:
        raise ConfigurationError(f"the catalog names a file of table {table!r} that is not there ({error}); {moved}") from None
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise DamagedFileError(
            f"table {table!r} cannot be loaded, the catalog or its metadata is damaged: {first_line(error)}; {_BACKUP}"
        ) from None
    if loaded.location() != store.uri(f"tables/{table}"):
        raise ConfigurationError(
            f"the catalog's table {namespace}.{table} lies at {loaded.location()!r}, expected {store.uri(f'tables/{table}')!r}; {moved}"
        )
    version = loaded.properties.get("centrepiece.contract")
    if version != str(CONTRACT_VERSION):
        raise ContractError(
            f"table {table!r} was published under contract version {version}, this code knows {CONTRACT_VERSION}; "
            "use the release that wrote it, or run the pipeline into a new store"
        )
    return loaded


_BACKUP = "restore `catalog.db` and the table's `metadata` from one backup of the store; `centrepiece doctor` says what else is wrong"


def _is_sql(address: str) -> bool:
    return address.startswith(("sqlite:", "postgresql"))


def _with_timeout(address: str) -> str:
    if not address.startswith("sqlite:") or "timeout=" in address:
        return address
    return f"{address}{'&' if '?' in address else '?'}timeout={SQLITE_TIMEOUT_S}"
