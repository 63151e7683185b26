"""Spark's own reader of tables tells of a changed bit, too."""

from pathlib import Path

import pytest

from jobs.spark.failures import errors_of_workers
from jobs.spark.tables import table_frame
from jobs.spark.workers import SparkWorkers
from lake.configuration import SparkSettings
from lake.errors import DamagedFileError
from lake.lake import open_lake
from tests.support.publications import publish_rejects
from tests.support.training_lakes import training_pipeline


@pytest.mark.parametrize("where", ["page", "footer"])
def test_a_changed_bit_is_an_error_that_names_the_file(tmp_path: Path, where: str) -> None:
    pipeline = training_pipeline(tmp_path).model_copy(update={"spark": SparkSettings(master="local[2]")})
    lake = open_lake(pipeline)
    publish_rejects(lake, "a", range(300), shards=1)
    (file,) = lake.files("rejects")
    on_disk = Path(lake.store.root) / file.path
    data = bytearray(on_disk.read_bytes())
    data[len(data) // 3 if where == "page" else -40] ^= 4
    on_disk.write_bytes(data)
    spark = SparkWorkers(pipeline).session()
    with pytest.raises(DamagedFileError, match=r"shard-00000-of-00001.parquet.* is not what was published"), errors_of_workers():
        table_frame(spark, lake, "rejects").collect()
