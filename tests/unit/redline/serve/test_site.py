"""The answers of `redline serve`, without a socket."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from support.folder import day

from redline.gateway.exchange import Answer, Request
from redline.serve.access import Access
from redline.serve.site import Site
from redline.settings import Settings

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
