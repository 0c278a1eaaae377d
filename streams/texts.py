"""The texts in the data of one event, and the data around them once they are scrubbed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.surrogates import SECRET, Found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Words of a closed vocabulary: the codec has checked them, no text can be in them.
_CLOSED = frozenset({"task", "verdict", "origin", "kind", "state", "author"})
# Versions look like dates and addresses: `claude-code/2.1.20`, `gpt-4o-2024-08-06`.
_METADATA = frozenset({"tool", "model", "language", "tool_name", "licence", "org_unit"})
_VERSIONISH = frozenset({"DATE_TIME", "IP_ADDRESS", "US_SSN", "UUID", "MAC_ADDRESS"})
_SECRET_KEY = re.compile(
    r"(?:^|[_\-. ])(?:passwd|password|passphrase|pwd|secret|token|api_?key|apikey|access_?key|private_?key|auth_?key|"
    r"credentials?|client_?secret|authorization|cookie)\Z|[a-z](?:Password|Secret|Token|ApiKey|AccessKey|PrivateKey)\Z",
    re.IGNORECASE,
)
_LONG_NUMBER = 1_000_000  # from seven digits on a number may be a phone, a card, an account
_KEY_SHOWN = 40  # characters of a field's name that are given to the analysis as context


@dataclass(slots=True)
class Text:
    """One text on its way: what is analysed is `shown`, of which the text begins at `shift`."""

    value: str
    shift: int = 0
    shown: str = ""
    metadata: bool = False
    secret: bool = False
    alone: bool = False


def texts_of(value: Any, name: str = "", *, top: bool = True) -> Iterator[Text]:
    """Every text in the data, in a fixed order: strings, long numbers, and the keys of free-form objects."""
    if isinstance(value, dict):
        for key in sorted(value):
            if not top:
                yield Text(key)
            if not (top and _is_closed(key, value[key])):
                yield from texts_of(value[key], key, top=False)
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one, name, top=False)
    elif isinstance(value, str):
        yield _text(value, name)
    elif _is_long(value):
        yield _text(str(value), name)


def set_apart(texts: Sequence[Text], fields: dict[str, Any]) -> None:
    """Mark the texts that are compared across the events of an interaction.

    What is found in them must depend on them alone, and on marks, which in the end are those of all events: a name that
    only the prompt gives away would be replaced in the suggestion and not in the edit, and the diff would see an edit
    nobody made.
    """
    compared = {fields[name] for name in _COMPARED if isinstance(fields.get(name), str)}
    for text in texts:
        text.alone = not text.metadata and not text.shown and text.value in compared


_COMPARED = ("text", "before", "accepted_text")


def _text(value: str, name: str) -> Text:
    if name in _METADATA:
        return Text(value, metadata=True)
    if name in _TEXT_FIELDS or not name:
        return Text(value)
    # A field's name says what is in it: shown in front, it is context for the analysis ("phone", "author", "token").
    shown = f'{name[:_KEY_SHOWN]}: "'
    return Text(value, len(shown), f'{shown}{value}"', secret=_SECRET_KEY.search(name) is not None)


_TEXT_FIELDS = frozenset(
    ("text", "before", "after", "prompt", "content", "path", "accepted_text", "outcome", "reason", "role", "revision")
)


def _is_closed(key: str, value: Any) -> bool:
    """True for the event's own fields that hold no text: words of a vocabulary, and typed numbers."""
    return key in _CLOSED or (key != "arguments" and isinstance(value, int))


def _is_long(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _LONG_NUMBER


def own(text: Text, found: Sequence[Found]) -> list[Found]:
    """The findings that lie in the text itself, in its own offsets."""
    if text.secret and len(text.value) > 3 and not text.value.startswith("<SECRET_"):  # noqa: PLR2004 - "yes", "on"
        return [Found(0, len(text.value), SECRET, 1.0)]
    found_here: list[Found] = []
    for start, end, entity, score in found:
        if text.metadata and entity in _VERSIONISH:
            continue
        first, last = max(0, start - text.shift), min(len(text.value), end - text.shift)
        if first < last:
            found_here.append(Found(first, last, entity, score))
    return found_here


def rebuilt(value: Any, clean: Iterator[str], *, top: bool = True) -> Any:
    """The data with each text replaced, taken in the order in which `texts_of` gave them."""
    if isinstance(value, dict):
        made: dict[str, Any] = {}
        for key in sorted(value):
            name = key if top else _free(next(clean), made)
            made[name] = value[key] if top and _is_closed(key, value[key]) else rebuilt(value[key], clean, top=False)
        return made
    if isinstance(value, list):
        return [rebuilt(one, clean, top=False) for one in value]
    if isinstance(value, str):
        return next(clean)
    if _is_long(value):
        replaced = next(clean)
        return value if replaced == str(value) else replaced
    return value


def _free(name: str, taken: dict[str, Any]) -> str:
    """`name`, or `name_2`… where two keys have become one: no field may be lost."""
    free, n = name, 1
    while free in taken:
        n += 1
        free = f"{name}_{n}"
    return free
