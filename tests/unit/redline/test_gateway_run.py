from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from redline.gateway import tokens
from redline.gateway.run import policy, run, token_file
from redline.kafka_section import Kafka
from redline.sections import GatewaySettings, Limits
from redline.settings import Settings
from schemas.errors import BrokerError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def settings(folder: Path, *, host: str = "127.0.0.1", bootstrap: str = "127.0.0.1:1") -> Settings:
    return Settings(data=str(folder), kafka=Kafka(bootstrap=bootstrap), gateway=GatewaySettings(host=host, port=0))


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.1.2.3", "redline.example", "127.0.0.1.example"])  # noqa: S104 - refused
def test_an_open_gateway_is_refused_wherever_others_could_reach_it(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="loopback"):
        run(settings(tmp_path, host=host), anyone=True, say=print)


def test_without_a_token_or_a_broker_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="redline gateway token add"):
        run(settings(tmp_path), anyone=False, say=print)
    token = tokens.add(token_file(settings(tmp_path)), "ide")
    assert token.startswith(tokens.PREFIX)
    with pytest.raises(BrokerError, match=r"kafka\.bootstrap"):
        run(settings(tmp_path, bootstrap=""), anyone=False, say=print)


@pytest.mark.parametrize("name", ["", "a b", "-a", "jo@corp.example", "x" * 65, "a\n", "é"])
def test_names_of_producers_can_stand_in_a_log(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="1 to 64") as caught:
        tokens.add(tmp_path / tokens.FILE, name)
    assert len(name) < 3 or name not in str(caught.value)


def test_a_name_has_one_token_and_every_token_differs(tmp_path: Path) -> None:
    path = tmp_path / tokens.FILE
    made = [tokens.add(path, name) for name in ("a", "b", "c")]
    assert len(set(made)) == 3
    with pytest.raises(SettingsError, match="token remove a"):
        tokens.add(path, "a")
    assert [producer.name for producer in tokens.load(path)] == ["a", "b", "c"]
    assert not any(token in str(tokens.load(path)) for token in made)


def test_limits_come_from_settings() -> None:
    found = policy(
        Settings(limits=Limits(max_bytes=7, max_depth=3, max_future_s=2.0), gateway=GatewaySettings(max_events=5))
    )
    assert (found.read.limits.max_bytes, found.read.limits.max_depth, found.read.limits.max_future_us) == (
        7,
        3,
        2_000_000,
    )
    assert (found.read.most, found.max_body_bytes) == (5, GatewaySettings().max_body_bytes)
