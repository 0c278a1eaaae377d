"""What the second opinion finds, and what it must leave alone. Positives are made up; keys are joined at run time."""

from __future__ import annotations

import base64
import json
import re

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quality import leaks
from quality.numbers import CARDS, SSN, Numbers

RANDOM = "Zk3Qp9Xv7Lm2Rt8Wd4Yb6Nc1Hs5Jf0GaEuIoTx3Kq7Bv9Mz2Lw8Pn4Rc6Dy1Sg5Hj0Uk"
HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=").decode()
JWT = f"{HEADER}.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{RANDOM[:43]}"
BEGIN, END = "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----"
BLOCK = f"{BEGIN}\n{RANDOM[:64]}\n{RANDOM[:64]}\n{END}"

LEFT = [
    ("an e-mail address", "ask bob.miller@acme-corp.com today"),
    ("an e-mail address in markup", "Bob <b.miller@mail.acme.co.uk>,"),
    ("an e-mail address at the end of a sentence", "write to jo@acme.org."),
    ("an access key of a cloud", "AKIA" + "Q3EXAMPL5FODNN7W"),
    ("a token of a code host", "gh" + f"p_{RANDOM[:36]}"),
    ("a fine-grained token", "github_" + f"pat_{RANDOM[:22]}_{RANDOM[:59]}"),
    ("a chat token", "xox" + f"b-123456789012-{RANDOM[:24]}"),
    ("a live payment key", "sk_" + f"live_{RANDOM[:24]}"),
    ("a token of another code host", "gl" + f"pat-{RANDOM[:20]}"),
    ("a key of a map service", "AI" + f"za{RANDOM[:35]}"),
    ("a web token", f"Authorization: Bearer {JWT}"),
    ("a private key", BLOCK),
    ("a card in groups", "card 4539 1488 0343 6467 exp"),
    ("a card without groups", "4539148803436467"),
    ("an American Express card", "3782-822463-10013"),
    ("a social security number", "ssn 536-22-8145"),
    ("an IBAN", "DE75 5121 0800 1245 1261 99"),
    ("an IBAN without groups", "pay FR1420041010050500013M02606 now"),
]
GONE = [
    "word.wordy42@example.com, a@mail.example.org, x@shop.example, root@localhost, a@b.test, a@b.invalid",
    "git@github.com:owner/name.git and noreply@github.com",
    "@app.route('/x') and @pytest.mark and user@host and y = w@x.T and a @ b.com",
    "pkg@1.2.3.dev4 and react@18.2.0 and foo@latest",
    "result = data@np.com(3)",
    f"the header is {BEGIN} and no more",
    "AKIAIOSFODNN7EXAMPLE",
    "gh" + "p_" + "x" * 36,
    "gh" + f"p_{RANDOM[:20]}",
    f"{RANDOM[:10]}.eyJub3QganNvbg.{RANDOM[:43]}",
    "4111 1111 1111 1111, 4242424242424242, 3782 822463 10005, 4000000000000010",
    "1767225600000000 and 0.4539148803436467 and 20260101123456789 and id_4539148803436467",
    "4539 1488 0343 6468",
    "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000 078-05-1120 123-45-6789 v1-536-22-8145",
    "DE75 5121 0800 1245 1261 98 and XX75512108001245126199",
    "192.0.2.17 198.51.100.3 203.0.113.9 8.8.8.8 +1 (212) 555-0143 10.0.0.1",
    "<PERSON_3f9a> <SECRET_0b1c> https://example.com/0a1b2c3d",
    "",
]


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in LEFT])
def test_what_is_left_is_found_once_in_plain_text_and_in_json(text: str) -> None:
    assert leaks.count(text) == 1
    assert leaks.count(json.dumps({"a": "line\n" + text + "\n"})) == 1
    assert leaks.count(json.dumps(json.dumps({"a": "line\t" + text + "\n"}))) in {1, 0}


@pytest.mark.parametrize("text", GONE)
def test_surrogates_and_look_alikes_are_left_alone(text: str) -> None:
    assert leaks.count(text) == 0
    assert leaks.count(f"x {text}\ny") == 0


def test_the_letter_of_an_escape_is_no_part_of_a_name() -> None:
    assert leaks.count(json.dumps("clone\ngit@github.com:a/b and\tnoreply@github.com")) == 0
    assert leaks.count(json.dumps("write\njo@acme.org")) == 1


def test_half_a_surrogate_pair_is_no_error() -> None:
    assert leaks.count("\ud800 jo@acme.org") == 1


def test_a_column_is_scanned_row_by_row_and_null_is_nothing() -> None:
    column = pa.array(["fine", None, "a: jo@acme.org, b: mo@acme.org", ""])
    assert leaks.scan(column) == [0, 0, 2, 0]
    assert leaks.scan(pa.chunked_array([column, column])) == [0, 0, 2, 0] * 2
    assert leaks.scan(["fine", None]) == [0, 0]


def test_canaries_are_found_in_any_case_and_behind_json_escapes() -> None:
    canaries = ("Zoë Quist", "qx-7781")
    assert leaks.count("by ZOË QUIST and QX-7781", canaries) == 2
    assert leaks.scan([json.dumps("Zoë Quist"), "Zoe Quist", None], canaries) == [1, 0, 0]


@given(st.text())
def test_any_text_is_counted_without_an_error_and_as_in_a_column(text: str) -> None:
    if "\x00" not in text:
        assert leaks.scan([text]) == [leaks.count(text)]


DIGITS = (
    "4539 1488 0343 6467",
    "4111 1111 1111 1111",
    "4242424242424242",
    "3782-822463-10005",
    "536-22-8145",
    "078-05-1120",
)
PIECES = st.sampled_from(
    (
        *DIGITS,
        *("4539148803436467", "a@example.com", "jo@acme.org", "@exampl.acme.org", "@example2.org", "@e.acme.org"),
        *("\\n", "\\u0034", "\n", " ", "  ", "-", ".", ",", "_", "x", "7", "é"),
        *("Quist", "QUIST-77", "quiﬆ-77", "\\u0051uist-77"),
    )
)


def in_full(text: str, canaries: tuple[str, ...]) -> int:
    found = sum(1 for kind in ("mail", "secret", "account", "number") for _ in leaks._leaks(kind, text))
    return found + leaks._planted(text, canaries)


@given(st.lists(st.none() | st.lists(PIECES, max_size=12).map("".join), max_size=8), st.integers(0, 3))
@example(["4539 1488 0343 6467 4242 4242 4242 4242"], 0)
@example(["4242 4242 4242 4242 4539 1488 0343 6467"], 0)
@example(["4539148803436467", "4539148803436467", "453914880343", "6467", "536-22-", "8145", "536-22-8145"], 1)
def test_what_the_signs_pass_over_is_nothing(texts: list[str | None], first: int) -> None:
    """The signs are for speed, and go over all texts of a column at once: reading each in full gives the same."""
    canaries = ("quist-77",)
    column = pa.array(texts, pa.string())
    expected = [0 if text is None else in_full(text, canaries) for text in texts]
    assert leaks.scan(column, canaries) == expected
    assert leaks.scan(column.slice(first), canaries) == expected[first:]


FORMS = [re.compile(f"(?<![0-9]){form.replace('0', '[0-9]')}(?![0-9])") for form in (*CARDS, SSN)]


@given(st.lists(st.text("0123456789 -x\né", max_size=40) | st.lists(PIECES, max_size=4).map("".join), max_size=8))
def test_every_number_of_a_form_is_found_in_its_own_text(texts: list[str]) -> None:
    numbers = Numbers(pa.array(texts, pa.string()))
    for form, pattern in zip((*CARDS, SSN), FORMS, strict=True):
        seen: dict[str, bool] = {}
        rows = numbers.written(form, lambda number: seen.setdefault(number, True))  # noqa: B023 - called at once
        assert rows.tolist() == [row for row, text in enumerate(texts) if pattern.search(text)]
        assert seen.keys() == {found for text in texts for found in pattern.findall(text)}
        assert set(rows.tolist()) <= set(numbers.rows().tolist())


def test_more_canaries_than_one_expression_holds_are_found() -> None:
    canaries = tuple(f"quist.{number:05d}@canary.invalid" for number in range(12_000))
    assert leaks.scan(["by Quist.11999@CANARY.invalid", "by quist.12000@canary.invalid", None], canaries) == [1, 0, 0]
