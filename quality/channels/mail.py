"""Alerts by mail: SMTP (RFC 5321) with STARTTLS or TLS, plain text and HTML."""

from __future__ import annotations

import smtplib
import ssl
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING, Literal

from quality.alert import Event, Wants
from quality.channels.wording import Voice
from schemas.errors import ChannelError
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from quality.alert import Notice

_COLOURS = {Severity.CRITICAL: "#b3261e", Severity.ERROR: "#b35900"}
_WARNS, _OVER = "#7a6a00", "#1e7a34"
_REMEMBERED = 1_000
_FOR_GOOD = 500  # reply codes from here on are final (RFC 5321, 4.2.1)
_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is taken, and as whom. `password` gives it at every use; `ca`: a PEM file, empty for the system's."""

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: Callable[[], str] | None = None
    ca: str = ""


class MailChannel:
    """One mail for each notice, to all recipients. Its `Message-ID` is made of the notice's id.

    A server that takes it for some recipients only is asked again for the others, unless it refused them for good.

    Args:
        server: whom to give it to.
        sender: the address it comes from.
        recipients: at least one.
        timeout_s: longest wait for each answer.
        voice: who speaks.
    """

    name = "mail"
    wants = Wants()

    def __init__(
        self,
        server: Server,
        *,
        sender: str,
        recipients: tuple[str, ...],
        timeout_s: float = 10.0,
        voice: Voice | None = None,
    ) -> None:
        self._server = server
        self._sender = sender
        self._recipients = recipients
        self._timeout_s = timeout_s
        self._voice = voice or Voice()
        self._took: OrderedDict[str, set[str]] = OrderedDict()

    def __repr__(self) -> str:
        return "MailChannel(…)"

    def send(self, notice: Notice) -> str:
        """Give the mail to the server; raises ChannelError unless it is answerable for every recipient."""
        took = self._took.setdefault(notice.id, set())
        while len(self._took) > _REMEMBERED:
            self._took.popitem(last=False)
        left = [address for address in self._recipients if address not in took]
        try:
            session = self._session()
            try:
                refused = session.send_message(mail(notice, self._voice, self._sender, self._recipients), to_addrs=left)
            finally:
                with suppress(smtplib.SMTPException, OSError):  # what was taken is taken, whatever comes after
                    session.quit()
                session.close()
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
            if len(refused) == len(left) and not took:
                raise _error(error) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise _error(error) from None
        took.update(address for address in left if address not in refused)
        later = [address for address, (code, _) in refused.items() if code < _FOR_GOOD]
        if later:
            raise ChannelError(
                f"mail: {len(later)} of {len(self._recipients)} recipients were put off; they are tried again"
            )
        del self._took[notice.id]
        return f"taken for {len(took)} of {len(self._recipients)} recipients"

    def close(self) -> None:
        """Nothing is kept open."""

    def _session(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context(cafile=server.ca or None)
        if server.tls == "tls":
            session: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=self._timeout_s, context=context)
        else:
            session = smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)
        try:
            if server.tls == "starttls":
                session.starttls(context=context)
            if server.user and server.password is not None:
                session.login(server.user, server.password())
        except BaseException:
            session.close()
            raise
        return session


def mail(notice: Notice, voice: Voice, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    """The mail itself."""
    message = EmailMessage()
    message["Subject"] = " ".join(voice.title(notice).split())[:_SUBJECT]
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = format_datetime(datetime.fromtimestamp(max(0.0, notice.at), UTC))
    domain = sender.rpartition("@")[2].strip("<> ") or "redline.invalid"
    message["Message-ID"] = f"<{notice.id}@{domain}>"
    # What begins with an alert is one thread.
    message["References"] = f"<{notice.alerts[0].key}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes
    if notice.severity is Severity.CRITICAL and notice.event not in {Event.RESOLVED, Event.UNSEEN}:
        message["Importance"] = "high"
    message.set_content(voice.text(notice))
    message.add_alternative(html(notice, voice), subtype="html")
    return message


def html(notice: Notice, voice: Voice) -> str:
    """The same, to look at: no style sheet, no picture, nothing to fetch."""
    ended = notice.event in {Event.RESOLVED, Event.UNSEEN}
    colour = _OVER if ended else _COLOURS.get(notice.severity, _WARNS)
    parts = [
        f'<div style="font-family:sans-serif;border-left:4px solid {colour};padding:4px 12px">',
        f'<p style="color:{colour};font-weight:bold;margin:4px 0">{escape(voice.title(notice))}</p>',
    ]
    if meaning := voice.meaning(notice):
        parts.append(f'<p style="margin:4px 0">{escape(meaning)}</p>')
    for about, facts in voice.blocks(notice):
        if about:
            parts.append(f'<p style="font-weight:bold;margin:12px 0 2px">{escape(about)}</p>')
        parts.append('<table style="border-collapse:collapse">')
        for name, text in facts:
            shown = f"<code>{escape(text)}</code>" if name == "run" else escape(text)
            parts.append(
                f'<tr><td style="padding:1px 12px 1px 0;color:#666;vertical-align:top">{escape(name)}</td>'
                f"<td>{shown}</td></tr>"
            )
        parts.append("</table>")
    parts += [f'<p style="color:#666;margin:8px 0 2px">{escape(text)}</p>' for text in voice.tail(notice)]
    return "\n".join([*parts, "</div>"]) + "\n"


def _error(error: Exception) -> ChannelError:
    """What a server says may quote addresses: its number is enough."""
    code = getattr(error, "smtp_code", None)
    what = f"{type(error).__name__}, {code}" if code else type(error).__name__
    return ChannelError(f"mail: needed a server that takes it, came {what}: check alerts.smtp and what belongs to it")
