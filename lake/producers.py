"""What pyiceberg's snapshot producers leave undone: an overwrite that does not drag dead manifests along."""

from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _MergeAppendFiles, _OverwriteFiles


class PartReplacement(_OverwriteFiles):
    """Files of a part out, new ones in, in one snapshot.

    pyiceberg 0.12 carries every manifest that holds nothing but deleted entries into each later snapshot, so that a
    table that is replaced every night gets slower every night. Those of earlier snapshots are left out here.
    """

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
