from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

import pytest
from support.certificates import Authority

from redline.rotation import Rotation, digest
from schemas.errors import SettingsError
from streams.connection import Connection

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S = 120.0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def mtls(authority: Authority, name: str = "worker") -> Connection:
    own = authority.sign(name)
    return Connection(
        "b:1", security="tls", ca_file=str(authority.ca), cert_file=str(own.certificate), key_file=str(own.key)
    )


def watched(connection: Connection) -> tuple[Rotation, threading.Event]:
    changed = threading.Event()
    return Rotation(connection, changed.set, look_s=0.01, spread_s=0.0), changed


def test_a_replaced_password_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("first")
    connection = Connection("b:1", security="sasl_plaintext", user="u", password_file=str(file))
    rotation, changed = watched(connection)
    rotation.start()
    file.write_text("")  # half a rotation
    file.write_text("second")
    assert changed.wait(WAIT_S)


def test_a_replaced_certificate_is_noticed_once_its_key_belongs_to_it(authority: Authority) -> None:
    connection = mtls(authority)
    first = digest(connection)
    rotation, changed = watched(connection)
    rotation.start()
    key = authority.sign("worker").key
    held = key.read_bytes()
    key.write_bytes(authority.sign("other").key.read_bytes())
    with pytest.raises(SettingsError, match=r"kafka\.cert_file, kafka\.key_file"):
        connection.ssl_context()
    key.write_bytes(held)
    assert changed.wait(WAIT_S)
    assert digest(connection) != first


def test_a_connection_without_files_is_not_watched() -> None:
    for connection in (
        Connection("b:1"),
        Connection("b:1", security="tls"),
        Connection("b:1", security="sasl_tls", user="u", plain_password="p"),  # noqa: S106 - none
    ):
        rotation, changed = watched(connection)
        rotation.start()
        rotation.stop()
        assert (digest(connection), changed.is_set()) == ("", False)


def test_a_key_with_a_password_is_read_and_without_one_nobody_is_asked(authority: Authority, tmp_path: Path) -> None:
    own = authority.sign("worker", password=b"locked")
    (tmp_path / "password").write_text("locked\n")
    (tmp_path / "wrong").write_text("other")
    good = Connection(
        "b:1",
        security="tls",
        ca_file=str(authority.ca),
        cert_file=str(own.certificate),
        key_file=str(own.key),
        key_password_file=str(tmp_path / "password"),
    )
    assert good.ssl_context() is not None
    assert good.librdkafka()["ssl.key.password"] == "locked"
    for password_file in ("", str(tmp_path / "wrong")):
        with pytest.raises(SettingsError, match="SSLError"):
            dataclasses.replace(good, key_password_file=password_file).ssl_context()


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("nothing")
    with pytest.raises(SettingsError, match=r"kafka\.ca_file"):
        Connection("b:1", security="tls", ca_file=str(tmp_path / "ca")).ssl_context()
