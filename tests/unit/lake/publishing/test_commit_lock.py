import time
from multiprocessing.synchronize import Event
from pathlib import Path

from lake.publishing.commit_lock import commit_lock
from tests.support.forks import FORKS


def test_a_lock_of_another_process_is_waited_for_but_not_for_ever(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/catalog.db"
    begun = FORKS.Event()
    process = FORKS.Process(target=_hold, args=(url, begun))
    process.start()
    assert begun.wait(60)
    with commit_lock(url, "lake.crops", wait_s=0.05) as held:
        assert not held
    with commit_lock(url, "lake.plan", wait_s=0.05) as other:
        assert other
    process.kill()
    process.join()
    process.close()
    with commit_lock(url, "lake.crops", wait_s=30) as after:
        assert after


def _hold(url: str, begun: Event) -> None:
    with commit_lock(url, "lake.crops"):
        begun.set()
        time.sleep(600)
