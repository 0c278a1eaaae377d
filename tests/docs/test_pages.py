"""Pages say what is: links resolve, named files exist, tables equal the code they are about."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from redline.settings import Settings, shown
from schemas.tables import TABLES
from schemas.topics import TOPICS
from sinks.quarantine import quarantine_of

ROOT = Path(__file__).parents[2]
ADR = sorted((ROOT / "docs" / "adr").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")), *ADR]
ROOMS = ("redline", "streams", "streams/privacy", "sinks", "quality", "schemas")

_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_FILE = re.compile(r"`((?:redline|streams|sinks|quality|schemas|tests|docs|bench|deploy)/[\w./-]+\.\w+)`")


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


def table(page: str, title: str) -> list[list[str]]:
    """Cells of the first table under a heading of a page."""
    section = text(page).split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text("utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    for name in _FILE.findall(page.read_text("utf-8")):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("page", ADR, ids=lambda p: p.name)
def test_a_decision_has_its_three_headings_and_fits_a_page(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    assert re.fullmatch(rf"# {int(page.name[:4])}\. .+", lines[0])
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
    assert len(lines) < 60


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(page.name[:4]) for page in ADR] == list(range(1, len(ADR) + 1))


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    page = text("adr/0002-dependencies.md")
    listed = re.findall(r"^\| `([\w.-]+)` \|", page, re.MULTILINE)
    assert listed == sorted(_name(d) for d in project["project"]["dependencies"])
    development = page.split("For development:", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"`([\w.-]+)`", development)) == {_name(d) for d in project["dependency-groups"]["dev"]}


def _name(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0]


def test_the_page_lists_every_setting_with_its_default() -> None:
    rows = table("operations.md", "Settings")
    assert [(name.strip("`"), default) for name, default, _ in rows] == shown(Settings())
    assert all(meaning for _, _, meaning in rows)


def test_the_page_lists_every_topic_and_table() -> None:
    topics = table("architecture.md", "The path of one event")
    assert {row[0].strip("`"): row[4].strip("`") for row in topics[: len(TOPICS)]} == {
        t.name: t.table or "" for t in TOPICS
    }
    rows = table("architecture.md", "Tables")
    assert {row[0].strip("`"): (row[1], row[2], row[3]) for row in rows} == {
        t.name: (t.meaning, ", ".join(t.partition_by), "published" if t.published else "restricted")
        for t in TABLES.values()
    }


@pytest.mark.parametrize("name", list(TABLES))
def test_every_column_has_a_meaning(name: str) -> None:
    for found in (TABLES[name], quarantine_of(TABLES[name])):
        for column in found.schema:
            assert (column.metadata or {}).get(b"meaning"), column.name


@pytest.mark.parametrize("room", ROOMS)
def test_the_map_of_a_room_names_every_file_in_it(room: str) -> None:
    words = set(re.findall(r"[a-z][a-z_0-9]+", (ROOT / room / "__init__.py").read_text("utf-8")))
    files = {path.stem for path in (ROOT / room).glob("*.py")} - {"__init__", "__main__"}
    assert files - words == set()


@pytest.mark.parametrize("room", ROOMS)
def test_the_map_of_a_room_is_all_that_its_init_holds(room: str) -> None:
    source = (ROOT / room / "__init__.py").read_text("utf-8").strip()
    assert re.fullmatch(r'"""[^"]*"""', source)


def test_the_changelog_speaks_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"## {version} " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_picture_can_be_parsed_and_asks_for_nothing_from_outside() -> None:
    picture = ROOT / "docs" / "picture.svg"
    root = ET.fromstring(picture.read_text("utf-8"))  # noqa: S314 - our own file
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in picture.read_text("utf-8")
    assert not re.search(r'(?:href|src|url)\s*[=(]\s*["\']?(?:https?:|//)', picture.read_text("utf-8"))
