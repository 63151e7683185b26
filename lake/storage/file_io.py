"""Let Iceberg read and write its own files through the S3 client that stores use.

pyiceberg's own client opens a multipart upload for every small file, three requests where one does.
"""

from pyarrow.fs import FileSystem
from pyiceberg.io.pyarrow import PyArrowFileIO

from lake.storage.store import s3_filesystem


class StoreFileIO(PyArrowFileIO):
    """Iceberg's files where stores keep theirs."""

    def _initialize_s3_fs(self, netloc: str | None) -> FileSystem:
        return s3_filesystem()
