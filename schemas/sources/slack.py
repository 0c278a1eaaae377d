"""A Slack export (workspace export, JSON): who answered whom, when; the text only if it may be sent. Pure.

An export is a folder: `channels.json` and `groups.json` list channels with their members, `users.json` people, and
`<channel>/<YYYY-MM-DD>.json` holds a day's messages as one array. A message is known by its channel and `ts` (seconds
with six digits, as a string), and a thread by the `ts` of its first message. Source: Slack's help, "How to read Slack
data exports", and the message event of its API.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from schemas import strict_json
from schemas.errors import DecodeError
from schemas.sources.cloudevents import in_range
from schemas.sources.fields import MAX_DEPTH, Fields
from schemas.sources.reading import Drift, Fault, Reading, safe_name
from schemas.sources.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE: Final = "slack-export"
DRIFT: Final = "slack"
MAX_FILE_BYTES: Final = 64 << 20  # a day of a channel; one of 10,000 messages has 10 MB

_TS = re.compile(r"(\d{1,11})\.(\d{6})", re.ASCII)
_CHANNEL = frozenset({"id", "name", "members"})
_MESSAGE = frozenset(
    {
        "type", "subtype", "user", "text", "ts", "thread_ts", "team", "user_team", "source_team", "user_profile",
        "blocks", "client_msg_id", "reply_count", "reply_users", "reply_users_count", "latest_reply", "replies",
        "parent_user_id",
        "is_locked", "subscribed", "last_read", "edited", "reactions", "files", "upload", "display_as_bot",
        "attachments", "bot_id", "bot_profile", "app_id", "username", "icons", "root", "pinned_to", "pinned_info",
        "inviter",
        "topic",
        "purpose", "old_name", "name", "x_files", "hidden", "permalink", "metadata", "channel", "last_edited_by",
    }
)  # fmt: skip
# What a person has written; every other subtype is a bot, or Slack telling what happened.
_WRITTEN = frozenset({"", "thread_broadcast", "me_message", "file_share", "file_comment"})
_NAMES = _CHANNEL | _MESSAGE


class Channel(NamedTuple):
    """One channel: its id, and how many people can read it (None: the export does not say)."""

    id: str
    members: int | None


def read_channels(value: bytes) -> tuple[Reading, dict[str, Channel]]:
    """`channels.json` or `groups.json`: channels by the name of their folder."""
    reading, found = Reading(), dict[str, Channel]()
    for fields in _objects(value, reading):
        try:
            name, members = fields.identifier("name"), fields.raw.get("members")
            found[name] = Channel(fields.identifier("id"), len(members) if isinstance(members, list) else None)
        except DecodeError as error:
            reading.faults.append(Fault.of(error))
    return reading, found


def read_people(value: bytes) -> tuple[Reading, dict[str, str]]:
    """`users.json`: the mail address of each user id that has one. That is the person, as consent knows them."""
    reading, found = Reading(), dict[str, str]()
    for fields in _objects(value, reading):
        try:
            address = fields.object("profile").text("email").strip()
            if address:
                found[fields.identifier("id")] = address
        except DecodeError as error:
            reading.faults.append(Fault.of(error))
    return reading, found


def read_day(value: bytes, *, channel: Channel, people: Mapping[str, str], text: bool = False) -> Reading:
    """One day's file of a channel.

    Args:
        value: the file.
        channel: whose day it is.
        people: mail addresses by user id; without one the id is the person.
        text: whether this source may send what people wrote. Without it only the pattern is kept.
    """
    reading = Reading()
    for fields in _objects(value, reading):
        try:
            _message(reading, fields, channel, people, text=text)
        except DecodeError as error:
            reading.faults.append(Fault.of(error))
    return reading


def _message(reading: Reading, fields: Fields, channel: Channel, people: Mapping[str, str], *, text: bool) -> None:
    fields.drift(reading.drift, _MESSAGE, DRIFT, "?")
    kind, subtype = fields.text("type"), fields.text("subtype")
    if kind != "message":
        reading.skipped["no_message"] += 1
        reading.drift[Drift(DRIFT, "?", "type", safe_name(kind))] += 1
        return
    if subtype not in _WRITTEN:
        reading.skipped["not_written_by_a_person"] += 1
        return
    if "bot_id" in fields or "user" not in fields:
        reading.skipped["bot"] += 1
        return
    user, ts = fields.identifier("user"), fields.identifier("ts")
    time_us = _micros(ts)
    if time_us is None:
        raise fields.fault("bad_value", "ts", "seconds since 1970 with six digits, as a string")
    thread = fields.text("thread_ts").strip() or ts
    scene = Scene(SOURCE, people.get(user, user), f"{channel.id}/{thread}", "chat", "slack-export", time_us)
    reading.events.append(
        scene.message(
            f"{channel.id}/{ts}",
            thread_id=f"{channel.id}/{thread}",
            channel_id=channel.id,
            reply_to=f"{channel.id}/{thread}" if thread != ts else None,
            members=channel.members,
            text=fields.text("text") if text else None,
        )
    )


def _micros(ts: str) -> int | None:
    found = _TS.fullmatch(ts)
    return in_range(int(found[1]) * 1_000_000 + int(found[2])) if found else None


def _objects(value: bytes, reading: Reading) -> list[Fields]:
    """The objects of an array; what is none is a fault."""
    if len(value) > MAX_FILE_BYTES:
        reading.faults.append(Fault("too_large", "$", f"at most {MAX_FILE_BYTES} bytes"))
        return []
    try:
        tree = strict_json.parse(value, max_depth=MAX_DEPTH, names=_NAMES)
    except DecodeError as error:
        reading.faults.append(Fault.of(error))
        return []
    if not isinstance(tree, list):
        reading.faults.append(Fault("wrong_type", "$", "array"))
        return []
    reading.faults += [Fault("wrong_type", "$[]", "object") for one in tree if not isinstance(one, dict)]
    return [Fields(one, "$[]") for one in tree if isinstance(one, dict)]
