from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from redline.capture import append, ship
from redline.capture.spool import Config, Spool, configure
from redline.client import Client
from schemas.errors import DeliveryError, LockedError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ship.time, "sleep", lambda _s: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    client = Client(tool="editor/1.0", surface="ide", session_id="s", folder=tmp_path)
    for number in range(5):
        client.decide(client.suggest(f"text {number}"), "accepted")
    configure(tmp_path, Config(subject="anna"))
    return tmp_path


def gateway(answer: Callable[[list[Any]], httpx.Response]) -> tuple[ship.Gateway, list[list[Any]]]:
    seen: list[list[Any]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        assert request.url == "http://gateway/v1/events"
        assert request.headers["authorization"] == "Bearer secret"
        batch = json.loads(request.content)
        seen.append(batch)
        return answer(batch)

    return ship.Gateway("http://gateway/", "secret", httpx.Client(transport=httpx.MockTransport(respond))), seen


def test_what_is_acknowledged_is_sent_once_with_the_person_added(folder: Path) -> None:
    target, seen = gateway(lambda _batch: httpx.Response(202))
    done = ship.ship(folder, target)
    assert done.events == Counter({"redline.suggestion.v1": 5, "redline.decision.v1": 5})
    assert {event["subject"] for batch in seen for event in batch} == {"anna"}
    assert not ship.ship(folder, target).events
    assert sum(map(len, seen)) == 10


@pytest.mark.parametrize("answer", [503, 429, 401, 302])
def test_what_is_not_acknowledged_stays_in_the_spool(folder: Path, answer: int) -> None:
    target, _ = gateway(lambda _batch: httpx.Response(answer, headers={"retry-after": "1"}))
    with pytest.raises(DeliveryError):
        ship.ship(folder, target)
    assert len(list(Spool(folder).frames())) == 10


def test_a_gateway_that_is_away_is_tried_again_and_then_left_for_later(folder: Path) -> None:
    tries = []

    def away(_request: httpx.Request) -> httpx.Response:
        tries.append(1)
        raise httpx.ConnectError("refused")

    with pytest.raises(DeliveryError, match="ConnectError"):
        ship.ship(folder, ship.Gateway("http://gateway", "", httpx.Client(transport=httpx.MockTransport(away))))
    assert len(tries) > 1
    assert len(list(Spool(folder).frames())) == 10


def test_one_event_that_is_refused_does_not_keep_the_others(folder: Path) -> None:
    target, _ = gateway(
        lambda batch: httpx.Response(400 if any(e["data"].get("text") == "text 3" for e in batch) else 202)
    )
    done = ship.ship(folder, target)
    assert done.refused == Counter({"bad_value": 1})
    assert list(Spool(folder).frames()) == []


def test_what_no_reader_knows_is_counted(folder: Path) -> None:
    append.append(str(folder), "event", b"{")
    append.append(str(folder), "martian", b"{}")
    append.append(str(folder), "claude-code", b'{"hook_event_name": "Notification", "session_id": "s"}')
    target, _ = gateway(lambda _batch: httpx.Response(202))
    done = ship.ship(folder, target)
    assert done.refused == Counter({"not_json": 1, "unknown_type": 1})
    assert sum(done.skipped.values()) == 1


def test_a_proposal_has_the_prompt_that_an_earlier_run_shipped(tmp_path: Path) -> None:
    configure(tmp_path, Config(subject="anna"))
    target, seen = gateway(lambda _batch: httpx.Response(202))

    def hook(name: str, **more: Any) -> None:
        body = {"session_id": "s", "prompt_id": "p", "hook_event_name": name, **more}
        append.append(str(tmp_path), "claude-code", json.dumps(body).encode())
        ship.ship(tmp_path, target)

    hook("UserPromptSubmit", prompt="use pi")
    edit = {"file_path": "/p/a.py", "old_string": "a", "new_string": "b"}
    hook("PreToolUse", tool_name="Edit", tool_use_id="t", tool_input=edit)
    sent = [event for batch in seen for event in batch if event["type"] == "redline.suggestion.v1"]
    assert [(event["id"], event["data"]["prompt"]) for event in sent] == [("suggestion/t/live", "use pi")]


def test_a_second_shipper_is_refused(folder: Path) -> None:
    def busy(_batch: list[Any]) -> httpx.Response:
        with pytest.raises(LockedError):
            ship.ship(folder, target)
        return httpx.Response(202)

    target, seen = gateway(busy)
    ship.ship(folder, target)
    assert seen


def test_the_target_is_what_was_configured(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="gateway"):
        ship.target_of(Config(), {})
    with pytest.raises(SettingsError, match="token"):
        ship.target_of(Config(gateway="http://x", token_file=str(tmp_path / "none")), {})
    assert isinstance(ship.target_of(Config(bootstrap="127.0.0.1:1"), {}), ship.Kafka)
