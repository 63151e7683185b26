from pathlib import Path

import pytest

from evaluation.gate.gates import load_gates
from evaluation.metrics.instance import MetricSpec
from lake.errors import ConfigurationError


def write(folder: Path, text: str) -> Path:
    path = folder / "gates.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_the_documented_margins_and_sizes(tmp_path: Path) -> None:
    gates = load_gates(write(tmp_path, "rules: [{stratum: all, metric: iou}, {stratum: 'domain=*', metric: iou}]"), MetricSpec())
    assert (gates.alpha, gates.power, gates.min_instances) == (0.05, 0.8, 300)
    assert [gates.margin_of(rule) for rule in gates.rules] == [0.01, 0.02]


def test_an_edge_metric_gets_the_pipelines_tolerance(tmp_path: Path) -> None:
    path = write(tmp_path, "rules: [{stratum: all, metric: edge_overlap_f, margin: 0.03}]")
    rule = load_gates(path, MetricSpec(edge_tolerance=3)).rules[0]
    assert (rule.metric, rule.margin) == ("edge_overlap_f_r3", 0.03)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: []", "at least 1 item"),
        ("version: 1", "rules"),
        ("rules: [{stratum: all, metric: iou, marign: 0.1}]", "did you mean 'margin'"),
        ("rules: [{stratum: all, metric: beauty}]", "names metric 'beauty'"),
        ("rules: [{stratum: 'colour=red', metric: iou}]", "'colour' is unknown"),
        ("rules: [{stratum: all, metric: iou, margin: 0}]", "greater than 0"),
        ("rules: [{stratum: all, metric: iou, compare: false}]", "asks nothing"),
        ("rules: [{stratum: all, metric: iou}, {stratum: all, metric: iou, least: 0.2}]", "two rules"),
        ("rules: [{stratum: all, metric: iou, beats: [circle]}]", "beats"),
        ("rules: [{stratum: all, metric: iou, beats: [box, box]}]", "names a baseline twice"),
        ("rules: [{stratum: all, metric: iou, beats_by: 0.1}]", "no baseline to beat"),
        ("rules: [{stratum: all, metric: iou, beats: [box], compare: false, any_regression: block}]", "compares with no champion"),
        ("rules: [{stratum: all, metric: iou, min_instances: true}]", "valid integer"),
        ("rules: [{stratum: all, metric: iou, margin: .nan}]", "less than 1"),
        ("rules: [{stratum: all, metric: iou, least: .nan}]", "less than or equal to 1"),
        ("rules: [{stratum: all, metric: tracing_s}]", "gate tracing_saved instead"),
        ("rules: [{stratum: all, metric: f_max}]", "names metric 'f_max'"),
        ("rules: [{stratum: all, metric: iou@banana}]", "names no jitter"),
        ("rules: [{stratum: '*', metric: iou}]", "expected 'all' or attribute=value"),
        ("rules: [{stratum: all, metric: iou}]\nrules: [{stratum: all, metric: dice}]", "found the key 'rules' twice"),
        ("", "expected a mapping"),
    ],
)
def test_a_file_that_would_gate_nothing_or_something_else_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_gates(write(tmp_path, text), MetricSpec())


def test_a_faulty_rule_is_told_alone_and_not_as_a_missing_one_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"rules\.0\.metric: Field required$"):
        load_gates(write(tmp_path, "rules: [{stratum: all}]"), MetricSpec())


def test_two_names_of_one_metric_are_one_rule_too_many(tmp_path: Path) -> None:
    text = "rules: [{stratum: all, metric: edge_overlap_f}, {stratum: all, metric: edge_overlap_f_r2}]"
    with pytest.raises(ConfigurationError, match="two rules"):
        load_gates(write(tmp_path, text), MetricSpec())
