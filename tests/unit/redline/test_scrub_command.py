from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from redline import scrub_command
from redline.scrub_command import ScrubInputError, scrub_lines
from schemas.errors import ScrubError
from streams.epochs import Keys
from streams.privacy.engine import Engine
from streams.privacy.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = Keys(identity=b"i" * 32, surrogate=b"s" * 32, epoch=1)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def test_the_text_is_scrubbed_and_other_fields_are_kept(engine: Engine) -> None:
    line = json.dumps({"id": 7, "text": "mail jane@corp.com", "n": None}).encode() + b"\n"
    (out,) = scrub_lines([line], keys=KEYS, analyze=engine.analyze)
    record = json.loads(out)
    assert (record["id"], record["n"]) == (7, None)
    assert record["text"].endswith("@example.com")


def test_spans_are_code_points_of_the_text_that_came_in(engine: Engine) -> None:
    text = "😀 mail jane@corp.com"
    (out,) = scrub_lines([json.dumps({"text": text}).encode()], keys=KEYS, spans=True, analyze=engine.analyze)
    (span,) = json.loads(out)["spans"]
    assert text[span["start"] : span["end"]] == "jane@corp.com"
    assert (span["type"], set(span)) == ("EMAIL_ADDRESS", {"start", "end", "type", "score"})


def test_plain_lines_stay_lines(engine: Engine) -> None:
    out = list(scrub_lines([b"one\n", b"\n", b"Hi Jane,\r\n"], keys=KEYS, plain=True, analyze=engine.analyze))
    assert out[:2] == ["one", ""]
    assert out[2].startswith("Hi ")
    assert "Jane" not in out[2]


def test_a_private_key_over_plain_lines_is_hidden_to_its_end(engine: Engine) -> None:
    lines = [b"a\n", b"-----BEGIN RSA PRIVATE KEY-----\n", b"abc\n", b"-----END RSA PRIVATE KEY-----\n", b"b\n"]
    out = list(scrub_lines(lines, keys=KEYS, plain=True, analyze=engine.analyze))
    assert (out[0], out[4]) == ("a", "b")
    assert all(line.startswith("<SECRET_") for line in out[1:4])


@pytest.mark.parametrize("same_scope", [True, False])
def test_lines_share_surrogates_only_if_asked_to(engine: Engine, same_scope: bool) -> None:
    one, other = scrub_lines([b"a@b.io"] * 2, keys=KEYS, plain=True, same_scope=same_scope, analyze=engine.analyze)
    assert (one == other) == same_scope


@pytest.mark.parametrize(
    "line", [b"janesecret", b"[1]", b'{"text": 5}', b'{"x": 1}', b"\xff\xfe", b'{"text": "\\ud800"}', b"[" * 100_000]
)
def test_a_line_that_is_no_record_names_its_number_and_not_its_content(engine: Engine, line: bytes) -> None:
    with pytest.raises(ScrubInputError, match="line 2: needed") as refused:
        list(scrub_lines([b'{"text": ""}', line], keys=KEYS, analyze=engine.analyze))
    assert "janesecret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_fault_stops_with_its_type(engine: Engine) -> None:
    def broken(texts: object, subject: object) -> list[list[object]]:
        raise RuntimeError("jane")

    with pytest.raises(ScrubError, match="came RuntimeError") as failed:
        list(scrub_lines([b"x"], keys=KEYS, plain=True, analyze=broken))  # type: ignore[arg-type]
    assert failed.value.__context__ is None


def test_spans_that_came_in_do_not_stand_for_those_that_were_found(engine: Engine) -> None:
    line = json.dumps({"text": "mail jane@corp.com", "spans": [{"start": 0, "end": 4, "type": "PERSON"}]}).encode()
    (out,) = scrub_lines([line], keys=KEYS, spans=True, analyze=engine.analyze)
    assert [span["type"] for span in json.loads(out)["spans"]] == ["EMAIL_ADDRESS"]


def test_lines_are_read_one_by_one(engine: Engine) -> None:
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x"

    out = scrub_lines(lines(), keys=KEYS, plain=True, analyze=engine.analyze)
    assert [next(out) for _ in range(3)] == ["x"] * 3
    assert taken == 3


def test_a_threshold_leaves_out_what_is_below_it() -> None:
    text = "try 07911 123456 now"
    assert [one.entity for one in scrub_command.engine(Options(threshold=0.5))([text], None)[0]] == ["PHONE_NUMBER"]
    assert scrub_command.engine(Options(threshold=0.95))([text], None)[0] == []
