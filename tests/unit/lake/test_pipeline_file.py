from pathlib import Path
from typing import Any

import pytest
import yaml

from lake.errors import ConfigurationError
from lake.pipeline_file import load_pipeline

COMPLETE: dict[str, Any] = {
    "name": "nightly",
    "store": "./store",
    "taxonomy": "taxonomy/common.yaml",
    "label_maps": "maps/",
    "sources": [
        {
            "name": "coco",
            "customer": "coco",
            "domain": "everyday",
            "format": "coco",
            "scene": "partial",
            "annotations": "coco/instances.json",
            "images": "coco/images",
        }
    ],
    "gates": "gates.yaml",
}


def _write(folder: Path, **changes: Any) -> Path:
    path = folder / "pipeline.yaml"
    path.write_text(yaml.safe_dump({**COMPLETE, **changes}))
    return path


def test_paths_are_taken_from_the_files_folder(tmp_path: Path) -> None:
    pipeline = load_pipeline(_write(tmp_path))
    assert pipeline.store == str(tmp_path / "store")
    assert pipeline.gates == tmp_path / "gates.yaml"
    assert pipeline.sources[0].annotations == str(tmp_path / "coco" / "instances.json")


def test_uris_are_left_as_they_are(tmp_path: Path) -> None:
    changes = {"store": "s3://bucket/prefix", "catalog": "postgresql+psycopg://u@host/db"}
    pipeline = load_pipeline(_write(tmp_path, **changes))
    assert pipeline.store == "s3://bucket/prefix"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spliits": {}}, "unknown key 'spliits'; did you mean 'splits'"),
        ({"crops": {"paddding": [0, 1]}}, r"unknown key 'crops\.paddding'; did you mean 'padding'"),
        ({"balance": {"temprature": 1}}, r"unknown key 'balance\.temprature'; did you mean 'temperature'"),
        ({"sources": [{**COMPLETE["sources"][0], "licens": "x"}]}, r"'sources\.0\.licens'; did you mean 'licence'"),
        ({"qqqqqq": 1}, "unknown key 'qqqqqq'; known keys: .*balance"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_pipeline(_write(tmp_path, **changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"splits": {"train": 0.5}}, r"train \+ val \+ test must be 1, got 0\.7"),
        ({"crops": {"padding": [0.4, 0.1]}}, "padding needs 0 <= low <= high"),
        ({"crops": {"min_side": 9, "max_side": 8}}, "min_side 9 exceeds max_side 8"),
        ({"sources": []}, "sources: .*at least 1"),
        ({"sources": COMPLETE["sources"] * 2}, r"source names must be distinct, duplicate: \['coco'\]"),
        ({"sources": [{**COMPLETE["sources"][0], "group_by": "("}]}, "group_by is not a regular expression"),
        ({"sources": [{**COMPLETE["sources"][0], "group_by": "(x)"}]}, "needs a named group"),
        ({"name": "../x"}, "name: "),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_pipeline(_write(tmp_path, **changes))


def test_every_fault_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"crops: padding needs.*'spliits'"):
        load_pipeline(_write(tmp_path, spliits={}, crops={"padding": [1, 0]}))


def test_a_secret_comes_from_the_environment_and_is_never_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_PASSWORD", "hunter2")
    pipeline = load_pipeline(_write(tmp_path, catalog="postgresql+psycopg://me:${CATALOG_PASSWORD}@host/db"))
    assert pipeline.catalog is not None
    assert pipeline.catalog.get_secret_value() == "postgresql+psycopg://me:hunter2@host/db"
    for text in (repr(pipeline), str(pipeline), pipeline.model_dump_json(), str(pipeline.model_dump())):
        assert "hunter2" not in text


def test_a_secret_is_not_printed_by_an_error_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_PASSWORD", "hunter2")
    path = _write(tmp_path, catalog=["postgresql+psycopg://me:${CATALOG_PASSWORD}@host/db"], spliits={})
    with pytest.raises(ConfigurationError) as caught:
        load_pipeline(path)
    assert "hunter2" not in str(caught.value)


def test_a_secret_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CATALOG_PASSWORD", raising=False)
    with pytest.raises(ConfigurationError, match="'CATALOG_PASSWORD', which is not set"):
        load_pipeline(_write(tmp_path, catalog="postgresql://${CATALOG_PASSWORD}@host/db"))


@pytest.mark.parametrize("changes", [{"store": "${HOME}/x"}, {"spark": {"conf": {"a": "${HOME}"}}}])
def test_references_elsewhere_than_in_secrets_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="is for secrets only"):
        load_pipeline(_write(tmp_path, **changes))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"- a\n- b\n", "expected a mapping at the top level, got list"),
        (b"a: [\n", "is not YAML"),
        (b"\xff\xfe\x00", "pipeline.yaml"),
        (b"", "expected a mapping at the top level, got NoneType"),
    ],
)
def test_a_file_that_is_no_pipeline_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        load_pipeline(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*pipeline\.yaml"):
        load_pipeline(tmp_path / "pipeline.yaml")


def test_a_secret_in_a_key_of_the_wrong_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="catalog"):
        load_pipeline(_write(tmp_path, catalog=3))


@pytest.mark.parametrize(
    ("evaluation", "message"),
    [
        ({"strata": ["domain", "clas"]}, "'clas' names the unknown attribute 'clas'; did you mean 'class'"),
        ({"strata": ["domain/qqq"]}, "'domain/qqq' names the unknown attribute 'qqq'; attributes are domain, .*, seen"),
        ({"strata": ["size/size"]}, "'size/size' nests an attribute in itself"),
        ({"strata": ["size", "size"]}, r"duplicate: \['size'\]"),
        ({"tracing": {"outline_s": 0}}, r"evaluation\.tracing\.outline_s: Input should be greater than 0"),
        ({"tracing": {"click_s": -1}}, r"evaluation\.tracing\.click_s: Input should be greater than or equal to 0"),
        ({"tracing": {"click_s": float("inf")}}, r"evaluation\.tracing\.click_s: Input should be a finite number"),
        ({"tracing": {"clik_s": 3}}, r"unknown key 'evaluation\.tracing\.clik_s'; did you mean 'click_s'"),
    ],
)
def test_strata_and_tracing_prices_that_mean_nothing_are_refused(tmp_path: Path, evaluation: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_pipeline(_write(tmp_path, evaluation=evaluation))


def test_strata_nest_and_prices_are_read(tmp_path: Path) -> None:
    evaluation = {"strata": ["customer/class", "seen/thinness/crowding"], "tracing": {"outline_s": 45, "click_s": 2.5}}
    read = load_pipeline(_write(tmp_path, evaluation=evaluation)).evaluation
    assert read.strata == ("customer/class", "seen/thinness/crowding")
    assert (read.tracing.outline_s, read.tracing.click_s) == (45.0, 2.5)
