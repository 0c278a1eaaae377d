"""Interactions as producers send them, for tests that run the whole path."""

from __future__ import annotations

import json


def event(what: str, number: int, **data: object) -> str:
    """A CloudEvent of one of three people, as a line; the same every time."""
    fields = {"session_id": f"s-{number}", "surface": "ide", "tool": "t/1", **data}
    if what in {"suggestion", "edit"}:
        fields["interaction_id"] = f"i-{number}"
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"{what}-{number}",
            "source": "/ide/t",
            "type": f"redline.{what}.v1",
            "time": "2026-01-05T08:00:00Z",
            "subject": f"p{number % 3}@corp.example",
            "data": fields,
        }
    )


def opened(number: int) -> list[str]:
    """A suggestion and a step that nothing has ended yet."""
    step = event("step", number, role="user", kind="message", content=f"Take {number}.")
    return [event("suggestion", number, text=f"Draft {number}.", task="edit", model="m"), step]


def ended(number: int) -> str:
    """The final edit of it."""
    return event("edit", number, text=f"Mine {number}.", final=True)
