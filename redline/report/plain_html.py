"""Somebody else's HTML made plain: tags of a list, no attributes but ours, no links, nothing that loads. Pure."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TABLES = frozenset(["table", "tbody", "td", "th", "thead", "tr"])
_KEPT = _TABLES | {"br", "code", "div", "em", "li", "ol", "p", "pre", "small", "span", "strong", "ul"}
# Their headings begin at the fifth level; ours go down one at a time.
_RENAMED = {"h4": "h3", "h5": "h3", "h6": "h4"}
_CONTROLS = frozenset(["button", "form", "input", "nav", "select"])
_DROPPED = _CONTROLS | {"iframe", "noscript", "object", "script", "style", "svg", "template", "title"}
_VOID = frozenset(["br", "img", "input", "hr", "link", "meta"])
_CLASSES = {"badge": "chip", "text-danger": "bad", "text-warning": "bad", "text-success": "good"}
# What their icon font would draw, and what it says.
_ICONS = {
    "fa-check-circle": ("✓", "holds", "good"),
    "fa-times": ("✗", "fails", "bad"),
    "fa-exclamation-triangle": ("!", "could not be asked", "bad"),
}


def plain(html: str) -> str:
    """The same words and tables. Text is escaped anew; what is not known is left out and its words are kept."""
    reader = _Plain()
    reader.feed(html)
    reader.close()
    return "".join(reader.out)


class _Plain(HTMLParser):
    """Writes what may stay. Tags that are left open or closed too often are mended."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._open: list[str] = []
        self._inside: list[str] = []  # of something that is dropped with all it holds

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Keep, rename or drop."""
        if tag in _DROPPED or self._inside:
            if tag not in _VOID:
                self._inside.append(tag)
            return
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "i":
            self._icon(classes)
            return
        name = _RENAMED.get(tag, tag)
        if name not in _KEPT and name not in _RENAMED.values():
            return
        ours = [_CLASSES[one] for one in classes if one in _CLASSES]
        spans = "".join(
            f' {key}="{int(given[key])}"' for key in ("colspan", "rowspan") if given.get(key, "").isdecimal()
        )
        hidden = " hidden" if "hidden" in given else ""
        kind = f' class="{ours[0]}"' if ours else ""
        self.out.append(f"<{name}{kind}{spans}{hidden}>")
        if name not in _VOID:
            self._open.append(name)

    def handle_endtag(self, tag: str) -> None:
        """Close what is open, and what was left open inside it."""
        if self._inside:
            if tag in self._inside:
                while self._inside.pop() != tag:
                    pass
            return
        name = _RENAMED.get(tag, tag)
        if name in self._open:
            while (last := self._open.pop()) != name:
                self.out.append(f"</{last}>")
            self.out.append(f"</{name}>")

    def handle_data(self, data: str) -> None:
        """Text, escaped."""
        if not self._inside:
            self.out.append(escape(data))

    def close(self) -> None:
        """Close everything."""
        super().close()
        self.out += [f"</{name}>" for name in reversed(self._open)]
        self._open.clear()

    def _icon(self, classes: Sequence[str]) -> None:
        for name in classes:
            if name in _ICONS:
                sign, words, kind = _ICONS[name]
                self.out.append(f'<span class="{kind} sign" role="img" aria-label="{words}">{sign}</span>')
