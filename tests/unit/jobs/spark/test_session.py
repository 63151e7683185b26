"""Masters and settings of Spark sessions, without starting one."""

import pytest

from jobs.spark.session import retrying_master, settings


@pytest.mark.parametrize(
    ("master", "expected"),
    [
        ("local", "local[1,4]"),
        ("local[2]", "local[2,4]"),
        ("local[*]", "local[*,4]"),
        ("local[3,1]", "local[3,1]"),
        ("spark://host:7077", "spark://host:7077"),
        ("local-cluster[2,1,1024]", "local-cluster[2,1,1024]"),
    ],
)
def test_tasks_of_a_local_master_are_tried_again(master: str, expected: str) -> None:
    assert retrying_master(master) == expected


def test_only_a_local_session_binds_to_the_loopback_address() -> None:
    assert settings(local=True)["spark.driver.bindAddress"] == "127.0.0.1"
    assert "spark.driver.bindAddress" not in settings(local=False)
    assert settings(local=False)["spark.sql.session.timeZone"] == "UTC"
