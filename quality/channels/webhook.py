"""A webhook that takes what Slack's incoming webhooks take (api.slack.com: Block Kit, formatting text)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from quality.alert import Event, Wants
from quality.channels.post import Post
from quality.channels.wording import Voice
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from quality.alert import Notice

# Slack refuses a body with a header block of more than 150 characters, a section of more than 3,000, or 50 blocks.
_HEADER, _SECTION, _BLOCKS = 150, 2_900, 12
_SIGNS = {Severity.CRITICAL: "\N{LARGE RED CIRCLE}", Severity.ERROR: "\N{LARGE ORANGE CIRCLE}"}
_HALF = re.compile(r"&[a-z]{0,3}$")
_WARNS = "\N{LARGE YELLOW CIRCLE}"
_OVER = "\N{WHITE HEAVY CHECK MARK}"


class WebhookChannel:
    """POST of `text` and `blocks`: what knows no blocks shows the text.

    The header `Idempotency-Key` is the notice's id.
    """

    name = "webhook"
    wants = Wants()

    def __init__(self, url: Callable[[], str], *, timeout_s: float = 10.0, voice: Voice | None = None) -> None:
        self._post = Post(self.name, "alerts.webhook", url, timeout_s=timeout_s)
        self._voice = voice or Voice()

    def __repr__(self) -> str:
        return "WebhookChannel(…)"

    def send(self, notice: Notice) -> str:
        """POST; raises ChannelError."""
        return self._post.json(body(notice, self._voice), {"idempotency-key": notice.id})

    def close(self) -> None:
        """Close connections."""
        self._post.close()


def body(notice: Notice, voice: Voice) -> dict[str, Any]:
    """What is sent. `text` is all of it in plain words, for receivers without blocks, and for notifications."""
    sign = _OVER if notice.event in {Event.RESOLVED, Event.UNSEEN} else _SIGNS.get(notice.severity, _WARNS)
    title = voice.title(notice)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(f"{sign} {title}", _HEADER)}}
    ]
    if meaning := voice.meaning(notice):
        blocks.append(_section(_escaped(meaning)))
    for about, facts in voice.blocks(notice):
        said = [f"*{_escaped(about)}*"] if about else []
        said += [f"*{name}* {_code(text) if name == 'run' else _escaped(text)}" for name, text in facts]
        blocks.append(_section("\n".join(said)))
    if len(blocks) > _BLOCKS:
        hidden = len(blocks) - _BLOCKS + 1
        blocks = [*blocks[: _BLOCKS - 1], _section(f"and {hidden} more: `redline alerts list`")]
    blocks.append(
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": _cut(" · ".join(map(_escaped, voice.tail(notice))), _SECTION)}],
        }
    )
    return {"text": _escaped(f"{sign} {voice.text(notice)}"), "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, _SECTION)}}


def _escaped(text: str) -> str:
    """Slack reads these three as markup, and its mentions begin with `<`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _code(text: str) -> str:
    return f"`{_escaped(text).replace('`', chr(39))}`"


def _cut(text: str, most: int) -> str:
    """The beginning, with no half of an escape at its end."""
    return text if len(text) <= most else _HALF.sub("", text[: most - 1]) + "…"
