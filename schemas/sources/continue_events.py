"""What each event of Continue becomes. Pure: `schemas.sources.continue_dev` finds out which event it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from schemas.sources.continue_prompts import answer, turns
from schemas.sources.fields import Fields
from schemas.sources.loose_json import parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.events import Event
    from schemas.sources.scene import Scene

_MOST_OUTPUTS: Final = 1_000


class Unit(NamedTuple):
    """One event of Continue's, and what its events have in common."""

    fields: Fields
    scene: Scene
    content: str
    """Identity by content: the same in a local file and at every destination."""


def _autocomplete(unit: Unit) -> list[Event]:
    fields = unit.fields
    completion = fields.identifier("completionId")
    accepted = fields.flag("accepted")
    events = [
        unit.scene.suggestion(
            completion,
            task="completion",
            text=fields.needed("completion"),
            prompt=fields.text("prompt") or fields.text("prefix"),
            model=fields.text("modelName"),
            path=fields.text("filepath"),
        )
    ]
    if accepted is not None:
        # False is also what Continue writes of one that was shown for ten seconds.
        events.append(unit.scene.decision(completion, "accepted" if accepted else "dismissed"))
    return events


def _edit_outcome(unit: Unit) -> list[Event]:
    fields = unit.fields
    accepted = fields.flag("accepted")
    if accepted is None:
        raise fields.fault("missing_field", "accepted", "boolean")
    suggestion = unit.scene.suggestion(
        unit.content,
        task="edit",
        text=fields.needed("newCode"),  # the model's, not what the person made of it later
        before=fields.needed("previousCode"),
        prompt=fields.text("prompt"),
        model=fields.text("modelName") or fields.text("modelTitle"),
        path=fields.text("filepath"),
    )
    return [suggestion, unit.scene.decision(unit.content, "accepted" if accepted else "rejected")]


def _next_edit_outcome(unit: Unit) -> list[Event]:
    fields = unit.fields
    completion = fields.identifier("completionId")
    accepted = fields.flag("accepted")
    events = [
        unit.scene.suggestion(
            completion,
            task="edit",
            text=fields.needed("completion"),
            before=fields.text("originalEditableRange"),
            prompt=fields.text("prompt"),
            model=fields.text("modelName"),
            path=fields.text("fileUri"),
        )
    ]
    if accepted is not None and not fields.flag("aborted"):
        events.append(unit.scene.decision(completion, "accepted" if accepted else "dismissed"))
    return events


def _quick_edit(unit: Unit) -> list[Event]:
    """Version 0.1.0: `diffs` are the lines of the region, `label` is the button the person chose."""
    fields = unit.fields
    label = fields.needed("label").lower()
    if label.startswith("accept"):
        accepted = True
    elif label.startswith(("reject", "submit")):  # a new prompt takes the first answer back
        accepted = False
    else:
        return []
    old: list[str] = []
    new: list[str] = []
    for line in fields.array("diffs"):
        if not isinstance(line, dict):
            raise fields.fault("wrong_type", "diffs[]", "object")
        one = Fields(line, "$.diffs[]")
        kind, text = one.needed("type"), one.needed("line")
        if kind not in {"old", "new", "same"}:
            raise one.fault("bad_value", "type", "one of new, old, same")
        if kind != "new":
            old.append(text)
        if kind != "old":
            new.append(text)
    suggestion = unit.scene.suggestion(
        unit.content,
        task="edit",
        text="\n".join(new),
        before="\n".join(old),
        prompt=fields.text("prompt"),
        model=fields.text("model"),
        path=fields.text("path"),
    )
    return [suggestion, unit.scene.decision(unit.content, "accepted" if accepted else "rejected")]


def _chat_interaction(unit: Unit) -> list[Event]:
    """The turns since the model's last answer, and the new answer: what came before was an interaction of its own."""
    prompt = turns(unit.fields.text("prompt"), "user")
    answers = [place for place, (role, _) in enumerate(prompt) if role == "assistant"]
    new = [turn for turn in prompt[answers[-1] + 1 if answers else 0 :] if turn[1]]
    if said := answer(unit.fields.text("completion")):
        new.append(("assistant", said))
    return [
        unit.scene.step(
            f"step/{unit.content}/{place}",
            role=role,
            kind="tool_result" if role == "tool" else "message",
            content=text,
            later_us=place,
        )
        for place, (role, text) in enumerate(new)
    ]


def _chat_feedback(unit: Unit) -> list[Event]:
    fields = unit.fields
    liked = fields.flag("feedback")
    if liked is None:
        return []
    suggestion = unit.scene.suggestion(
        unit.content,
        task="reply",
        text=answer(fields.needed("completion")),
        prompt=fields.text("prompt"),
        model=fields.text("modelName"),
    )
    return [suggestion, unit.scene.decision(unit.content, "accepted" if liked else "rejected")]


def _tool_usage(unit: Unit) -> list[Event]:
    fields = unit.fields
    call = fields.identifier("toolCallId")
    accepted, succeeded = fields.flag("accepted"), fields.flag("succeeded")
    arguments = fields.text("toolCallArgs")
    name = fields.text("functionName")
    outcome = "rejected" if accepted is False else "failed" if succeeded is False else "succeeded"
    called = unit.scene.step(
        f"step/{call}/call",
        role="assistant",
        kind="tool_call",
        tool_name=name,
        arguments=parsed(arguments),
        call_id=call,
    )
    result = unit.scene.step(
        f"step/{call}/result",
        role="tool",
        kind="tool_result",
        tool_name=name,
        content=_outputs(fields),
        outcome=outcome,
        call_id=call,
        later_us=1,
    )
    return [called, result]


def _outputs(fields: Fields) -> str:
    """The contents of the context items that a tool gave back."""
    items = fields.array("output")[:_MOST_OUTPUTS]
    contents: list[Any] = [item.get("content") if isinstance(item, dict) else item for item in items]
    return "\n".join(content for content in contents if isinstance(content, str))


def _next_edit_with_history(unit: Unit) -> list[Event]:
    """What a person changed in a file, with no proposal in it."""
    fields = unit.fields
    document = fields.text("fileURI")
    revision = unit.scene.revision(
        document if document.strip() else unit.content,
        unit.content,
        before=fields.needed("beforeContent"),
        after=fields.needed("afterContent"),
    )
    return [revision]


READERS: dict[str, Callable[[Unit], list[Event]]] = {
    "autocomplete": _autocomplete,
    "editOutcome": _edit_outcome,
    "nextEditOutcome": _next_edit_outcome,
    "nextEditWithHistory": _next_edit_with_history,
    "quickEdit": _quick_edit,
    "chatInteraction": _chat_interaction,
    "chatFeedback": _chat_feedback,
    "toolUsage": _tool_usage,
}
