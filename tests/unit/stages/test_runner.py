"""What the runner does for every stage: keys, skips, parts, leases, counts, errors and reports."""

import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.workers import InProcess
from lake.configuration import Pipeline
from lake.errors import ConservationError, MissingPackageError, SourceLossError, StorageError
from lake.lake import open_lake
from lake.publishing.shards import shard_name, write_shard
from lake.publishing.stage_report import StageReport
from stages import runner
from stages.runner import WorkToDoError, run, standing_report
from stages.stage import Computed, Publication, Run, Stage
from tests.support.publications import published_numbers, reject_rows
from tests.support.training_lakes import training_pipeline


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return training_pipeline(tmp_path)


def counting(numbers: Sequence[int], *, lost: int = 0, calls: list[str] | None = None) -> Stage[str]:
    """A stage of two parts, sources `a` and `b`, that rejects a row a number."""

    def compute(run: Run, source: str, publication: Publication) -> Computed:
        if calls is not None:
            calls.append(source)
        written = run.workers.map(list(numbers), lambda number: reject_rows(source, [number]))
        receipts = [write_shard(publication.locations["rejects"], shard_name(0, 1), written)]
        rejected = {"box-only": len(numbers)}
        return Computed(len(numbers) + 1 + lost, 1, {"rejects": receipts}, rejected, {"source": source})

    return Stage(
        name="ingest",
        version=1,
        reads=(),
        parts=lambda _run: ("a", "b"),
        inputs=lambda _run, source: {"export": source},
        targets=lambda _run, source: [("rejects", {"stage": "ingest", "source": source})],
        spec=lambda _run, _source: list(numbers),
        compute=compute,
    )


def test_parts_are_published_by_themselves_and_skipped_when_they_stand(pipeline: Pipeline) -> None:
    calls: list[str] = []
    first = run(counting([1, 2], calls=calls), pipeline, workers=InProcess())
    again = run(counting([1, 2], calls=calls), pipeline, workers=InProcess())
    assert calls == ["a", "b"]
    assert not first.skipped and again.skipped and again.key == first.key
    assert published_numbers(open_lake(pipeline), "a") == published_numbers(open_lake(pipeline), "b") == [1, 2]


def test_another_version_of_the_code_is_computed_again(pipeline: Pipeline) -> None:
    calls: list[str] = []
    stage = counting([1], calls=calls)
    first = run(stage, pipeline, workers=InProcess())
    changed = run(replace(stage, version=2), pipeline, workers=InProcess())
    assert calls == ["a", "b", "a", "b"]
    assert not changed.skipped and changed.key != first.key


def test_a_standing_result_is_told_and_a_missing_one_is_not_begun(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(runner, "stage_named", lambda _name: counting([1], calls=calls))
    with pytest.raises(WorkToDoError):
        standing_report("ingest", pipeline)
    lake = open_lake(pipeline)
    assert not calls and not lake.has("rejects") and not lake.leases.leases()
    done = run(counting([1], calls=calls), pipeline, workers=InProcess())
    told = standing_report("ingest", pipeline)
    assert (told.key, told.rows_in, told.rejected, told.skipped) == (done.key, done.rows_in, done.rejected, True)


def test_other_settings_are_computed_again_and_replace_what_stood(pipeline: Pipeline) -> None:
    run(counting([1, 2]), pipeline, workers=InProcess())
    assert not run(counting([3]), pipeline, workers=InProcess()).skipped
    assert published_numbers(open_lake(pipeline), "a") == [3]


def test_lost_rows_stop_the_stage_before_anything_is_published(pipeline: Pipeline) -> None:
    with pytest.raises(ConservationError, match="1 unaccounted for; nothing was published"):
        run(counting([1], lost=1), pipeline, workers=InProcess())
    assert not open_lake(pipeline).has("rejects")


def test_a_part_is_finished_whether_it_was_computed_or_stood(pipeline: Pipeline) -> None:
    finished: list[tuple[str, bool]] = []

    def finish(_run: Run, report: StageReport) -> None:
        finished.append((report.details["source"], report.skipped))

    stage = replace(counting([1]), finish=finish)
    run(stage, pipeline, workers=InProcess())
    run(stage, pipeline, workers=InProcess())
    assert finished == [("a", False), ("b", False), ("a", True), ("b", True)]


def test_reports_of_parts_are_joined_where_the_stage_says_how(pipeline: Pipeline) -> None:
    stage = replace(counting([1, 2]), join=lambda reports: replace(reports[-1], rows_in=sum(report.rows_in for report in reports)))
    report = run(stage, pipeline, workers=InProcess())
    assert (report.rows_in, report.details["source"]) == (6, "b")


def test_a_stage_has_something_to_do_as_long_as_any_part_has(pipeline: Pipeline) -> None:
    run(replace(counting([1]), parts=lambda _run: ("a",)), pipeline, workers=InProcess())
    report = run(counting([1]), pipeline, workers=InProcess())
    assert report.details["source"] == "a" and not report.skipped
    assert run(counting([1]), pipeline, workers=InProcess()).skipped


def test_what_the_system_refuses_is_told_with_the_stage(pipeline: Pipeline) -> None:
    def compute(_run: Run, _part: str, _publication: Publication) -> Computed:
        raise OSError(28, "No space left on device", "/store")

    with pytest.raises(StorageError, match=r"ingest: .*No space left on device.*make room"):
        run(replace(counting([1]), compute=compute), pipeline, workers=InProcess())


def test_a_stage_without_tables_is_counted_all_the_same(pipeline: Pipeline) -> None:
    def compute(_run: Run, _part: str, _publication: Publication) -> Computed:
        return Computed(rows_in=2, rows_out=1)

    with pytest.raises(ConservationError, match="1 unaccounted for"):
        run(replace(counting([1]), targets=(), committed=lambda *_: None, compute=compute), pipeline, workers=InProcess())


@pytest.mark.parametrize(("module", "error"), [("torch", MissingPackageError), ("yaml", ModuleNotFoundError)])
def test_a_missing_package_of_an_extra_names_the_extra_and_any_other_is_a_crash(
    pipeline: Pipeline, module: str, error: type[Exception]
) -> None:
    def compute(_run: Run, _source: str, _publication: Publication) -> Computed:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    told = r"^stage 'ingest' needs 'torch': pip install 'centrepiece\[train\]'$|^No module named 'yaml'$"
    with pytest.raises(error, match=told):
        run(replace(counting([1]), compute=compute), pipeline, workers=InProcess())


class MadeSource(str):
    """A part that is watched; texts themselves are not."""


def test_a_part_is_let_go_before_the_next_is_made_and_making_it_counts_as_time(pipeline: Pipeline) -> None:
    made: list[weakref.ref[MadeSource]] = []

    def make(name: str) -> MadeSource:
        assert all(part() is None for part in made)
        time.sleep(0.02)
        source = MadeSource(name)
        made.append(weakref.ref(source))
        return source

    stage = counting([1])
    publish = stage.compute
    stage = replace(
        stage,
        parts=lambda _run: (make(name) for name in "ab"),
        inputs=lambda _run, source: {"export": str(source)},
        targets=lambda _run, source: [("rejects", {"stage": "ingest", "source": str(source)})],
        compute=lambda run, source, publication: publish(run, str(source), publication),
        join=lambda reports: replace(reports[0], seconds=min(report.seconds for report in reports)),
    )
    assert run(stage, pipeline, workers=InProcess()).seconds >= 0.02
    assert len(made) == 2


def test_an_error_that_a_stage_defers_is_raised_when_the_other_parts_are_published(pipeline: Pipeline) -> None:
    whole = counting([1, 2])

    def compute(run: Run, source: str, publication: Publication) -> Computed:
        if source == "a":
            raise SourceLossError("too much of a")
        return whole.compute(run, source, publication)

    with pytest.raises(SourceLossError, match="too much of a"):
        run(replace(whole, compute=compute, defers=(SourceLossError,)), pipeline, workers=InProcess())
    lake = open_lake(pipeline)
    assert published_numbers(lake, "a") == [] and published_numbers(lake, "b") == [1, 2]
    assert not list(lake.leases.leases())  # also what failed holds nothing
    with pytest.raises(SourceLossError):
        run(replace(whole, compute=compute, version=2), pipeline, workers=InProcess())
    assert published_numbers(lake, "b") == [1, 2]


def test_a_redo_that_fails_holds_no_lease(pipeline: Pipeline) -> None:
    whole = counting([1])
    run(whole, pipeline, workers=InProcess())
    lake = open_lake(pipeline)
    Path(lake.store.root, lake.files("rejects", part={"source": "a"})[0].path).unlink()

    def compute(_run: Run, _part: str, _publication: Publication) -> Computed:
        raise StorageError("no room")

    with pytest.raises(StorageError, match="no room"):
        run(replace(whole, compute=compute), pipeline, workers=InProcess(), redo=True)
    assert not list(open_lake(pipeline).leases.leases())
    assert run(whole, pipeline, workers=InProcess(), redo=True).details["mended"]
