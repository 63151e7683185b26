"""Open the Iceberg catalog of a store, and make and load its tables there."""

import time
from contextlib import suppress
from pathlib import Path

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.sql import SqlCatalog, SqlCatalogBaseTable
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError, TableAlreadyExistsError, ValidationError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from sqlalchemy.exc import IntegrityError

from lake.addresses import with_parameters
from lake.contracts import CONTRACT_VERSION, PARTITIONS
from lake.errors import ConfigurationError, DamagedFileError, LostTableError, first_line
from lake.schemas import arrow_schema, measured_columns, record_of
from lake.storage.catalog_addresses import CATALOG_NAME, database_url, is_sql
from lake.storage.databases import engine_of
from lake.storage.file_io import StoreFileIO
from lake.storage.iceberg_schemas import iceberg_schema
from lake.storage.identity import MOVED, check_table, lost_described
from lake.storage.object_storage import region
from lake.storage.seals import SEALED_PROPERTY
from lake.storage.sql_tables import make_tables
from lake.storage.store import Store
from lake.storage.table_metadata import newest_metadata

_MAKING_TRIES, _MAKING_POLL_S = 10, 0.1

_TABLE_PROPERTIES = {
    "format-version": "2",
    # Publishing retries by itself: it must look for the stage key and count the content again on every attempt.
    "commit.retry.num-retries": "0",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    SEALED_PROPERTY: "true",
}


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
    if catalog is None or is_sql(catalog):
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


def load_table(store: Store, catalog: Catalog, namespace: str, table: str) -> Table:
    """Load a table.

    Raises:
        NoSuchTableError: The catalog has no such table.
        ConfigurationError: The catalog's table lies in another store, or its metadata is gone: the store moved.
        ContractError: It was published under another contract version.
        DamagedFileError: The catalog or the table's metadata is damaged.
    """
    try:
        loaded = catalog.load_table((namespace, table))
    except FileNotFoundError as error:
        raise ConfigurationError(f"the catalog names a file of table {table!r} that is not there ({error}); {MOVED}") from None
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise DamagedFileError(
            f"table {table!r} cannot be loaded, the catalog or its metadata is damaged: {first_line(error)}; {_BACKUP}"
        ) from None
    check_table(store, namespace, table, loaded.location(), loaded.properties)
    return loaded


_BACKUP = "restore `catalog.db` and the table's `metadata` from one backup of the store; `centrepiece doctor` says what else is wrong"
