"""The answers of `redline serve`, without a socket."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from support.folder import day

from redline.gateway.exchange import Answer, Request
from redline.overview import Firing, Halted, Process, Stage, Store
from redline.serve import status_page
from redline.serve.access import Access
from redline.serve.site import Site
from redline.settings import Settings
from redline.status import Rows, Status

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "t" * 32
HEADERS = (("host", "127.0.0.1:1"), ("authorization", f"Bearer {TOKEN}"))


def site(folder: Path) -> Site:
    access = Access(TOKEN)
    access.port = 1
    return Site(Settings(data=str(folder)), access)


def ask(made: Site, path: str, *, query: str = "", method: str = "GET") -> Answer:
    return asyncio.run(made.answer(Request(method, path, HEADERS, query)))


def test_report_status_metrics_and_docs_of_a_folder(tmp_path: Path) -> None:
    day(1, 30).publish(tmp_path)
    metrics = tmp_path / "state" / "metrics"
    metrics.mkdir()
    (metrics / "sink-1.prom").write_text('# TYPE redline_x gauge\nredline_x{process="sink-1"} 1.0\n')
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.html").write_text("<style>p{}</style>docs")
    (tmp_path / "docs" / "link.html").symlink_to(tmp_path / "state" / "keys.json")
    made = site(tmp_path)
    report = ask(made, "/")
    assert report.status == 200
    assert b"What people kept" in report.body
    policy = dict(report.headers)["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert json.loads(ask(made, "/status.json").body)["tables"][0]["table"] == "interactions"
    assert b"<h1>Status</h1>" in ask(made, "/status").body
    assert b'redline_x{process="sink-1"} 1.0' in ask(made, "/metrics").body
    assert ask(made, "/docs/").body.endswith(b"docs")
    for path in (
        "/docs/link.html",
        "/docs/none.html",
        "/docs/../state/keys.json",
        "/docs/%2e%2e/x.html",
        "/state/keys.json",
    ):
        assert ask(made, path).status == 404
        assert b"identity" not in ask(made, path).body


@pytest.mark.parametrize(
    ("query", "expected"), [("days=7", 200), ("days=0", 400), ("days=x", 400), ("days=" + "9" * 5000, 400)]
)
def test_days_are_a_number(tmp_path: Path, query: str, expected: int) -> None:
    assert ask(site(tmp_path), "/", query=query).status == expected


def test_nothing_can_be_sent_and_a_broken_folder_is_told_as_such(tmp_path: Path) -> None:
    day(1, 5).publish(tmp_path)
    made = site(tmp_path)
    assert ask(made, "/", method="POST").status == 405
    (tmp_path / "state" / "keys.json").unlink()
    assert ask(made, "/").status == 503
    assert made.broken(400).status == 400


def test_the_status_page_tells_everything_that_is_wrong() -> None:
    found = Status(
        at=1_769_760_000.0,
        data="live",
        broker="127.0.0.1:9092",
        stages=(Stage("scrub", "redline.events", 2_000, 1_500),),
        stores=(Store("pairs", "redline.pairs", 900, 7),),
        halted=(Halted("pairs", "2026-01-30T07:58:00Z", ("no_personal_data_left",)),),
        firing=(Firing("lag", "pairs", "", "error", "firing", 1_769_750_000.0, 3, "redline status " + "--watch " * 9),),
        processes=(Process("sink-1", 4_000.0, 1_769_700_000.0, 512_000_000), Process("worker-1", 1.0, 0.0, 0)),
        tables=(Rows("pairs", 12_345, 6, True),),
        rejects={"late": 77},
        verdicts={},
    )
    page = status_page.html(found, ())
    for words in (
        "1,500",
        "12,345",
        "pairs is halted",
        "no_personal_data_left",
        "--watch " * 8,
        "67 min ago",
        "512 MB",
        "77",
    ):
        assert words in page
    assert "<script" not in page
