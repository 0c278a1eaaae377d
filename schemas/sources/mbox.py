"""A mail of an mbox file: who answered which mail, when; the text only if it may be sent. Pure.

Threads are known by the first of `References`, else `In-Reply-To`, else the mail's own `Message-ID` (RFC 5322, 3.6.4).
What a mail quotes is another person's text, and is left out with the line that announces it.
"""

from __future__ import annotations

import email
import re
from email.errors import MessageError
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from schemas.errors import DecodeError
from schemas.sources.cloudevents import in_range
from schemas.sources.reading import Fault, Reading
from schemas.sources.scene import Scene

if TYPE_CHECKING:
    from email.message import Message

SOURCE: Final = "mbox"
MAX_MAIL_BYTES: Final = 32 << 20  # with attachments, which are not looked at
_MOST_TEXT = 256 << 10
_MOST_HEADER = 64 << 10
_ID = re.compile(r"<([^<>\s]{1,998})>")
_QUOTE = re.compile(r"^\s*>")
_ANNOUNCED = re.compile(
    r"^(?:-----\s?Original Message\s?-----|From: .*|.{0,200}\b(?:wrote|schrieb|a écrit|escribió)\s?:)\s*$"
)


def read_mail(value: bytes, *, subject: str | None = None, text: bool = False) -> Reading:
    """One mail, without the `From ` line of the mbox.

    Args:
        value: the mail.
        subject: the person where the mail has no sender.
        text: whether this source may send what people wrote. Without it only the pattern is kept.
    """
    reading = Reading()
    if len(value) > MAX_MAIL_BYTES:
        reading.faults.append(Fault("too_large", "$", f"at most {MAX_MAIL_BYTES} bytes"))
        return reading
    try:
        _mail(reading, value, subject, text=text)
    except DecodeError as error:
        reading.faults.append(Fault.of(error))
    return reading


def _mail(reading: Reading, value: bytes, subject: str | None, *, text: bool) -> None:
    mail = email.message_from_bytes(value)
    if _header(mail, "Auto-Submitted") not in {"", "no"} or _header(mail, "List-Unsubscribe"):
        reading.skipped["not_written_by_a_person"] += 1
        return
    own = _ID.search(_header(mail, "Message-ID"))
    if own is None:
        raise DecodeError("missing_field", "$.Message-ID", "an id in angle brackets")
    answered = _ID.findall(_header(mail, "In-Reply-To"))
    thread = next(iter(_ID.findall(_header(mail, "References")) or answered or [own[1]]))
    senders = [address for _, address in _addresses(mail, "From") if address]
    readers = {address.lower() for name in ("To", "Cc") for _, address in _addresses(mail, name) if address}
    person = senders[0] if senders else subject
    scene = Scene(SOURCE, person, thread, "mail", "mbox", _time_us(mail))
    reading.events.append(
        scene.message(
            own[1],
            thread_id=thread,
            channel_id="",
            reply_to=answered[0] if answered else None,
            members=len(readers | {address.lower() for address in senders}) or None,
            text=_written(mail) if text else None,
        )
    )


def _header(mail: Message, name: str) -> str:
    """A header's text; empty where it is not there. The library has an object for bytes that are no ASCII."""
    return str(mail.get(name, ""))[:_MOST_HEADER]


def _addresses(mail: Message, name: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([_header(mail, name)])
    except (ValueError, IndexError, MessageError):  # what the library makes of a broken header
        return []


def _time_us(mail: Message) -> int:
    try:
        time = parsedate_to_datetime(_header(mail, "Date"))
        found = in_range(int(time.timestamp() * 1_000_000)) if time.tzinfo else None
    except (ValueError, TypeError, IndexError, OverflowError):
        found = None
    if found is None:
        raise DecodeError("bad_value", "$.Date", "RFC 5322 date with a zone, from 1970 to 2261")
    return found


def _written(mail: Message) -> str:
    """The first plain text of a mail without what it quotes; empty where there is none."""
    for part in mail.walk():
        if part.get_content_type() != "text/plain" or "attachment" in _header(part, "Content-Disposition").lower():
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        try:
            text = content[:_MOST_TEXT].decode(part.get_content_charset() or "utf-8", "replace")
        except LookupError:
            text = content[:_MOST_TEXT].decode("utf-8", "replace")
        lines = text.replace("\r\n", "\n").split("\n")
        end = next((at for at, line in enumerate(lines) if _ANNOUNCED.match(line)), len(lines))
        return "\n".join(line for line in lines[:end] if not _QUOTE.match(line)).strip().replace("\0", "")
    return ""
