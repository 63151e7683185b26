"""A source that is being ingested: its export is read when that is needed, which it is not where its files are as they were."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jobs.ingest.source_state import SourceState, files_of, keep_state, known_inputs, settings_of
from jobs.sources.files.exports import open_export
from jobs.workers import Workers
from lake.configuration import Source, Splits
from lake.storage.store import Store
from lake.withdrawals import Withdrawn

if TYPE_CHECKING:
    from jobs.ingest.read_export import ReadExport


class SourceReading:
    """A source, the digests of what its export holds, and the export itself, once it is read."""

    def __init__(self, source: Source, store: Store, workers: Workers, splits: Splits, withdrawn: Withdrawn) -> None:
        """Look whether the source's files are as they were, and read its export where they are not.

        Args:
            source: The stanza.
            store: Where archives are unpacked, and where is kept what was read.
            workers: Where images are read.
            splits: Of the pipeline; they say whether images get a perceptual hash.
            withdrawn: What may not be used.

        Raises:
            InputError: The export is missing or is not what the stanza says.
        """
        self.source = source
        self._store, self._workers, self._withdrawn = store, workers, withdrawn
        self._hashed = splits.near_duplicates is not None
        self._read: ReadExport | None = None
        self.inputs = self._found()

    @property
    def read(self) -> "ReadExport":
        """The export, which is read now if nothing has needed it yet."""
        if self._read is None:
            from jobs.ingest.read_export import read_export_of

            self._read = read_export_of(self._store, self.source, self._workers, hashed=self._hashed, withdrawn=self._withdrawn)
        return self._read

    def keep_readings(self) -> None:
        """Keep how files were read that had been written again and hold what they held."""
        read = self._read
        if read is not None and read.opened:
            read.cache.save(read.plan.units, read.readings, read.cache.cached_rows(read.plan.units), read.cache.owners)

    def _found(self) -> Mapping[str, str]:
        source, store = self.source, self._store
        export = open_export(source.annotations, source.images, source.classes, scene=source.scene, min_score=source.min_score, store=store)
        settings, files = settings_of(source, export, store, hashed=self._hashed, withdrawn=self._withdrawn), files_of(export)
        known = known_inputs(store, source, export, settings, files)
        if known is not None:
            return known
        from jobs.ingest.publication import read_inputs

        inputs = read_inputs(self.read)
        if files is not None:
            documents = {name or export.file or "": sha256 for name, sha256 in self.read.documents.items()}
            keep_state(store, source, SourceState(settings, files, documents, inputs))
        return inputs
