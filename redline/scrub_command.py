"""The logic of `redline scrub`: lines in, scrubbed lines out. Knows no command line.

Each line is a scope of its own for surrogates: the same value in two lines gets two surrogates, as two interactions
would. With `same_scope` the whole input is one, which is what a person wants who scrubs one document.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from schemas.errors import RedlineError, ScrubError
from streams.privacy.options import Options
from streams.surrogates import PLACEHOLDER, SECRET, Found, Style, Surrogates, merge, unreserved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from streams.epochs import Keys


_LONE = re.compile(r"[\ud800-\udfff]")  # half of a surrogate pair: no Unicode, and cannot be written again


class ScrubInputError(RedlineError):
    """A line of the input is not what `redline scrub` reads."""


def scrub_lines(
    lines: Iterable[bytes],
    *,
    keys: Keys,
    plain: bool = False,
    spans: bool = False,
    same_scope: bool = False,
    style: Style = "natural",
    analyze: Callable[[Sequence[str], str | None], list[list[Found]]] | None = None,
) -> Iterator[str]:
    """Each line scrubbed, without its line end, in order.

    Args:
        lines: JSON objects with a string field `text` (other fields are kept as they are, unscrubbed), or plain text.
        keys: `surrogate` and `epoch` make the surrogates.
        plain: lines are text, not JSON.
        spans: also give what was found: `{"spans": [{"start", "end", "type", "score"}], "text": scrubbed, ...}`.
            Offsets are code points of the text that came in.
        same_scope: one scope of surrogates for the whole input instead of one per line.
        style: of the surrogates.
        analyze: finds personal data; None loads the engine (some 3 seconds).

    Raises:
        ScrubInputError: a line is no JSON object with a string `text`, or no UTF-8. Names the line, not its content.
        ScrubError: a line could not be scrubbed.
    """
    find = analyze or engine()
    inside = False  # in a private key that goes over several lines
    for number, line in enumerate(lines, 1):
        record: dict[str, Any] = {"text": _decode(line, number)} if plain else _parse(line, number)
        text = record["text"]
        inside = plain and (inside or ("-----BEGIN" in text and "PRIVATE KEY" in text))
        found, scrubbed, fault = [], "", None
        try:
            every = [Found(0, len(text), SECRET, 1.0)] if inside and text else find([text], None)[0]
            found = merge(_without_placeholders(text, every))
            scope = b"scrub" if same_scope else b"scrub:%d" % number
            scrubbed = Surrogates(keys.surrogate, keys.epoch, scope, style).apply(text, unreserved(text, every))
        except Exception as error:  # noqa: BLE001 - fails closed, and the cause may quote the text
            fault = type(error).__name__
        if fault is not None:
            raise ScrubError(f"line {number}: needed findings for its text, came {fault}; nothing of it was written")
        inside = inside and "-----END" not in text
        if plain and not spans:
            yield scrubbed
            continue
        listed = [{"start": f.start, "end": f.end, "type": f.entity, "score": round(f.score, 4)} for f in found]
        # Ours comes first and last: spans that came in are those of the unscrubbed text.
        head = {"spans": listed} if spans else {}
        yield json.dumps({**head, **record, **head, "text": scrubbed}, ensure_ascii=False)


def engine(options: Options | None = None) -> Callable[[Sequence[str], str | None], list[list[Found]]]:
    """What finds personal data, loaded now (some 3 seconds); values of ranges kept for examples too."""
    from streams.privacy.engine import Engine  # noqa: PLC0415 - 3 s that only this command needs

    return Engine.of(options or Options()).everything


def _without_placeholders(text: str, found: Sequence[Found]) -> list[Found]:
    spans = [match.span() for match in PLACEHOLDER.finditer(text)]
    return [one for one in found if not any(one.start < end and start < one.end for start, end in spans)]


def _decode(line: bytes, number: int) -> str:
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        pass
    raise ScrubInputError(f"line {number}: needed UTF-8, came other bytes; convert the file first")


def _parse(line: bytes, number: int) -> dict[str, Any]:
    text = _decode(line, number)
    record: Any = None
    with suppress(ValueError, RecursionError):
        record = json.loads(text)
    came = type(record).__name__
    if isinstance(record, dict):
        value = record.get("text")
        if isinstance(value, str) and not _LONE.search(value):
            return record
        came = f"{type(value).__name__} in `text`"
    raise ScrubInputError(
        f"line {number}: needed a JSON object with Unicode text in `text`, came {came}; or use --plain"
    )
