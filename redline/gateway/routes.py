"""The table of routes, from which the service and the OpenAPI document are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from redline.gateway import readers
from redline.gateway.binding import BATCH_TYPE
from redline.gateway.exchange import JSON
from redline.gateway.otlp import PROTOBUF
from schemas.sources.cloudevents import STRUCTURED_TYPE
from schemas.sources.drift import OTLP

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.gateway.exchange import Inbound, Intake

Answers = Literal["count", "empty", "otlp"]


@dataclass(frozen=True, slots=True)
class Take:
    """What a route does with a body."""

    accepts: tuple[str, ...]
    """Content types; the first is the usual one."""
    read: Callable[[Inbound, readers.ReadPolicy], Intake]
    source: str
    """The reader's name where counts go: `redline sources`."""
    answers: Answers = "count"
    """`count`: how many events; `empty`: an empty object; `otlp`: OTLP's, faulty units as partial success."""
    rejected: str = ""
    """What OTLP's answer calls the number of faulty units."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. Those that take nothing tell something, and need no token."""

    method: Literal["GET", "POST"]
    path: str
    name: str
    summary: str
    take: Take | None = None


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/events",
        "events",
        "CloudEvents 1.0: structured, batch, or binary with ce- headers.",
        Take((STRUCTURED_TYPE, BATCH_TYPE, JSON), readers.cloudevents, "cloudevents"),
    ),
    Route(
        "POST",
        "/v1/logs",
        "logs",
        "OTLP/HTTP: logs, of which the events of known products are taken.",
        Take((PROTOBUF, JSON), readers.logs, OTLP, answers="otlp", rejected="rejectedLogRecords"),
    ),
    Route(
        "POST",
        "/v1/traces",
        "traces",
        "OTLP/HTTP: traces, of which spans of the GenAI conventions are taken.",
        Take((PROTOBUF, JSON), readers.traces, OTLP, answers="otlp", rejected="rejectedSpans"),
    ),
    Route(
        "POST",
        "/v1/continue",
        "continue",
        "The body that Continue posts to a destination of its development data.",
        Take((JSON,), readers.continue_body, "continue_dev"),
    ),
    Route(
        "POST",
        "/v1/tabby/events",
        "tabby",
        "What Tabby's clients post of a completion: view, select, dismiss.",
        Take((JSON,), readers.tabby_event, "tabby"),
    ),
    Route(
        "POST",
        "/v1/hooks/claude-code",
        "claude-code",
        "What Claude Code posts to an HTTP hook. The answer lets the tool go on as if there were no hook.",
        Take((JSON,), readers.hook, "claude_code_hooks", answers="empty"),
    ),
    Route("GET", "/healthz", "healthz", "The process answers."),
    Route("GET", "/readyz", "readyz", "Kafka answers, and requests are taken."),
    Route("GET", "/metrics", "metrics", "Counters for Prometheus."),
    Route("GET", "/openapi.json", "openapi", "This document."),
)

BY_PATH: dict[str, Route] = {route.path: route for route in ROUTES}
