"""One record of the GenAI conventions before it is read: whose it is, when, and in which session. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from schemas.sources import genai_messages as wire
from schemas.sources.fields import Fields
from schemas.sources.genai_format import ATTRIBUTES
from schemas.sources.reading import Drift, Reading, notice, safe_name, safe_version
from schemas.sources.scene import Scene, product

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.sources.otlp_records import Origin

SOURCE: Final = "otel-genai"
_PEOPLE = ("user.email", "enduser.id", "user.id")


class Unit(NamedTuple):
    """A record's events, and what they have in common."""

    reading: Reading
    fields: Fields
    scene: Scene
    trace: str
    """What call ids are unique in."""
    named: bool
    """Whether the session is a conversation that the producer named."""
    version: str
    identity: str
    """Of the record itself, for what follows on something unknown."""


def unit_of(
    origin: Origin,
    attributes: Mapping[str, Any],
    place: tuple[str, str],
    time_us: int | None,
    *,
    known: Mapping[str, str],
    subject: str | None,
) -> Unit:
    """The unit of one record.

    Args:
        origin: its resource and scope.
        attributes: its own.
        place: its trace and span.
        time_us: when it began.
        known: conversations of traces.
        subject: the person, where neither record nor resource names one.

    Raises:
        DecodeError: it has no time, or nothing that could be its session.
    """
    fields = Fields(attributes, "$.attributes")
    resource = Fields(origin.resource, "$.resource.attributes")
    trace, span = place
    conversation = fields.text("gen_ai.conversation.id").strip() or known.get(trace, "")
    session = conversation or fields.text("session.id").strip() or trace or resource.text("session.id").strip()
    if not session:
        raise fields.fault("missing_field", "gen_ai.conversation.id", "string, or a trace id")
    if time_us is None:
        raise fields.fault("missing_field", "timeUnixNano", "nanoseconds, from 1970 to 2261")
    name, version = resource.text("service.name"), resource.text("service.version")
    person = next((text for where in (fields, resource) for key in _PEOPLE if (text := where.text(key).strip())), None)
    return Unit(
        Reading(),
        fields,
        Scene(
            source=SOURCE,
            subject=person or subject,
            session_id=session,
            surface="agent",
            tool=product(name or origin.scope, version if name else origin.scope_version),
            time_us=time_us,
        ),
        trace or session,
        bool(conversation),
        safe_version(origin.scope_version),
        fields.text("gen_ai.response.id").strip() or f"{trace}/{span}",
    )


def drift(unit: Unit) -> None:
    """Count the attributes of the conventions that are new."""
    for key in unit.fields.raw:
        if key.startswith("gen_ai.") and key not in ATTRIBUTES:
            notice(unit.reading.drift, Drift(wire.DRIFT, unit.version, "key", safe_name(key)))
