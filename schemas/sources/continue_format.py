"""The events of Continue's development data: which fields each has, and which of them are code. Pure.

Versions 0.1.0 and 0.2.0 together. Source: continuedev/continue, packages/config-yaml/src/schemas/data. At the level
`noCode` the fields in `code` are taken out (in most events the file's path stays).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Known(NamedTuple):
    """The fields of one event."""

    keys: frozenset[str]
    code: frozenset[str]


def _known(code: str, others: str) -> Known:
    return Known(frozenset(f"{code} {others}".split()), frozenset(code.split()))


BASE = frozenset("eventName schema timestamp createdAt userId userAgent selectedProfileId".split())  # noqa: SIM905
BODY = frozenset("name data schema level profileId".split())  # noqa: SIM905

_MODEL = "modelProvider modelName modelTitle"

EVENTS: dict[str, Known] = {
    "autocomplete": _known(
        "prefix suffix prompt completion",
        "disable useFileSuffix maxPromptTokens debounceDelay maxSuffixPercentage prefixPercentage transform template "
        "multilineCompletions slidingWindowPrefixPercentage slidingWindowSize useCache onlyMyCode useRecentlyEdited "
        "disableInFiles useImports accepted time modelProvider modelName completionOptions cacheHit filepath gitRepo "
        "completionId uniqueId enabledStaticContextualization numLines",
    ),
    "editOutcome": _known(
        "prompt completion previousCode newCode",
        f"{_MODEL} previousCodeLines newCodeLines lineChange accepted filepath",
    ),
    "editInteraction": _known("prompt completion", f"{_MODEL} filepath"),
    "chatInteraction": _known("prompt completion", f"{_MODEL} sessionId tools rules"),
    "chatFeedback": _known("prompt completion", f"{_MODEL} completionOptions feedback sessionId"),
    "tokensGenerated": _known("", "model provider promptTokens generatedTokens"),
    "toolUsage": _known("functionParams toolCallArgs output", "toolCallId functionName accepted succeeded"),
    "nextEditOutcome": _known(
        "fileUri workspaceDirUri prompt userEdits userExcerpts originalEditableRange completion",
        "elapsed completionOptions completionId requestId gitRepo uniqueId cursorPosition accepted aborted "
        "modelProvider modelName diffLines editableRegionStartLine editableRegionEndLine profileType "
        "finalCursorPosition",
    ),
    "nextEditWithHistory": _known(
        "previousEdits fileURI workspaceDirURI beforeContent afterContent context",
        f"beforeCursorPos afterCursorPos {_MODEL}",
    ),
    "quickEdit": _known("prompt path diffs", "label model"),
}

SKIPPED = {
    "tokensGenerated": "usage",
    "editInteraction": "outcome_says_more",  # the same edit comes again as editOutcome, with what became of it
}
"""Events that are noise, and the name of the rule."""

NAMES = BASE.union(BODY, *(known.keys for known in EVENTS.values()), {"type", "line", "content"})
"""Keys that the path of a fault may show."""

# By what a line without a name is known; the first that fits.
_MARKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("editOutcome", frozenset({"previousCodeLines", "newCodeLines"})),
    ("editOutcome", frozenset({"previousCode", "newCode"})),
    ("nextEditOutcome", frozenset({"completionId", "elapsed"})),
    ("autocomplete", frozenset({"completionId"})),
    ("nextEditWithHistory", frozenset({"beforeCursorPos", "afterCursorPos"})),
    ("nextEditWithHistory", frozenset({"beforeContent", "afterContent"})),
    ("toolUsage", frozenset({"toolCallId"})),
    ("tokensGenerated", frozenset({"promptTokens", "generatedTokens"})),
    ("quickEdit", frozenset({"label", "prompt"})),
    ("chatFeedback", frozenset({"feedback", "sessionId"})),
    ("chatInteraction", frozenset({"sessionId"})),
    ("editInteraction", frozenset({"filepath", "modelName"})),
)


def recognise(raw: Mapping[str, Any]) -> str:
    """Which event a line without `eventName` is, by the fields it has; empty if none fits."""
    return next((name for name, marks in _MARKS if raw.keys() >= marks), "")
