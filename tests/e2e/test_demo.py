"""The demo, from nothing to a promoted model, and what a user does next."""

import re
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Centrepiece, Outcome

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
Demo = tuple[Path, Outcome]


def test_the_demo_ends_by_saying_where_report_verdict_and_model_are(demo: Demo) -> None:
    pipeline, outcome = demo
    assert (pipeline.parent / "store" / "reports" / "report.html").stat().st_size > 10_000
    said = re.search(r"^model: (\S+)$", outcome.err, re.MULTILINE)
    assert said, outcome.err[-2000:]
    assert list(Path(said.group(1).removeprefix("file://")).glob("*.safetensors"))
    assert re.search(r"^verdict: PASS", outcome.err, re.MULTILINE)
    assert "report.html" in outcome.err


def test_every_stage_conserves_its_rows(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    for name in ("ingest", "label", "balance", "crop"):
        report = centrepiece(name, pipeline, "--json").json
        assert report["rows_in"] == report["rows_out"] + sum(report["rejected"].values()), name
        assert report["rows_in"] > 0, name
        assert report["skipped"], name


def test_a_second_run_commits_nothing_and_says_so(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    before = {path for path in (pipeline.parent / "store" / "tables").rglob("*") if path.is_file()}
    outcome = centrepiece("run", pipeline, "--json")
    assert all(report["skipped"] or report["stage"] == "report" for report in outcome.json), outcome.json
    assert "nothing was committed" in outcome.err
    assert {path for path in (pipeline.parent / "store" / "tables").rglob("*") if path.is_file()} == before


def test_the_model_beats_box_and_ellipse_on_edges_in_every_domain(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    where = "metric = 'edge_overlap_f_r2' AND split = 'test'"
    query = f"SELECT model, domain, avg(value) AS f FROM scores WHERE {where} GROUP BY ALL"
    rows = centrepiece("sql", pipeline, query, "--format", "json").json
    mean = {(row["model"], row["domain"]): row["f"] for row in rows}
    domains = {domain for _, domain in mean}
    assert len(domains) == 3
    learnt = {model for model, _ in mean if re.fullmatch(r"[0-9a-f]{64}", model)}
    assert len(learnt) == 1
    for domain in domains:
        model_f = mean[next(iter(learnt)), domain]
        assert model_f > mean["floor-box", domain] + 0.02, (domain, mean)
        assert model_f > mean["floor-ellipse", domain] + 0.02, (domain, mean)


def test_background_classes_are_dropped(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    dropped = centrepiece("sql", pipeline, "SELECT DISTINCT label FROM instances WHERE disposition = 'background'", "--format", "json").json
    assert {row["label"].lower() for row in dropped} >= {"sky", "road"}
    cut = centrepiece("sql", pipeline, "SELECT DISTINCT label FROM crops", "--format", "json").json
    assert not {row["label"] for row in cut} & {row["label"] for row in dropped}
    assert len(cut) >= 20


def test_one_thing_named_by_three_customers_is_one_class(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    rows = centrepiece(
        "sql", pipeline, "SELECT class_id, count(DISTINCT label) AS names FROM instances GROUP BY 1 HAVING names > 1", "--format", "json"
    ).json
    assert rows


def test_sql_prints_csv_and_parquet(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    assert centrepiece("sql", pipeline, "SELECT count(*) AS n FROM crops", "--format", "csv").out.splitlines()[0].strip('"') == "n"


def test_a_broken_query_is_the_users_fault(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    outcome = centrepiece("sql", pipeline, "SELECT nothing FROM nowhere", expect=2)
    assert "nowhere" in outcome.err
    assert "Traceback" not in outcome.err


def test_doctor_finds_nothing_wrong(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    findings = centrepiece("doctor", pipeline, "--json").json
    assert findings
    assert not [finding for finding in findings if finding["level"] == "fault"]


def test_the_store_is_looked_after(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    swept = centrepiece("gc", pipeline, "--dry-run", "--json").json
    assert swept["dry_run"]
    assert not swept["removed"], "nothing is garbage after a run that was not disturbed"
    assert "crops" in swept["tagged"], "what a model was trained on is tagged"
    traced = centrepiece("lineage", pipeline, "crops").out
    assert "stage ingest" in traced
    planned = centrepiece("judge", pipeline, "--plan", "--json").json
    assert {row["stratum"] for row in planned["details"]["strata"]} >= {"all", "domain=retail"}


def test_labels_are_covered_and_exports_detected(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    covered = centrepiece("taxonomy", "coverage", pipeline, "--json").json
    assert {row["state"] for row in covered["labels"]} >= {"kept", "background"}
    assert centrepiece("taxonomy", "suggest", pipeline, "--json").json == []
    assert yaml.safe_load(centrepiece("detect", pipeline.parent / "coco").out)[0]["format"] == "coco"


def test_a_candidate_made_worse_is_refused_and_the_stratum_named(demo: Demo, centrepiece: Centrepiece) -> None:
    pipeline, _ = demo
    settings = yaml.safe_load(pipeline.read_text())
    settings["training"]["epochs"] = 1
    worse = pipeline.with_name("worse.yaml")
    worse.write_text(yaml.safe_dump(settings))
    candidate = centrepiece("fit", worse, "--json").json["details"]["model"]
    for name in ("predict", "score"):
        centrepiece(name, worse, "--model", candidate)
    outcome = centrepiece("judge", worse, "--candidate", candidate, "--json", expect=3)
    assert outcome.json["details"]["outcome"] == "FAIL"
    assert re.search(r"error: verdict FAIL: .*domain=\w+.*edge_overlap_f", outcome.err), outcome.err
    refused = centrepiece("promote", worse, "--candidate", candidate, expect=3)
    assert "FAIL" in refused.err
    champion = centrepiece("judge", pipeline, "--candidate", "champion", "--json").json
    assert champion["skipped"], "the champion has been judged already"
    assert champion["details"]["candidate"] != candidate
