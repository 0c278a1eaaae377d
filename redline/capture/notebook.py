"""Cells of a Jupyter notebook, by their ids. Pure. Source: nbformat 4.5, where every cell has an id."""

from __future__ import annotations

import msgspec


class _Cell(msgspec.Struct):
    id: str = ""
    source: str | list[str] = ""


class _Notebook(msgspec.Struct):
    cells: list[_Cell] = []


def cells(text: str) -> dict[str, str]:
    """Id -> source; nothing of what is no notebook, and none of the cells without an id."""
    try:
        notebook = msgspec.json.decode(text, type=_Notebook)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    return {
        one.id: one.source if isinstance(one.source, str) else "".join(one.source) for one in notebook.cells if one.id
    }
