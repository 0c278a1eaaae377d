"""The service with values for requests and a list for Kafka."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redline.gateway import tokens
from redline.gateway.delivery import NotConfirmedError, QueueFullError
from redline.gateway.exchange import Answer, Request
from redline.gateway.readers import ReadPolicy
from redline.gateway.service import Gateway, Policy
from schemas.codec import Limits, decode
from schemas.records import Coordinate, Record
from schemas.sources import drift
from schemas.sources.cloudevents import rfc3339
from schemas.sources.drift import Tally

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from schemas.events import Event
    from schemas.records import Outgoing

SECRET = "XYZZY words of a person"  # noqa: S105 - made up
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
SMALL = Policy(
    read=ReadPolicy(Limits(max_bytes=5_000), most=50),
    max_body_bytes=20_000,
    max_inflated_bytes=40_000,
    body_wait_s=0.05,
)


class Kafka:
    """Takes everything, or fails as told."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.fails = fails
        self.sent: list[Outgoing] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, topic: str, records: Sequence[Outgoing]) -> None:
        await self.gate.wait()
        if self.fails is not None:
            raise self.fails
        self.sent += records

    async def ready(self) -> bool:
        return self.fails is None

    def events(self) -> list[Event]:
        return [decode(Record(Coordinate("t", 0, 0), r.key, r.value, r.headers, 0)) for r in self.sent]


def gateway(kafka: Kafka, who: tokens.Tokens | None = None, policy: Policy = SMALL, seen: Any = None) -> Gateway:
    return Gateway(kafka, topic="t", who=who, policy=policy, seen=seen or (lambda _tally: None))


def ask(
    service: Gateway, path: str, body: bytes = b"", kind: str = STRUCTURED, method: str = "POST", **more: str
) -> Answer:
    return asyncio.run(service.answer(request(path, body, kind, method, **more)))


def request(path: str, body: bytes, kind: str = STRUCTURED, method: str = "POST", **more: str) -> Request:
    headers = {"host": "localhost:4318", "content-type": kind, **{k.replace("_", "-"): v for k, v in more.items()}}
    return Request(method, path, tuple(headers.items()), body=pieces(body))


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 1000):
        yield body[at : at + 1000]


def event(number: int = 1, **more: Any) -> dict[str, Any]:
    data = {"session_id": "s", "surface": "ide", "tool": "t/1", "interaction_id": f"i{number}", "text": SECRET}
    time = rfc3339(1_760_000_000_000_000)
    envelope = {"specversion": "1.0", "id": str(number), "source": "/ide/x", "type": "redline.edit.v1", "time": time}
    return {**envelope, "data": data, **more}


def dumped(tree: Any) -> bytes:
    return json.dumps(tree).encode()


BINARY = {
    "ce_specversion": "1.0",
    "ce_id": "e%20%C3%BC",
    "ce_source": '"/ide/\\"x"',
    "ce_type": "redline.edit.v1",
    "ce_time": rfc3339(1_760_000_000_000_000),
}


def test_every_mode_of_cloudevents_arrives_as_it_was_sent() -> None:
    kafka = Kafka()
    service = gateway(kafka)
    one = b' { "id": "\\u00fc", ' + dumped(event())[1:]  # bytes that no encoder would write
    one = one.replace(b'"id": "1", ', b"")
    assert ask(service, "/v1/events", one).body == b'{"accepted":1}'
    assert ask(service, "/v1/events", dumped([event(i) for i in range(2, 5)]), BATCH).body == b'{"accepted":3}'
    assert ask(service, "/v1/events", b" [ ] ", BATCH).body == b'{"accepted":0}'
    assert (
        ask(service, "/v1/events", dumped(event()["data"]), "application/json; charset=utf-8", **BINARY).status == 200
    )
    assert ask(service, "/v1/events", dumped(event(6)), "application/json").status == 200
    assert kafka.sent[0].value == one
    assert [(e.id, e.source) for e in kafka.events()] == [
        ("ü", "/ide/x"), ("2", "/ide/x"), ("3", "/ide/x"), ("4", "/ide/x"), ("e ü", '/ide/"x'), ("6", "/ide/x"),
    ]  # fmt: skip
    assert [r.key for r in kafka.sent] == [b"i1", b"i2", b"i3", b"i4", b"i1", b"i6"]


def test_every_fault_of_a_batch_is_told_by_path_and_nothing_of_it_is_sent() -> None:
    kafka = Kafka()
    wrong_type = event(data={**event()["data"], "text": [SECRET]})
    batch = [event(1), 7, {k: v for k, v in event().items() if k != "time"}, wrong_type, event(2)]
    answer = ask(gateway(kafka), "/v1/events", dumped(batch), BATCH)
    problem = json.loads(answer.body)
    assert (answer.status, answer.content_type, problem["status"]) == (400, "application/problem+json", 400)
    assert [(f["unit"], f["reason"], f["path"]) for f in problem["faults"]] == [
        (1, "wrong_type", "$"),
        (2, "missing_field", "$.time"),
        (3, "wrong_type", "$.data.text"),
    ]
    assert problem["faults"][2]["expected"] == "string, not array"
    assert kafka.sent == []
    assert b"XYZZY" not in answer.body


HOOK = {"hook_event_name": "UserPromptSubmit", "session_id": "s", "prompt": SECRET}
ONE = dumped(event())
BOMB = gzip.compress(b"[" + b" " * 10_000_000 + b"]")
MEMBERS = gzip.compress(b"") * 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("/v1/event", ONE), 404),
        (request("/v1/events/", ONE), 404),
        (request("/", b"", method="GET"), 404),
        (request("/v1/events", b"", method="GET"), 405),
        (request("/healthz", b""), 405),
        (request("/v1/events", ONE, host="redline.example:4318"), 403),  # a page that has its name point here
        (request("/v1/events", ONE, "text/plain"), 415),
        (request("/v1/events", ONE, "application/cloudevents+xml"), 415),
        (request("/v1/hooks/claude-code", dumped(HOOK), "text/plain"), 415),
        (request("/v1/events", ONE, content_encoding="br"), 415),
        (request("/v1/events", ONE, content_encoding="gzip"), 400),
        (request("/v1/events", gzip.compress(ONE)[:-9], content_encoding="gzip"), 400),
        (request("/v1/events", MEMBERS, content_encoding="gzip"), 400),
        (request("/v1/events", BOMB, BATCH, content_encoding="gzip"), 413),
        (request("/v1/events", ONE, content_length="20001"), 413),
        (request("/v1/events", b" " * 20_001 + ONE), 413),
        (request("/v1/events", b" " * 5_001 + ONE), 413),  # one event over the limit of events
        (request("/v1/events", dumped([event(i, data=1) for i in range(51)]), BATCH), 413),
        (request("/v1/events", b"[" * 20_000, BATCH), 400),
        (request("/v1/events", b"\xff", BATCH), 400),
        (request("/v1/events", b"{}", BATCH), 400),
        (request("/v1/events", b""), 400),
        (request("/v1/events", dumped(event(time="2200-01-01T00:00:00Z"))), 400),  # compared with now
        (request("/v1/hooks/claude-code", b"[]", "application/json"), 400),
        (request("/v1/continue", b"{}", "application/json"), 400),
        (request("/v1/tabby/events", b"{}", "application/json"), 400),
    ],
)
def test_what_is_refused_has_its_status_and_is_not_sent(sent: Request, status: int) -> None:
    kafka = Kafka()
    answer = asyncio.run(gateway(kafka).answer(sent))
    assert (answer.status, answer.content_type) == (status, "application/problem+json")
    assert kafka.sent == []
    assert b"XYZZY" not in answer.body
    assert status != 405 or dict(answer.headers)["Allow"] in {"GET", "POST"}


def test_gzip_is_undone_and_a_hook_is_answered_with_an_empty_object() -> None:
    kafka = Kafka()
    two_members = gzip.compress(ONE[:50]) + gzip.compress(ONE[50:])
    assert ask(gateway(kafka), "/v1/events", two_members, content_encoding="gzip").status == 200
    answer = ask(gateway(kafka), "/v1/hooks/claude-code", dumped(HOOK), "application/json")
    assert (answer.status, answer.body) == (200, b"{}")
    assert [e.source for e in kafka.events()] == ["/ide/x", "claude-code"]


@pytest.mark.parametrize(("fails", "status"), [(NotConfirmedError("x"), 503), (QueueFullError(), 429)])
def test_without_confirmation_there_is_no_2xx_but_a_time_to_come_again(fails: Exception, status: int) -> None:
    answer = ask(gateway(Kafka(fails)), "/v1/events", ONE)
    assert answer.status == status
    assert int(dict(answer.headers)["Retry-After"]) >= 1


def test_a_fault_of_ours_is_500_and_told_without_text(caplog: pytest.LogCaptureFixture) -> None:
    answer = ask(gateway(Kafka(ValueError(SECRET))), "/v1/events", ONE)
    assert answer.status == 500
    assert "ValueError" in caplog.text
    assert "XYZZY" not in caplog.text + answer.body.decode()


def test_what_is_under_way_is_bounded_in_requests_and_bytes_and_room_comes_back() -> None:
    async def scene() -> None:
        kafka = Kafka()
        kafka.gate.clear()
        policy = Policy(in_flight_requests=3, in_flight_bytes=3 * len(ONE) + 10, body_wait_s=5)
        service = gateway(kafka, policy=policy)
        waiting = [asyncio.create_task(service.answer(request("/v1/events", ONE))) for _ in range(2)]
        await asyncio.sleep(0)
        twice = gzip.compress(b" " * 2 * len(ONE) + ONE)
        too_many_bytes = await service.answer(request("/v1/events", twice, content_encoding="gzip"))
        waiting.append(asyncio.create_task(service.answer(request("/v1/events", ONE))))
        await asyncio.sleep(0)
        too_many = await service.answer(request("/v1/events", ONE))
        assert (too_many.status, too_many_bytes.status) == (429, 429)
        assert int(dict(too_many.headers)["Retry-After"]) >= 1
        kafka.gate.set()
        assert [(await task).status for task in waiting] == [200, 200, 200]
        assert (await service.answer(request("/v1/events", ONE))).status == 200
        text = (await service.answer(request("/metrics", b"", method="GET"))).body.decode()
        assert 'redline_gateway_in_flight_bytes{process="gateway"} 0.0\n' in text

    asyncio.run(scene())


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    sent = Request("POST", "/v1/events", (("content-type", STRUCTURED),), body=stuck())
    assert asyncio.run(gateway(Kafka()).answer(sent)).status == 408


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "gateway-tokens.json"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_token_lets_in_whom_it_was_made_for_and_no_one_else(path: Path) -> None:
    token = tokens.add(path, "ide")
    service = gateway(Kafka(), tokens.Tokens(path))
    assert ask(service, "/v1/events", ONE, **bearer(token)).status == 200
    assert ask(service, "/v1/events", ONE, authorization=f"bearer  {token} ", host="redline.example").status == 200
    for wrong in ("", token[:-1], token + "x", token.swapcase(), "\udcff", "é"):
        answer = ask(service, "/v1/events", ONE, **bearer(wrong))
        assert (answer.status, dict(answer.headers)["WWW-Authenticate"]) == (401, "Bearer")
    assert ask(service, "/v1/events", ONE, authorization=f"Basic {token}").status == 401
    assert ask(service, "/v1/events", ONE).status == 401
    assert ask(service, "/healthz", method="GET").status == 200
    assert token.encode() not in path.read_bytes()


def test_a_token_may_send_its_sources_and_speak_for_its_person_only(path: Path) -> None:
    kafka = Kafka()
    jo = tokens.add(path, "jo", subject="jo@corp.example", sources=("/ide/*", "claude-code"))
    service = gateway(kafka, tokens.Tokens(path))
    assert ask(service, "/v1/events", dumped(event(subject=" JO@corp.example")), **bearer(jo)).status == 200
    assert ask(service, "/v1/events", ONE, **bearer(jo)).status == 200
    assert (
        ask(
            service,
            "/v1/events",
            dumped(event()["data"]),
            "application/json",
            **bearer(jo),
            **(BINARY | {"ce_source": "/ide/x"}),
        ).status
        == 200
    )
    assert ask(service, "/v1/hooks/claude-code", dumped(HOOK), "application/json", **bearer(jo)).status == 200
    assert {(e.subject or "").strip().lower() for e in kafka.events()} == {"jo@corp.example"}
    count = len(kafka.sent)
    assert (
        ask(service, "/v1/events", dumped([event(), event(subject="al@corp.example")]), BATCH, **bearer(jo)).status
        == 403
    )
    assert ask(service, "/v1/events", dumped(event(source="/mail")), **bearer(jo)).status == 403
    assert len(kafka.sent) == count


@pytest.mark.parametrize(
    ("named", "status", "subject"),
    [
        ("7c0d1f2e-installation", 200, "jo@corp.example"),
        (" JO@corp.example", 200, "jo@corp.example"),
        ("al@corp.example", 403, None),
    ],
)
def test_a_foreign_format_names_its_person_within_what_the_token_allows(
    path: Path, named: str, status: int, subject: str | None
) -> None:
    data = {"timestamp": "2026-06-18T17:21:52Z", "userId": named, "accepted": True}
    data |= {"prompt": "p", "completion": "b", "previousCode": "a", "newCode": "b", "filepath": "file:///x.py"}
    kafka = Kafka()
    service = gateway(kafka, tokens.Tokens(path))
    jo, anyone = tokens.add(path, "jo", subject="jo@corp.example"), tokens.add(path, "anyone")
    body = dumped({"name": "editOutcome", "schema": "0.2.0", "level": "all", "data": data})
    assert ask(service, "/v1/continue", body, "application/json", **bearer(jo)).status == status
    count = len(kafka.sent)
    assert count == (0 if subject is None else 2)
    assert {e.subject for e in kafka.events()} == ({subject} if subject else set())
    assert ask(service, "/v1/continue", body, "application/json", **bearer(anyone)).status == 200
    assert {e.subject for e in kafka.events()[count:]} == {named.strip()}


def test_a_rate_is_a_debt_that_is_paid_with_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.add(path, "ide", rate=1.0)
    service = gateway(Kafka(), tokens.Tokens(path))
    now = [1000.0]
    monkeypatch.setattr("redline.gateway.service.time.monotonic", lambda: now[0])
    batch = dumped([event(i) for i in range(30)])  # ten seconds' worth at once, and twenty on credit
    assert ask(service, "/v1/events", batch, BATCH, **bearer(token)).status == 200
    refused = ask(service, "/v1/events", ONE, **bearer(token))
    assert (refused.status, dict(refused.headers)["Retry-After"]) == (429, "21")
    now[0] += 21
    assert ask(service, "/v1/events", ONE, **bearer(token)).status == 200


def test_tokens_that_are_removed_or_readable_by_others_let_nobody_in(path: Path) -> None:
    now = [0.0]
    first, second = tokens.add(path, "a"), tokens.add(path, "b")
    service = gateway(Kafka(), tokens.Tokens(path, clock=lambda: now[0]))

    def status(token: str) -> int:
        now[0] += 2
        return ask(service, "/v1/events", ONE, **bearer(token)).status

    assert (status(first), status(second)) == (200, 200)
    assert tokens.remove(path, "a")
    assert not tokens.remove(path, "a")
    assert (status(first), status(second)) == (401, 200)
    assert path.stat().st_mode & 0o077 == 0
    path.chmod(0o644)
    assert status(second) == 401
    path.chmod(0o600)
    path.write_bytes(b"{")
    assert status(second) == 401
    path.unlink()
    assert status(second) == 401


def test_counters_access_log_and_what_was_seen_hold_no_text(caplog: pytest.LogCaptureFixture) -> None:
    seen = Tally()
    service = gateway(Kafka(), seen=seen.merge)
    with caplog.at_level(logging.INFO, logger="redline.gateway.access"):
        ask(service, "/v1/events", dumped(event(data={**event()["data"], "mood": SECRET})))
        ask(service, "/v1/events", dumped([{SECRET: 1}]), BATCH)
        ask(service, f"/{SECRET}", ONE, method=SECRET)
        ask(service, "/v1/hooks/claude-code", dumped(HOOK), "application/json")
    text = ask(service, "/metrics", method="GET").body.decode()
    assert 'redline_gateway_requests_total{process="gateway",route="events",status="200"} 1.0\n' in text
    assert 'redline_gateway_requests_total{process="gateway",route="events",status="400"} 1.0\n' in text
    assert 'redline_gateway_requests_total{process="gateway",route="other",status="404"} 1.0\n' in text
    assert 'redline_gateway_faults_total{process="gateway",reason="missing_field",route="events"} 1.0\n' in text
    assert 'redline_gateway_seconds_count{process="gateway",route="events"} 2.0\n' in text
    assert "XYZZY" not in text + caplog.text
    assert re.fullmatch(r"POST events 200 \d+B \d+\.\dms open", caplog.messages[0])
    found = [drift.decode(record.value or b"") for record in seen.take()]
    assert [(s.source, s.version, s.events, s.faults, s.drift) for s in found] == [
        ("claude_code_hooks", "?", 1, 0, {}),
        ("cloudevents", "1", 1, 0, {"key $.data.mood": 1}),
        ("cloudevents", "?", 0, 1, {}),
    ]


def test_ready_is_whether_kafka_answers_and_the_end_has_not_come() -> None:
    service = gateway(Kafka())
    assert ask(service, "/readyz", method="GET").status == 200
    service.stopping = True
    assert ask(service, "/readyz", method="GET").status == 503
    assert ask(service, "/v1/events", ONE).status == 503
    assert ask(gateway(Kafka(NotConfirmedError())), "/readyz", method="GET").status == 503


PATHS = st.sampled_from(["/v1/events", "/v1/continue", "/v1/tabby/events", "/v1/hooks/claude-code"])
KINDS = st.sampled_from([STRUCTURED, BATCH, "application/json", "application/x-protobuf", ""])
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(list(event().values())[:-1]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*event(), *event()["data"], *HOOK, "name", "type"]), inner, max_size=8)
    ),
    max_leaves=20,
)
BODIES = st.binary(max_size=300) | TREES.map(dumped)


@settings(deadline=None)  # other processes share the machine
@given(PATHS, KINDS, BODIES, st.sampled_from(["", "gzip"]), st.tuples(st.booleans(), st.text(max_size=5)))
def test_no_request_is_a_fault_of_ours_and_2xx_is_what_workers_can_decode(
    path: str, kind: str, body: bytes, encoding: str, header: tuple[bool, str]
) -> None:
    kafka = Kafka()
    packed = zlib.compress(body, wbits=31) if encoding and len(body) % 2 else body
    more = BINARY | {"ce_" + header[1]: header[1], "ce_id": header[1]} if header[0] else {}
    answer = ask(gateway(kafka), path, packed, kind, content_encoding=encoding, **more)
    assert answer.status in {200, 400, 413, 415}
    assert (answer.status == 200) or not kafka.sent
    assert len(kafka.events()) == len(kafka.sent)
