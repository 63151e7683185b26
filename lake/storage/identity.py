"""What a store says of its tables: their namespace, and whether a table that a catalog names is one of them."""

from collections.abc import Mapping

import orjson

from lake.contracts import CONTRACT_VERSION
from lake.errors import ConfigurationError, ContractError, DamagedFileError
from lake.storage.seals import opened_json, sealed_json
from lake.storage.store import Store

IDENTITY_FILE = "lake.json"
MOVED = "was the store moved? `centrepiece doctor` says, and `centrepiece doctor --relocate` mends it"


def check_table(store: Store, namespace: str, table: str, location: str, properties: Mapping[str, str]) -> None:
    """Check that a table lies in a store and was written under this contract.

    Args:
        store: Where it should be.
        namespace: Of the store's tables.
        table: Its name.
        location: URI of its folder, as its metadata says.
        properties: Of the table.

    Raises:
        ConfigurationError: It lies in another store.
        ContractError: It was published under another contract version.
    """
    if location != store.uri(f"tables/{table}"):
        raise ConfigurationError(
            f"the catalog's table {namespace}.{table} lies at {location!r}, expected {store.uri(f'tables/{table}')!r}; {MOVED}"
        )
    version = properties.get("centrepiece.contract")
    if version != str(CONTRACT_VERSION):
        raise ContractError(
            f"table {table!r} was published under contract version {version}, this code knows {CONTRACT_VERSION}; "
            "use the release that wrote it, or run the pipeline into a new store"
        )


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


def lost_described(store: Store, table: str) -> str:
    """Say that a table lies in the store and is not in the catalog, and what to do."""
    return (
        f"table {table!r} lies in {store.root!r} and the catalog does not know it: the catalog is lost or another one, or "
        f"{store.uri(IDENTITY_FILE)} was changed; restore it, or `centrepiece doctor --rebuild-catalog` registers the tables again"
    )
