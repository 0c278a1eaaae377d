"""The sheet that every page of ours stands on: head, masthead, sections, foot. Pure but for its own style file.

A page asks for nothing: style stands in it, there are no scripts, no fonts, no images from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from redline.report.marks import HATCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A stroke through a line: the wordmark, small.
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' "
    "rx='3' fill='%23fbf9f5'/%3E%3Cpath d='M3 5h10M3 11h7' stroke='%231c1a17' stroke-width='2'/%3E%3Cpath "
    "d='M2 8h12' stroke='%23bf2a22' stroke-width='2'/%3E%3C/svg%3E"
)


class Section(NamedTuple):
    """A part of a page. `lead` and `body` are HTML."""

    name: str
    title: str
    lead: str
    body: str


class Link(NamedTuple):
    """An entry of the masthead; the current page is marked."""

    address: str
    words: str
    current: bool = False


@cache
def style() -> str:
    """The style sheet of every page."""
    return files("redline.report").joinpath("style.css").read_text("utf-8")


@cache
def policy(css: str) -> str:
    """The Content-Security-Policy that lets a page with this style sheet be shown, and nothing else happen."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def page(title: str, hero: str, sections: Iterable[Section], foot: Sequence[str], links: Sequence[Link] = ()) -> str:
    """A whole document. Without `links` the masthead leads to the sections.

    Args:
        title: plain text.
        hero: HTML with the one `h1`.
        sections: in order.
        foot: lines of HTML.
        links: to other pages.
    """
    shown = list(sections)
    entries = links or [Link(f"#{s.name}", s.name.capitalize()) for s in shown]
    nav = "".join(
        f'<li><a href="{escape(link.address)}"{" aria-current=page" if link.current else ""}>{link.words}</a></li>'
        for link in entries
    )
    body = "".join(
        f'<section id="{s.name}" aria-labelledby="{s.name}-title"><header><h2 id="{s.name}-title">{s.title}</h2>'
        f'{f"<p>{s.lead}</p>" if s.lead else ""}</header><div class="body">{s.body}</div></section>'
        for s in shown
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f'<title>{escape(title)}</title><link rel="icon" href="{_ICON}"><style>{style()}</style></head>'
        f'<body><a class="skip" href="#content">To the content</a>{HATCH}<div class="page">'
        f'<header class="mast{" app" if links else ""}"><div class="wordmark"><b>Red</b>line</div>'
        f'<nav aria-label="{"Pages" if links else "Sections"}"><ul>{nav}</ul></nav></header>'
        f'<main id="content"><div class="hero">{hero}</div>{body}</main>'
        f'<footer class="foot">{"".join(f"<p>{line}</p>" for line in foot)}</footer></div></body></html>\n'
    )
