"""Tables that lie in the store and that the catalog has lost, or is behind: found, and registered again."""

from collections.abc import Iterator
from contextlib import suppress

from pyiceberg.exceptions import NamespaceAlreadyExistsError, TableAlreadyExistsError

from lake.contracts import TABLES
from lake.errors import ConfigurationError, LostTableError, MissingTableError
from lake.lake import Lake
from lake.publishing.commits import highest_fence
from lake.storage.table_metadata import StoredMetadata, metadata_number, newest_metadata

REBUILD = "`centrepiece doctor --rebuild-catalog` registers them from their newest metadata"
_AHEAD = 2
"""Commits by which a store may not be ahead of its catalog: one is what a writer that was killed leaves behind."""


def lost_tables(lake: Lake) -> dict[str, StoredMetadata]:
    """Return the newest metadata of each table that the catalog does not know, or knows only as it was some commits ago."""
    return dict(_lost(lake))


def refuse_lost_tables(lake: Lake) -> None:
    """Refuse to go on where the catalog does not know what lies in the store: whatever it does not name would look like garbage.

    Raises:
        ConfigurationError: It does not; the message names the tables and the mend.
    """
    if lost := lost_tables(lake):
        raise ConfigurationError(
            f"the catalog does not know {', '.join(sorted(lost))} as they lie in {lake.store.root!r}: it is lost, another one or an old "
            f"copy, or {lake.store.uri('lake.json')} was changed; nothing was removed; restore it, or {REBUILD}"
        )


def rebuild_catalog(lake: Lake) -> dict[str, str]:
    """Register every table that the catalog has lost from its newest metadata in the store.

    Leases and the registry of models lie beside the catalog and cannot be made from the store.

    Args:
        lake: Whose catalog.

    Returns:
        The metadata file that each table was registered with, relative to the store's root.

    Raises:
        ConfigurationError: A table's files name another place: the store was moved since.
    """
    registered = {}
    for table, found in lost_tables(lake).items():
        if found.location != lake.store.uri(f"tables/{table}"):
            raise ConfigurationError(
                f"{lake.store.uri(found.path)} is of a table at {found.location!r}: move the store back there, rebuild, and move it with "
                "`centrepiece doctor --relocate`"
            )
        identifier = (lake.namespace, table)
        with suppress(NamespaceAlreadyExistsError):
            lake.catalog.create_namespace(lake.namespace)
        try:
            lake.catalog.register_table(identifier, lake.store.uri(found.path))
        except TableAlreadyExistsError:
            lake.catalog.drop_table(identifier)
            lake.catalog.register_table(identifier, lake.store.uri(found.path))
        # The tokens of leases were counted beside the catalog: those that come must be above those that the table has seen.
        lake.leases.advance(lake.scope(table), highest_fence(lake.table(table)))
        registered[table] = found.path
    return registered


def _lost(lake: Lake) -> Iterator[tuple[str, StoredMetadata]]:
    for table in TABLES:
        found = newest_metadata(lake.store, table)
        if found is None:
            continue
        try:
            known = metadata_number(lake.state(table).metadata_location)
        except (MissingTableError, LostTableError):
            yield table, found
        else:
            if found.number - known >= _AHEAD:
                yield table, found
