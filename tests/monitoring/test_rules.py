"""The alert rules and the dashboard of docs/monitoring name metrics and labels that the program has.

promtool itself checks and tests the rules: `./scripts/alert-rules`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cctv.core.disks import Volume
from cctv.footage.repair.verify import VerifyRound
from cctv.model.ids import CameraId
from cctv.monitoring.doctor import ReportSummary, Severity
from cctv.monitoring.prometheus import metrics_of
from cctv.monitoring.status import CameraHealth, Health, Status

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
METRIC = re.compile(r"\b(cctv_[a-z_]+)(?:\{([^}]*)\})?")
LABEL = re.compile(r'([a-z_]+)\s*=~?\s*"')
ADDED = {"instance", "job", "severity", "alertname"}  # by Prometheus and by the rules themselves
FOR_COUNTERS = ("rate(", "increase(", "irate(", "resets(", "histogram_quantile(")  # every metric is a gauge


@pytest.fixture(scope="module")
def exported():
    """Each metric with its type and labels, of a site on which every sample is there."""
    camera = CameraHealth(CameraId("foyer-1"), Health.RECORDING, NOW, NOW, None, None, timedelta(0), 1e6)
    status = Status(NOW, (camera,), True, NOW, "ClockForward", timedelta(0), 0, (), 1, 2, 1, timedelta(days=1))
    status = replace(status, volume=Volume("ext4", "/dev/sda1", True, (), False))
    report = ReportSummary(NOW, Counter({Severity.WRONG: 1}), ())
    text = metrics_of(status, report, VerifyRound(NOW, 1, completed=NOW))
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    labels = {name: set() for name in types}
    for name, inside in re.findall(r"^(cctv_[a-z_]+)(?:\{(.*)\})? \S+$", text, re.MULTILINE):
        labels[name] |= set(LABEL.findall(inside))
    assert set(types.values()) == {"gauge"}
    return labels


def rules():
    """Name, expression and whole text of each rule."""
    text = (FOLDER / "alert-rules.yml").read_text()
    for block in text.split("      - alert: ")[1:]:
        expression = re.search(r"^        expr: '(.*)'$", block, re.MULTILINE)[1].replace("''", "'")
        yield block.splitlines()[0], expression, block


def panels():
    dashboard = json.loads((FOLDER / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target["legendFormat"]


def wrong(expression, shown, exported):
    """What an expression, and the labels that are shown beside it, name that no metric has."""
    used = METRIC.findall(expression)
    unknown = [name for name, _ in used if name not in exported]
    having = ADDED.union(*(exported.get(name, set()) for name, _ in used))
    inside = [label for _, matchers in used for label in LABEL.findall(matchers)]
    beside = re.findall(r"\$labels\.([a-z_]+)", shown) + re.findall(r"\{\{([a-z_]+)\}\}", shown)
    counters = [function for function in FOR_COUNTERS if function in expression]
    return [*unknown, *(label for label in (*inside, *beside) if label not in having), *counters]


def test_every_rule_names_metrics_and_labels_that_are_exported(exported):
    found = {name: wrong(expression, text, exported) for name, expression, text in rules()}

    assert len(found) > 15
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_every_panel_names_metrics_and_labels_that_are_exported(exported):
    found = {(title, expression): wrong(expression, legend, exported) for title, expression, legend in panels()}

    assert len(found) > 15
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_the_check_itself_finds_what_is_wrong(exported):
    assert wrong('cctv_camera_well{kamera="x"} == 0', "{{ $labels.guard }}", exported) == ["kamera", "guard"]
    assert wrong("rate(cctv_holdz[5m])", "", exported) == ["cctv_holdz", "rate("]


def test_every_rule_is_tested_and_every_metric_is_on_the_page(exported):
    tests = (FOLDER / "alert-rules.test.yml").read_text()
    assert [name for name, _, _ in rules() if tests.count(f"alertname: {name}\n") < 2] == []
    page = (FOLDER.parent / "monitoring.md").read_text()
    assert [name for name in exported if f"`{name}`" not in page] == []


def test_a_line_to_type_in_a_rule_is_one():
    names = {"audit", "backup", "cameras", "doctor", "footage", "hold", "retention", "status", "sweep"}
    lines = [words for _, _, text in rules() for words in re.findall(r"\bcctv ([a-z]+)\b", text)]
    assert lines
    assert set(lines) <= names
