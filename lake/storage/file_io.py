"""Let Iceberg read and write its own files through the S3 client that stores use, sealed, so that damage is found.

pyiceberg's own client opens a multipart upload for every small file, three requests where one does.
"""

import io
from collections.abc import Callable
from typing import cast

from pyarrow.fs import FileSystem
from pyiceberg.io import InputStream, OutputStream
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from lake.storage.seals import SEALED_PROPERTY, check_avro, opened_json, sealed_avro, sealed_json
from lake.storage.store import s3_filesystem

_JSON, _AVRO = ".metadata.json", ".avro"


class StoreFileIO(PyArrowFileIO):
    """Iceberg's files where stores keep theirs."""

    def new_input(self, location: str) -> PyArrowFile:
        """Return a file to read: what describes tables is held against its seal."""
        return self._sealed(super().new_input(location))

    def new_output(self, location: str) -> PyArrowFile:
        """Return a file to write: what describes tables is sealed."""
        return self._sealed(super().new_output(location))

    def _sealed(self, file: PyArrowFile) -> PyArrowFile:
        if not file.location.endswith((_JSON, _AVRO)):
            return file
        sealed = SealedFile(file.location, file._path, file._filesystem, file._buffer_size)
        sealed.is_strict = self.properties.get(SEALED_PROPERTY) == "true"
        return sealed

    def _initialize_s3_fs(self, netloc: str | None) -> FileSystem:
        return s3_filesystem()


class SealedFile(PyArrowFile):
    """A file that describes tables."""

    is_strict = False
    """Whether an Avro file must be sealed."""

    def open(self, seekable: bool = True) -> InputStream:
        """Read it whole and hold it against its seal.

        Raises:
            FileNotFoundError: It is gone.
            DamagedFileError: It is not what was sealed.
        """
        with super().open(seekable) as stream:
            data = stream.read()
        if self.location.endswith(_JSON):
            data = opened_json(data, self.location)
        elif self.is_strict:
            check_avro(data, self.location)
        return cast(InputStream, io.BytesIO(data))

    def create(self, overwrite: bool = False) -> OutputStream:
        """Return a stream that seals what is written when it is closed."""
        return cast(OutputStream, _Sealing(super().create(overwrite), sealed_json if self.location.endswith(_JSON) else sealed_avro))


class _Sealing(io.BytesIO):
    """Keeps what is written, and passes it on sealed when it is closed."""

    def __init__(self, output: OutputStream, seal: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._output, self._seal = output, seal

    def close(self) -> None:
        if not self.closed:
            data = self.getvalue()
            super().close()
            with self._output:
                self._output.write(self._seal(data))
