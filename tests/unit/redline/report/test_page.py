"""The page as text: whole, readable by machines, and asking for nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from support import figures

from redline.report.frame import policy, style
from redline.report.page import html
from redline.report.plain_html import plain

if TYPE_CHECKING:
    from redline.report.figures import Figures

VOID = {"meta", "link", "br", "rect", "line", "circle", "polyline"}
PAGES = {"full": figures.full(), "nothing": figures.nothing()}


class Reader(HTMLParser):
    """Checks that tags are balanced, and keeps what matters."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] != "style":
            self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.stack == []
    return reader


@pytest.mark.parametrize("found", PAGES.values(), ids=PAGES)
def test_it_holds_all_it_needs_and_nothing_that_runs_or_loads(found: Figures) -> None:
    page = html(found)
    tags = read(page).tags
    assert not {tag for tag, _ in tags} & {"script", "iframe", "object", "img", "form", "base"}
    for _, attributes in tags:
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        for name in ("href", "src", "data", "action"):
            assert re.match(r"#|data:image/svg", attributes.get(name) or "#")
    assert not re.search(r"@import|url\((?!#)", style())
    assert policy(style()).startswith("default-src 'none'; style-src 'sha256-")


@pytest.mark.parametrize("found", PAGES.values(), ids=PAGES)
def test_a_machine_can_read_it_aloud(found: Figures) -> None:
    tags = read(html(found)).tags
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(a.get("aria-label") for tag, a in tags if tag == "svg" and a.get("role") == "img")
    assert {a["href"] for tag, a in tags if tag == "a"} <= {f"#{name}" for name in ids}


def test_names_that_stand_in_the_data_are_text() -> None:
    page = html(figures.full())
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_what_is_hidden_is_nowhere_in_it() -> None:
    found = figures.full()
    words = " ".join(read(html(found)).words)
    assert "184,467" in words
    assert None in found.volume.counts.values()
    assert "too deep" not in words
    assert "US social" not in words


def test_a_foreign_page_becomes_plain() -> None:
    foreign = (
        "<div onclick='x()' style='color:red' id=a class='row'><script>alert(1)</script><h5>Over<b>view</b></h5>"
        "<img src=//evil><a href='https://evil'>link</a><table><tr><td hidden colspan=2>1 &lt; 2<br>"
        "<i class='fas fa-times'></i></td><td class='badge x'>&amp;lt;</td></div><style>p{}</style>"
        "<svg><rect/></svg></p>tail"
    )
    assert plain(foreign) == (
        '<div><h3>Overview</h3>link<table><tr><td colspan="2" hidden>1 &lt; 2<br>'
        '<span class="bad sign" role="img" aria-label="fails">✗</span></td><td class="chip">&amp;lt;</td></tr></table>'
        "</div>tail"
    )
