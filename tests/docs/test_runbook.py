"""docs/runbook.md has a section for every kind of alert, and what it tells people to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import yaml

from quality.alert import PAGE
from quality.kinds import KINDS
from redline.cli import main
from redline.sections import Alerts

ROOT = Path(__file__).parents[2]
PAGES = ("runbook.md", "upgrade.md", "recovery.md")
_TYPED = re.compile(r"redline ([a-z][a-z-]*(?: [a-z][a-z-]*)*)((?: --[a-z-]+)*)")
_OUTSIDE = "What Prometheus sees"
_TESTS = re.compile(r"`((?:tests|bench)/[\w/]+\.py)`")


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)\n", (ROOT / "docs" / "runbook.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_kind_of_alert_has_a_section_and_nothing_else_has_one() -> None:
    assert list(sections()) == [*(kind.name for kind in KINDS), _OUTSIDE]


def test_every_rule_of_prometheus_leads_somewhere() -> None:
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text("utf-8"))["groups"]
    rules = {rule["alert"]: rule["annotations"]["runbook_url"] for group in groups for rule in group["rules"]}
    rows = re.findall(r"^\| (`Redline.+?) \| (.+) \|$", sections()[_OUTSIDE], flags=re.MULTILINE)
    anchor = _OUTSIDE.lower().replace(" ", "-")
    leads = {
        rule: "docs/runbook.md#" + [*re.findall(r"\(#(\w+)\)", to), anchor][0]
        for names, to in rows
        for rule in re.findall(r"`(\w+)`", names)
    }
    assert rules
    assert rules == leads
    assert {name.partition("#")[2] for name in leads.values()} <= {*sections(), anchor}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_section_says_what_it_means_how_to_look_what_to_do_and_what_was_tried(kind: object) -> None:
    text = sections()[getattr(kind, "name", "")]
    assert re.findall(r"^\*\*(\w+)\*\*:", text, flags=re.MULTILINE) == ["Means", "Look", "Do", "Tried"]
    tried = text.partition("**Tried**:")[2]
    assert _TESTS.findall(tried) or "not raised for real" in tried


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_tells_people_to_type_exists(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    typed = [
        line
        for part in re.findall(r"`([^`]+)`|^\$ (.+)$", text, flags=re.MULTILINE)
        for line in part
        if "redline " in line
    ]
    assert typed
    for line in typed:
        for words, options in _TYPED.findall(line):
            command = _command(words.split())
            names = {name for parameter in command.params for name in parameter.opts}
            assert {*options.split()} <= names, line
    for path in _TESTS.findall(text):
        assert (ROOT / path).exists(), path


def test_alerts_lead_to_the_runbook() -> None:
    assert (PAGE, Alerts().runbook) == ("docs/runbook.md", "docs/runbook.md")


def _command(words: list[str]) -> click.Command:
    """The command these words begin with; what follows it are its arguments."""
    found: click.Command = main
    for word in words:
        if not isinstance(found, click.Group):
            break
        assert word in found.commands, " ".join(words)
        found = found.commands[word]
    return found
