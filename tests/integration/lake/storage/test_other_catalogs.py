"""The same night under catalogs that are not a SQL database: Iceberg REST, and Glue as moto plays it."""

from pathlib import Path
from threading import Thread

from lake.lake import Lake, connect_lake
from lake.maintenance.doctor import examine_lake
from tests.support.nights import fingerprint, run_night
from tests.support.publications import publish_rejects, published_numbers
from tests.support.rest_catalogs import rest_catalog

PUBLISHERS = 3


def _check_night(lake: Lake, quiet: Lake) -> None:
    run_night(lake)
    assert all(report.skipped for report in run_night(lake))
    run_night(quiet)
    assert fingerprint(lake) == fingerprint(quiet)
    assert [finding.message for finding in examine_lake(lake, verify=True) if finding.level == "fault"] == []


def test_a_rest_catalog_holds_what_a_sqlite_one_does(tmp_path: Path) -> None:
    with rest_catalog(tmp_path) as uri:
        _check_night(connect_lake(str(tmp_path / "store"), catalog=uri), connect_lake(str(tmp_path / "quiet")))


def test_publishers_on_a_rest_catalog_land_each_once(tmp_path: Path) -> None:
    with rest_catalog(tmp_path) as uri:

        def publish(source: int) -> None:
            lake = connect_lake(str(tmp_path / "store"), catalog=uri, database=f"sqlite:///{tmp_path}/{source}.db")
            for number in range(4):
                publish_rejects(lake, f"source {source}", [source * 10 + number], mode="append", shards=1)

        # Each with a database of its own, so that nobody queues: the catalog's comparison alone keeps them apart.
        threads = [Thread(target=publish, args=(source,)) for source in range(PUBLISHERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lake = connect_lake(str(tmp_path / "store"), catalog=uri)
        assert published_numbers(lake) == sorted(source * 10 + number for source in range(PUBLISHERS) for number in range(4))
        assert len(lake.table("rejects").metadata.snapshots) == PUBLISHERS * 4


def test_glue_holds_what_a_sqlite_catalog_does(tmp_path: Path, moto_bucket: str) -> None:
    lake = connect_lake(f"{moto_bucket}/lake", catalog="glue://", database=f"sqlite:///{tmp_path}/leases.db")
    _check_night(lake, connect_lake(str(tmp_path / "quiet")))
