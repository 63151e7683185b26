"""pyiceberg's producers of snapshots, without two of their costs.

pyiceberg 0.12 copies the whole table metadata whenever a transaction is asked for it, a dozen times a commit, and its
overwrites carry manifests of nothing but deleted entries along for ever: every night would be slower than the last.
"""

from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _MergeAppendFiles, _OverwriteFiles


class PublishingTransaction(Transaction):
    """A transaction that works out its table's metadata once for each change that is staged."""

    def __init__(self, table: Table) -> None:
        """Begin on the table as it is."""
        super().__init__(table)
        self._known: tuple[object, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The table's metadata with the staged changes; not to be changed by its reader."""
        if self._known is None or self._known[0] is not self._updates:
            self._known = (self._updates, super().table_metadata)
        return self._known[1]


class PartReplacement(_OverwriteFiles):
    """Files of a part out, new ones in, in one snapshot; manifests that hold no file any more are left behind."""

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        return [
            manifest
            for manifest in manifests
            if manifest.added_snapshot_id in (None, self.snapshot_id) or manifest.has_added_files() or manifest.has_existing_files()
        ]


def replacement(transaction: Transaction, summary: dict[str, str]) -> PartReplacement:
    """Return the producer of a snapshot that deletes and adds files."""
    first = transaction.table_metadata.current_snapshot() is None
    operation = Operation.APPEND if first else Operation.OVERWRITE
    return PartReplacement(operation=operation, transaction=transaction, io=transaction._table.io, snapshot_properties=summary)


def addition(transaction: Transaction, summary: dict[str, str]) -> _MergeAppendFiles:
    """Return the producer of a snapshot that only adds files; manifests are merged once there are a hundred."""
    return transaction.update_snapshot(snapshot_properties=summary).merge_append()
