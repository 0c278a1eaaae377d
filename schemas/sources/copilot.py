"""VS Code Copilot Chat's own telemetry events; its model calls are in `genai`. Pure.

Names begin with `copilot_chat.`, newer ones with `github.copilot.`, and so do attributes. Source:
microsoft/vscode-copilot-chat, docs/monitoring/agent_monitoring.md and src/platform/otel/common/genAiEvents.ts.

What a person said to an edit is joined by the id of the chat request. The events hold no text, so they need the
suggestion from elsewhere, or end as `orphan`. Several decisions of one request (per file, per hunk) are told apart by
their time. A hunk, or a file of which some edits are still open, is a part: `partial`. Survival rates are numbers
without text; Redline measures its own on the text itself, so they are skipped by rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.events import Decision
from schemas.sources.fields import Fields
from schemas.sources.reading import Drift, Reading, notice, safe_name, safe_version
from schemas.sources.scene import Scene, product

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.events import Decided, Event
    from schemas.sources.otlp_records import LogRecord, Origin

SOURCE: Final = "copilot-chat"
_DRIFT = "copilot"
_PREFIXES = ("copilot_chat.", "github.copilot.chat.", "github.copilot.")
_PEOPLE = ("user.email", "enduser.id", "user.id")
_DECIDED: Mapping[str, Decided] = {"accepted": "accepted", "rejected": "rejected"}
_VOTES: Mapping[str, Decided] = {"positive": "accepted", "negative": "rejected"}
# Events that are known and hold nothing we keep, with the rule that says why.
_SKIPPED = {
    "edit.survival": "numbers_without_text",
    "tool.call": "numbers_without_text",
    "agent.turn": "numbers_without_text",
    "inline.done": "no_join_key",
    "cloud.session.invoke": "no_content",
}
_COMMON = frozenset(
    {
        "event.name", "session.id",
        "repo.head_branch_name", "repo.head_commit_hash", "repo.remote_url", "file.relative_path",
    }
)  # fmt: skip
_KEYS: dict[str, frozenset[str]] = {
    "edit.feedback": frozenset(
        {
            "outcome", "language_id", "participant", "request_id", "edit_surface", "has_remaining_edits", "is_notebook",
        }
    ),
    "edit.hunk.action": frozenset(
        {"outcome", "language_id", "request_id", "line_count", "lines_added", "lines_removed"}
    ),
    "user.feedback": frozenset({"rating", "participant", "conversation_id", "request_id"}),
    "session.start": frozenset({"gen_ai.request.model", "gen_ai.agent.name"}),
}  # fmt: skip


def is_ours(name: str) -> bool:
    """Whether Copilot wrote an event of this name."""
    return name.startswith(_PREFIXES)


def tells_in_spans(origin: Origin) -> bool:
    """Whether a GenAI event is a copy: Copilot writes one for every span, without its conversation and answer."""
    return "copilot" in str(origin.resource.get("service.name", "")) or "copilot" in origin.scope


def read_log(record: LogRecord, name: str, subject: str | None) -> Reading:
    """The events of one log record.

    Raises:
        DecodeError: an attribute that is needed is missing or of another type.
    """
    reading = Reading()
    resource = Fields(record.origin.resource, "$.resource.attributes")
    version = resource.text("service.version") or record.origin.scope_version
    short = _short(name)
    if short in _SKIPPED:
        reading.skipped[_SKIPPED[short]] += 1
        return reading
    if short not in _KEYS:
        reading.drift[Drift(_DRIFT, safe_version(version or None), "type", safe_name(name))] += 1
        reading.skipped["unknown_event"] += 1
        return reading
    attributes: dict[str, Any] = {}
    for key, value in record.attributes.items():
        attributes.setdefault(_short(key), value)  # newer versions write some under both names
    for key in attributes.keys() - _KEYS[short] - _COMMON:
        notice(reading.drift, Drift(_DRIFT, safe_version(version or None), "key", f"{short}/{safe_name(key)}"))
    fields = Fields(attributes, "$.attributes")
    if record.time_us is None:
        raise fields.fault("missing_field", "timeUnixNano", "nanoseconds, from 1970 to 2261")
    session = fields.text("conversation_id").strip() or fields.text("session.id").strip()
    scene = Scene(
        source=SOURCE,
        subject=_person(record, resource) or subject,
        session_id=session or resource.text("session.id").strip() or fields.identifier("request_id"),
        surface="ide",
        tool=product("copilot-chat", version),
        time_us=record.time_us,
    )
    reading.events.append(_READERS[short](fields, scene))
    if isinstance(reading.events[-1].data, Decision):
        # An orphan behind the broker unless someone else sends the suggestion: counted here, where its source is known.
        notice(reading.drift, Drift(_DRIFT, safe_version(version or None), "no_text", short))
    return reading


def _short(name: str) -> str:
    """A name without the product's prefix."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _person(record: LogRecord, resource: Fields) -> str | None:
    both = (Fields(record.attributes, "$.attributes"), resource)
    return next((text for key in _PEOPLE for where in both if (text := where.text(key).strip())), None)


def _edit_feedback(fields: Fields, scene: Scene) -> Event:
    verdict = _verdict(fields, "outcome", _DECIDED)
    if fields.flag("has_remaining_edits"):
        verdict = "partial"
    return _decision(fields, scene, verdict, "file")


def _hunk_action(fields: Fields, scene: Scene) -> Event:
    _verdict(fields, "outcome", _DECIDED)
    return _decision(fields, scene, "partial", "hunk")


def _user_feedback(fields: Fields, scene: Scene) -> Event:
    return _decision(fields, scene, _verdict(fields, "rating", _VOTES), "vote")


def _decision(fields: Fields, scene: Scene, verdict: Decided, what: str) -> Event:
    return scene.decision(fields.identifier("request_id"), verdict, mark=f"{what}/{scene.time_us}")


def _verdict(fields: Fields, name: str, verdicts: Mapping[str, Decided]) -> Decided:
    verdict = verdicts.get(fields.identifier(name))
    if verdict is None:
        raise fields.fault("bad_value", name, "one of " + ", ".join(verdicts))
    return verdict


def _session_start(_fields: Fields, scene: Scene) -> Event:
    return scene.session("started")


_READERS: dict[str, Callable[[Fields, Scene], Event]] = {
    "edit.feedback": _edit_feedback,
    "edit.hunk.action": _hunk_action,
    "user.feedback": _user_feedback,
    "session.start": _session_start,
}
