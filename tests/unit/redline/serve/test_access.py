"""Who sees the pages of `redline serve`."""

from __future__ import annotations

import pytest

from redline.gateway.exchange import Refused, Request
from redline.serve.access import Access

TOKEN = "s3cret-token_of-this-run"  # noqa: S105
HOST = ("host", "127.0.0.1:8470")


def access() -> Access:
    made = Access(TOKEN)
    made.port = 8470
    return made


def status(*headers: tuple[str, str], query: str = "", path: str = "/") -> int:
    try:
        answer = access().admit(Request("GET", path, headers, query))
    except Refused as refused:
        return refused.status
    return answer.status if answer else 200


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ((HOST,), "", 401),
        ((HOST,), f"token={TOKEN}", 303),
        ((HOST,), f"token={TOKEN}x", 403),
        ((HOST,), "token=", 403),
        ((HOST,), "token=%ff%00", 403),
        ((HOST, ("cookie", f"redline-8470={TOKEN}")), "", 200),
        ((HOST, ("cookie", f"a=b; redline-8470={TOKEN}; c")), "", 200),
        ((HOST, ("cookie", "x=1"), ("cookie", f"redline-8470={TOKEN}")), "", 200),
        ((HOST, ("cookie", f"redline-8471={TOKEN}")), "", 401),
        ((HOST, ("cookie", f"redline-8470={TOKEN[:-1]}")), "", 401),
        ((HOST, ("cookie", "redline-8470=\udcff")), "", 401),
        ((HOST, ("authorization", f"Bearer {TOKEN}")), "", 200),
        ((HOST, ("authorization", f"Basic {TOKEN}")), "", 401),
        ((("host", "localhost:8470"), ("authorization", f"bearer {TOKEN}")), "", 200),
        ((("host", "localhost"), ("authorization", f"Bearer {TOKEN}")), "", 421),
        ((("host", "redline.evil.example:8470"), ("cookie", f"redline-8470={TOKEN}")), "", 421),
        ((("cookie", f"redline-8470={TOKEN}"),), "", 421),
    ],
)
def test_only_the_token_under_our_own_name_opens_a_page(
    headers: tuple[tuple[str, str], ...], query: str, expected: int
) -> None:
    assert status(*headers, query=query) == expected


@pytest.mark.parametrize(
    ("path", "query", "to"),
    [
        ("/", f"token={TOKEN}", "/"),
        ("/report.html", f"days=7&token={TOKEN}&x=a%20b", "/report.html?days=7&x=a+b"),
        ("//evil.example/x", f"token={TOKEN}", "/evil.example/x"),
        ("/\\evil.example", f"token={TOKEN}", "/evil.example"),
        ("/x\r\nSet-Cookie: a=b", f"token={TOKEN}", "/x%0D%0ASet-Cookie%3A%20a%3Db"),
        ("/\udcff", f"token={TOKEN}", "/%3F"),
    ],
)
def test_the_token_leaves_the_address_line_for_a_cookie(path: str, query: str, to: str) -> None:
    answer = access().admit(Request("GET", path, (HOST,), query))
    assert answer is not None
    headers = dict(answer.headers)
    assert headers["Location"] == to
    assert headers["Set-Cookie"] == f"redline-8470={TOKEN}; Path=/; HttpOnly; SameSite=Lax"
    assert TOKEN not in repr(access())
