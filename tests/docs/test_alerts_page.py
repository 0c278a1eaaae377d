"""docs/alerts.md has every kind of alert in the words of the list, and the list every kind that is raised."""

from __future__ import annotations

import re
from pathlib import Path

from quality import policy
from quality.kind import described
from quality.kinds import BY_NAME, KINDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "alerts.md").read_text("utf-8")
_RAISED = re.compile(r'\b(?:_?alert|alert_of|Alert|clear)\(\s*(?:kind=)?"([a-z_]+)"')


def test_the_page_has_every_kind_as_the_list_says() -> None:
    """To make it: `"\\n".join(map(described, KINDS))` below the heading."""
    _, _, listed = PAGE.partition("## Every kind of alert\n")
    assert listed.partition("\n\n")[2] == "\n".join(map(described, KINDS))


def test_every_kind_that_code_raises_is_in_the_list() -> None:
    files = [path for room in ("redline", "sinks", "quality") for path in (ROOT / room).rglob("*.py")]
    raised = {kind for path in files for kind in _RAISED.findall(path.read_text("utf-8"))}
    assert {"gate_halt", "offset_gap", "reject_rate"} <= raised
    assert raised - BY_NAME.keys() == set()


def test_every_kind_of_a_monitor_is_in_the_list() -> None:
    assert policy.KINDS.keys() - BY_NAME.keys() == set()


def test_every_kind_says_what_it_means_and_what_to_do() -> None:
    assert len(BY_NAME) == len(KINDS)
    for kind in KINDS:
        assert kind.meaning.endswith((".", "?"))
        assert kind.remedy.endswith((".", "?"))
        assert kind.command.startswith("redline ")
        assert kind.ends != "hand" or "redline alerts resolve" in kind.remedy
