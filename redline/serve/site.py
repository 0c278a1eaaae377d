"""The answers of `redline serve`. Knows no socket: the gateway's server gives it requests, tests give it values.

It reads and never writes. A report is made at most once a minute, by one request at a time, beside the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from redline import faults, meter, status
from redline.gateway.exchange import JSON, Answer, Refused
from redline.report import docs, frame, marks
from redline.report.frame import Link, Section
from redline.report.run import DAYS, rendered
from redline.serve import exposition, status_page
from schemas.errors import RedlineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.gateway.exchange import Request
    from redline.serve.access import Access
    from redline.settings import Settings

log = logging.getLogger("redline.serve")

_HTML = "text/html; charset=utf-8"
_REPORT_S, _STATUS_S = 60.0, 2.0  # for how long an answer is given again
_MOST_DAYS = 3_660
_MOST_KEPT = 16
_PAGE = re.compile(r"[a-z_]{1,64}\.html", re.ASCII)
_FAULT = 500
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)


class Site:
    """Report, docs, status and metrics of one data folder."""

    def __init__(self, settings: Settings, access: Access, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._access = access
        self._clock = clock
        self._kept: dict[str, tuple[float, str]] = {}
        self._making = {"report": asyncio.Lock(), "status": asyncio.Lock()}
        self.stopping = False

    async def answer(self, request: Request) -> Answer:
        """The answer to a request; never raises for what is in it."""
        try:
            found = self._access.admit(request) or await self._routed(request)
        except Refused as refused:
            found = _page(refused.status, refused.detail, refused.headers)
        except (RedlineError, OSError) as error:
            log.warning("a page could not be shown: %s", type(error).__name__)
            words = str(error) if isinstance(error, RedlineError) else f"a file cannot be read: {error.strerror}"
            found = _page(503, words)
        except Exception as error:  # noqa: BLE001 - its text may quote a row
            log.error("a fault of Redline: %s", faults.told(error))  # noqa: TRY400 - likewise its traceback
            found = _page(_FAULT, "a fault of Redline; its log says where")
        # A page of the Data Docs may be older than this version's style.
        css = found.body.partition(b"<style>")[2].partition(b"</style>")[0].decode()
        policy = ("Content-Security-Policy", frame.policy(css))
        return Answer(found.status, found.body, found.content_type, (*_HEADERS, policy, *found.headers))

    def broken(self, status: int) -> Answer:
        """The answer to bytes that are no HTTP request."""
        return _page(status, "needed an HTTP request" if status < _FAULT else "a fault of Redline")

    async def _routed(self, request: Request) -> Answer:
        settings, path = self._settings, request.path
        if request.method not in {"GET", "HEAD"}:
            raise Refused(405, "needed GET: these pages are for reading", headers=(("Allow", "GET, HEAD"),))
        if path in {"/", "/report.html"}:
            days = _days(request.query)
            html = await self._once("report", f"{days}", _REPORT_S, lambda: rendered(settings, days, _links("/")))
            return Answer(200, html.encode(), _HTML)
        if path in {"/status", "/status.json"}:
            text = await self._once("status", "", _STATUS_S, lambda: status.as_json(settings))
            if path == "/status.json":
                return Answer(200, text.encode(), JSON)
            found = msgspec.json.decode(text, type=status.Status)
            return Answer(200, status_page.html(found, _links(path)).encode(), _HTML)
        if path == "/metrics":
            return Answer(200, (await asyncio.to_thread(self._metrics)).encode(), exposition.CONTENT_TYPE)
        if path == "/docs":
            return Answer(308, headers=(("Location", "/docs/"),))
        if path.startswith("/docs/"):
            return self._docs(path.removeprefix("/docs/") or docs.INDEX)
        raise Refused(404, "no such page")

    async def _once(self, kind: str, about: str, good_s: float, make: Callable[[], str]) -> str:
        """What was made lately, or is made now. One of a kind at a time: each takes a core and memory."""
        name = f"{kind} {about}"
        async with self._making[kind]:
            at, text = self._kept.get(name, (float("-inf"), ""))
            if self._clock() - at < good_s:
                return text
            text = await asyncio.to_thread(make)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[name] = (self._clock(), text)
            return text

    def _metrics(self) -> str:
        folder = self._settings.state / meter.FOLDER
        return exposition.merged(path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.prom")))

    def _docs(self, name: str) -> Answer:
        """A page of the Data Docs. Names of a fixed form only, so none leads out of the folder."""
        path = self._settings.data_dir / docs.FOLDER / name
        if not _PAGE.fullmatch(name):
            raise Refused(404, "no such page")
        if path.is_symlink() or not path.is_file():
            words = "no Data Docs yet: `redline report --docs` writes them" if name == docs.INDEX else "no such page"
            raise Refused(404, words)
        return Answer(200, path.read_bytes(), _HTML)


def _days(query: str) -> int:
    given = dict(parse_qsl(query)).get("days", f"{DAYS}")
    if not (given.isascii() and given.isdecimal() and 1 <= int(given[:9]) <= _MOST_DAYS):
        raise Refused(400, f"days: needed a number from 1 to {_MOST_DAYS:,}, came something else")
    return int(given)


def _links(current: str) -> list[Link]:
    pages = (("/", "Report"), ("/status", "Status"), ("/docs/", "Data docs"))
    return [Link(address, words, address == current) for address, words in pages]


def _page(status: int, words: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """What is wrong, as a page. The words are ours."""
    phrase = HTTPStatus(status).phrase
    said = marks.words(words[:1].upper() + words[1:])
    section = Section("what", "What to do", "", f"<p>{said}.</p>")
    html = frame.page(f"{status} {phrase}", f"<h1>{phrase}</h1>", [section], (), _links(""))
    return Answer(status, html.encode(), _HTML, headers)
