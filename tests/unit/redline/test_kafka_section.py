from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from redline.settings import as_env, load, shown
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "XYZZY"  # noqa: S105 - looked for where it must not be
SASL = {"security": "sasl_tls", "user": "worker"}


def settings(**keys: str) -> dict[str, str]:
    return {f"kafka.{name}": value for name, value in keys.items()}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, {}),
        ({"security": "tls"}, {"security.protocol": "ssl"}),
        (
            {"security": "tls", "ca_file": "/ca", "cert_file": "/c", "key_file": "/k"},
            {
                "security.protocol": "ssl",
                "ssl.ca.location": "/ca",
                "ssl.certificate.location": "/c",
                "ssl.key.location": "/k",
            },
        ),
        (
            {**SASL, "password": SECRET},
            {
                "security.protocol": "sasl_ssl",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": "worker",
                "sasl.password": SECRET,
            },
        ),
        (
            {"security": "sasl_plaintext", "mechanism": "PLAIN", "user": "u", "password": SECRET},
            {
                "security.protocol": "sasl_plaintext",
                "sasl.mechanism": "PLAIN",
                "sasl.username": "u",
                "sasl.password": SECRET,
            },
        ),
    ],
)
def test_librdkafka_is_told_what_the_section_says(keys: dict[str, str], expected: dict[str, str]) -> None:
    kafka = load(None, {}, settings(**keys)).kafka
    assert kafka.client == expected
    assert load(None, {"REDLINE_KAFKA_CONFIG": '{"debug":"security"}'}, settings(**keys)).kafka.client == {
        **expected,
        "debug": "security",
    }
    assert kafka.embedded.client == {}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"password": SECRET, "password_file": "/p", **SASL}, "password and password_file"),
        ({**SASL}, "needs user, and password"),
        ({"security": "sasl_tls", "password": SECRET}, "needs user, and password"),
        ({"security": "sasl_tls", "mechanism": "OAUTHBEARER"}, "needs token_url or token_file"),
        ({"security": "sasl_tls", "mechanism": "OAUTHBEARER", "token_url": "https://t"}, "needs client_id"),
        (
            {
                "security": "sasl_tls",
                "mechanism": "OAUTHBEARER",
                "token_url": f"file:///{SECRET}",
                "client_id": "c",
                "client_secret_file": "/s",
            },
            "needed http or https",
        ),
        ({"security": "tls", "cert_file": "/c"}, "needed both or none"),
        ({"ca_file": "/c"}, "need security tls"),
        ({"security": "tls", "user": "u"}, "need security sasl"),
        ({"replication": "2", "min_insync": "3"}, "at most replication"),
        ({"security": SECRET}, "allowed ones"),
        ({"security": "sasl_tls", "mechanism": SECRET}, "allowed ones"),
    ],
)
def test_what_contradicts_itself_is_refused_by_its_names(keys: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        load(None, {}, settings(**keys))
    assert "kafka" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_rotated_password_counts_for_the_next_client(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("first\n")
    kafka = load(None, {}, settings(**SASL, password_file=str(file))).kafka
    assert kafka.client["sasl.password"] == "first"
    file.write_text("second")
    assert kafka.client["sasl.password"] == "second"
    for held in (b"", b"\n", b"\xff"):
        file.write_bytes(held)
        with pytest.raises(SettingsError, match=r"kafka\.password_file"):
            _ = kafka.client
    file.unlink()
    with pytest.raises(SettingsError, match="FileNotFoundError"):
        _ = kafka.client


def test_no_secret_is_shown_but_children_get_it() -> None:
    held = load(None, {"REDLINE_KAFKA_PASSWORD": SECRET}, settings(**SASL))
    assert SECRET not in str(shown(held))
    assert SECRET not in repr(held.kafka.connection)
    assert load(None, as_env(held), {}).kafka == held.kafka
