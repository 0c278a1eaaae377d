"""Dashboards, rules and the page of metrics ask for nothing that no process counts."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from redline.meter import Counts
from schemas import metrics
from schemas.metrics import METRICS, Kind, Metric

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
TESTS = DEPLOY / "prometheus" / "rules_test.yml"

_USE = re.compile(r"\b(redline_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_BY = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")


def exposed() -> dict[str, Metric]:
    """What Prometheus sees, by name."""
    parts = {Kind.HISTOGRAM: ("_bucket", "_sum", "_count")}
    return {one.name + part: one for one in METRICS for part in parts.get(one.kind, ("",))}


def strange(expression: str) -> list[str]:
    """What an expression asks for that is not there."""
    names, found = exposed(), []
    labels: set[str] = set()
    for name, matchers in _USE.findall(expression):
        metric = names.get(name)
        if metric is None:
            found.append(name)
            continue
        own = {*metric.labels, metrics.PROCESS, "le"}
        labels |= own
        found += [f"{name}{{{label}}}" for label in _MATCHER.findall(matchers) if label not in own]
    for group in _BY.findall(expression):
        found += [f"by ({label})" for label in map(str.strip, group.split(",")) if label not in labels]
    return found


def expressions() -> list[str]:
    found = [
        target["expr"]
        for path in sorted((DEPLOY / "grafana").glob("*.json"))
        for panel in json.loads(path.read_text("utf-8"))["panels"]
        for target in panel["targets"]
    ]
    return found + [
        rule["expr"] for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]
    ]


def test_a_metric_says_what_it_is_and_has_labels_of_ours_only() -> None:
    assert len({one.name for one in METRICS}) == len(METRICS)
    ours = {
        "stage", "topic", "reason", "how", "table", "outcome", "verdict", "expectation", "severity", "why", "kind",
        "route", "status", "series", "channel", "certificate",
    }  # fmt: skip
    for one in METRICS:
        assert re.fullmatch(r"redline_[a-z_]+", one.name), one.name
        assert one.name.endswith("_total") == (one.kind is Kind.COUNTER), one.name
        assert set(one.labels) <= ours, one.name
        assert one.meaning.endswith("."), one.name
        assert bool(one.buckets) == (one.kind is Kind.HISTOGRAM), one.name
        assert list(one.buckets) == sorted(set(one.buckets)), one.name


def test_what_is_made_from_the_list_is_as_it_would_be_made_now() -> None:
    generate = runpy.run_path(str(DEPLOY / "generate.py"))
    for path, content in generate["files"]().items():
        assert path.read_text("utf-8") == content, f"{path} is old: run `python deploy/generate.py`"
    assert {one.name for one in METRICS} <= {one.name for one in generate["shown"]()}


def test_every_metric_is_counted_by_somebody() -> None:
    rooms = ("redline", "streams", "sinks", "quality")
    code = "".join(path.read_text("utf-8") for room in rooms for path in (ROOT / room).rglob("*.py"))
    names = [name for name, value in vars(metrics).items() if isinstance(value, Metric)]
    assert len(names) == len(METRICS)
    assert [name for name in names if not re.search(rf"\bmetrics\.{name}\b", code)] == []


def test_dashboards_and_rules_ask_for_what_is_there() -> None:
    asked = expressions()
    assert len(asked) > len(METRICS)
    assert {one: strange(one) for one in asked if strange(one)} == {}
    assert strange('sum by (person) (rate(redline_lag_records{tool="x"}[5m])) + redline_gone') == [
        "redline_lag_records{tool}",
        "redline_gone",
        "by (person)",
    ]


def test_every_rule_is_tested() -> None:
    rules = {rule["alert"] for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]}
    assert rules == set(re.findall(r'alertname="(\w+)"', TESTS.read_text("utf-8")))


@pytest.mark.skipif(
    not shutil.which(os.environ.get("PROMTOOL", "promtool")),
    reason="needs promtool on the PATH, or its path in PROMTOOL: "
    "https://prometheus.io/download, or `go build ./cmd/promtool` in Prometheus's source",
)
def test_promtool_takes_rules_their_tests_dashboards_and_what_processes_write(tmp_path: Path) -> None:
    promtool = os.environ.get("PROMTOOL", "promtool")
    asked = [one.replace("$process", ".*").replace("$__rate_interval", "5m") for one in expressions()]
    every = tmp_path / "dashboards.yml"
    rules = [{"record": f"redline:panel:{n}", "expr": one} for n, one in enumerate(asked)]
    every.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}), "utf-8")
    for arguments in (
        ("check", "rules", str(RULES)),
        ("check", "rules", str(every)),
        ("check", "config", str(DEPLOY / "prometheus" / "prometheus.yml")),
        ("test", "rules", str(TESTS)),
    ):
        done = subprocess.run([promtool, *arguments], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    counts = Counts("worker-1")
    for one in METRICS:
        act = {Kind.COUNTER: counts.count, Kind.GAUGE: counts.set, Kind.HISTOGRAM: counts.observe}[one.kind]
        act(one, 1, **dict.fromkeys(one.labels, "x"))
    done = subprocess.run([promtool, "check", "metrics"], input=counts.text(), capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
