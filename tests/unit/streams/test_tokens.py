from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import pytest

from schemas.errors import BrokerError, SettingsError
from streams.connection import Connection
from streams.tokens import FileTokens, parsed

if TYPE_CHECKING:
    from pathlib import Path


def jwt(claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{part}.c2ln"


def test_a_token_says_whose_it_is_and_until_when() -> None:
    end = int(time.time()) + 100
    for claims in ({"exp": end, "sub": "worker"}, {"exp": float(end), "sub": "worker", "other": [1]}):
        token = parsed(jwt(claims), "here")
        assert (token.principal, token.expires_s) == ("worker", end)
        assert token.text not in repr(token)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "XYZZY",
        "a.b",
        "a.!!.c",
        "a..c",
        "é.é.é",
        jwt([]),
        jwt({}),
        jwt({"exp": "soon"}),
        jwt({"exp": None}),
        jwt({"exp": 0, "sub": "XYZZY"}),
        jwt("exp"),
        "a." + "A" * 1_000_000 + ".c",
    ],
)
def test_what_is_no_token_that_holds_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(BrokerError, match=r"^kafka\.token_file: needed") as caught:
        parsed(text, "kafka.token_file")
    assert "XYZZY" not in str(caught.value)


def test_a_file_is_read_at_every_connection(tmp_path: Path) -> None:
    file = tmp_path / "token"
    connection = Connection(
        "b:1", security="sasl_tls", mechanism="OAUTHBEARER", tokens=FileTokens(str(file))
    ).librdkafka()
    with pytest.raises(SettingsError, match=r"kafka\.token_file"):
        connection["oauth_cb"]("")
    for name in ("first", "second"):
        file.write_text(jwt({"exp": time.time() + 100, "sub": name}) + "\n")
        assert connection["oauth_cb"]("")[2] == name
