# ruff: noqa: RUF001 - characters that read as others are what is tested
"""What an encoded text reads as, and that the way back leads to all of what was encoded."""

from __future__ import annotations

import base64
import gzip
import json
import quopri
import random
import sysconfig
import unicodedata
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.privacy.views import reads_as, views

if TYPE_CHECKING:
    from collections.abc import Callable

PLANTED = ("jane.doe@corp.com", "+49 30 1234567", "Zoë Müller", "Иван Петров", "4242 4242 4242 4242", "O'Brien & co")


def _percent(value: str) -> str:
    return quote(value, safe="")


def _references(value: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else f"&#{ord(c)};" for c in value)


def _hexes(value: str) -> str:
    return "".join(f"&#x{ord(c):X};" for c in value)


def _json(value: str) -> str:
    return json.dumps("\n" + value + "\t")[1:-1]


def _escapes(value: str) -> str:
    return "".join(f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}" for c in value)


def _quoted(value: str) -> str:
    return quopri.encodestring(value.encode(), quotetabs=True).decode().replace("@", "=40") + " =3D"


def _base64(value: str) -> str:
    return base64.b64encode(f"contact: {value}".encode()).decode()


def _urlsafe(value: str) -> str:
    return base64.urlsafe_b64encode(f"contact: {value}?~~~".encode()).decode().rstrip("=")


def _utf16(value: str) -> str:
    return base64.b64encode(value.encode("utf-16-le")).decode()


def _wide(value: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and (c.isalnum() or c in "@.+") else c for c in value)


def _bold(value: str) -> str:
    return "".join(chr(0x1D7CE + int(c)) if c in "0123456789" else c for c in value)


def _unseen(value: str) -> str:
    return "\u200b".join(value[:3]) + "\u00ad" + value[3:-1] + "\u2060" + value[-1]


def _marked(value: str) -> str:
    return unicodedata.normalize("NFD", value)


def _spaced(value: str) -> str:
    return value.replace(" ", "\u00a0").replace("-", "\u2011")


ENCODINGS = {
    encode.__name__.lstrip("_"): encode
    for encode in (
        *(_percent, _references, _hexes, _json, _escapes, _quoted, _base64, _urlsafe, _wide, _bold, _unseen, _marked),
        _spaced,
    )
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("value", PLANTED)
def test_an_encoded_value_is_read_and_its_range_is_all_that_was_encoded(name: str, value: str) -> None:
    encoded = ENCODINGS[name](value)
    if encoded == value:
        pytest.skip("this encoding leaves this value as it is")
    text = f"so then: {encoded} (and more)"
    plain = unicodedata.normalize("NFC", value)
    seen = [(view, view.text.index(plain)) for view in views(text) if plain in view.text]
    assert seen
    view, at = seen[0]
    start, end = view.back(at, at + len(plain))
    again = [one.text for one in views(f"so then: {text[start:end]} (and more) =3D")]
    assert 9 <= start < end <= 9 + len(encoded)
    assert any(plain in one for one in again)  # nothing of it lies outside
    assert not [one for one in views(text[:start] + text[end:]) if plain[:4] in one.text]


def test_the_range_of_base64_is_the_whole_token() -> None:
    token = base64.b64encode(b"ask jane.doe@corp.com about it").decode()
    text = f'{{"data": "{token}"}}'
    (view,) = views(text)
    assert view.text == "ask jane.doe@corp.com about it"
    assert text[slice(*view.back(4, 21))] == token


def test_base64_over_lines_in_a_path_and_as_powershell_has_it_is_read() -> None:
    long = base64.encodebytes(b"dear all, " * 12 + b"write to jane.doe@corp.com").decode().strip()
    assert "jane.doe@corp.com" in views(f"x:\n{long}\n")[0].text
    path = "/v1/items/" + base64.b64encode(b"id of jane.doe@corp.com, now").decode()
    assert [view.text for view in views(path)] == ["id of jane.doe@corp.com, now"]
    assert [view.text for view in views("-enc " + _utf16("hello jane.doe@corp.com"))] == ["hello jane.doe@corp.com"]


@pytest.mark.parametrize(
    "encode",
    [
        bytes.hex,
        lambda data: "0x" + data.hex().upper(),
        lambda data: base64.b64encode(gzip.compress(data)).decode(),
        lambda data: base64.urlsafe_b64encode(zlib.compress(data)).decode(),
        lambda data: gzip.compress(data).hex(),
        lambda data: base64.b64encode(data.decode().encode("utf-16")).decode(),
        lambda data: base64.b64encode(data.decode().encode("utf-16-be")).decode(),
    ],
)
def test_a_packed_or_base_16_token_is_read_and_replaced_whole(encode: Callable[[bytes], str]) -> None:
    token = encode(b"write to jane.doe@corp.com, please")
    (view,) = views(f'payload = "{token}"')
    assert view.text == "write to jane.doe@corp.com, please"
    assert view.back(9, 26) == (11, 11 + len(token))


def test_a_token_on_a_line_of_its_own_is_read_without_the_next_line() -> None:
    token = b"please ask jane.doe@corp.com about it".hex()
    assert [view.text for view in views(f"second line\n{token}\nlast line")] == [
        "please ask jane.doe@corp.com about it"
    ]


def test_a_bomb_is_unpacked_only_as_far_as_text_would_be() -> None:
    token = base64.b64encode(zlib.compress(b"jane.doe@corp.com " * 1_000_000)).decode()
    assert sum(len(view.text) for view in views(token)) <= 40 * len(token)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        (r"\152\141\156\145@corp.com", "jane@corp.com"),
        (r"Z\303\274rich", "Zürich"),
        ("=6A=61=6E=65=40=63=6F=72=70=2E=63=6F=6D", "jane@corp.com"),
        ("To: =?utf-8?Q?jane=40corp=2Ecom?=", "jane@corp.com"),
        ("jane%2540corp.com", "jane@corp.com"),
        (json.dumps(json.dumps("x\njane@corp.com")), "jane@corp.com"),
        (base64.b64encode(b"to jane.doe%40corp.com now").decode(), "jane.doe@corp.com"),
        (quote(base64.b64encode(b"to jane.doe@corp.com now??").decode(), safe=""), "to jane.doe@corp.com now??"),
        (base64.b64encode("to ｊａｎｅ＠corp.com".encode()).decode(), "to jane@corp.com"),
        ("&amp;#64;corp.com", "@corp.com"),
    ],
)
def test_one_encoding_in_another_is_read(text: str, reads: str) -> None:
    assert any(reads in view.text for view in views(text))


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("j\u0430ne.d\u043ee@\u0441orp.com", "jane.doe@corp.com"),
        ("J\u03bfhn", "John"),
        ("call \u0660\u0661\u0662-\u0663\u0664\u0665", "call 012-345"),
        ("\u202eJane\u202c Doe", "Jane Doe"),
        ("\\ud83d\\ude00 a\\u{1F600} \\U0001F600", "😀 a😀 😀"),
        ("caf\\xc3\\xa9 and caf\\xe9", "café and café"),
        ("%u0041%E9%41", "A%E9A"),
        ("Jane\u0336\u0336 D\u0336oe", "Jane Doe"),
        ("ﬁne", "fine"),
    ],
)
def test_a_disguised_text_is_read(text: str, reads: str) -> None:
    assert reads in [view.text for view in views(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The quick brown fox, 12 % of them, jumps.",
        "def f(self) -> int:\n    return self.count == 3 and 5 % 2",
        "Straße, naïve café, Привет мир, 王小明さん，お元気ですか。 한국어 ™ – …",
        "API-ключ и Тест",
        "100% sure; 50%-off; %s %d %-5s; a & b && c; x=1&y=2",
        "sha256:" + "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "some/long/path/to/ApplicationContextFactoryBean.java",
        "thisIsAVeryLongCamelCaseIdentifierName and A_CONSTANT_THAT_IS_VERY_LONG",
        "emoji ❤️ and 👩‍💻 and ✌🏽",
        r"\d+\w*\s[^\]]",
        "width=40 height=30",
    ],
)
def test_ordinary_text_has_no_views(text: str) -> None:
    assert views(text) == []


def test_a_long_text_is_decoded_only_near_what_is_encoded() -> None:
    text = "lorem ipsum dolor " * 2000 + "jane%40corp.com " + "sit amet " * 2000
    (view,) = views(text)
    assert "jane@corp.com" in view.text
    assert len(view.text) < 700
    at = view.text.index("jane")
    assert text[slice(*view.back(at, at + 13))] == "jane%40corp.com"


def test_many_stretches_become_one() -> None:
    text = ("x%40y.de " + "word " * 200) * 50
    assert len(views(text)) == 1


ALPHABET = st.sampled_from([*"aZ09@.-_+ \n\\/%=&;#xun\"'é\u0430\u0301\u200b\u00ad\u202e４\u0664ﷺ\ufb01", "\ud800"])
PIECES = st.sampled_from(
    [encode(value) for encode in ENCODINGS.values() for value in PLANTED[:3]]
    + ["\\u00", "%4", "%C3", "\\ud83d", "&#99999999;", "&#0;", "&bogus;", "=\r\n", "=C3=BC", "\\\\n", "\\x4", "%FF%FE"]
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.text(ALPHABET, max_size=12) | PIECES, max_size=8), st.sampled_from(["", " ", "\n"]), st.randoms())
def test_every_range_of_a_view_leads_to_a_range_of_the_text(parts: list[str], gap: str, dice: random.Random) -> None:
    text = gap.join(parts)
    found = views(text)
    assert sum(len(view.text) for view in found) <= 40 * len(text)
    for view in found:
        size = len(view.text)
        whole = view.back(0, size)
        for _ in range(8):
            start = dice.randrange(size + 1)
            end = dice.randrange(start, size + 1)
            low, high = view.back(start, end)
            assert whole[0] <= low <= high <= whole[1] <= len(text)
            assert (low < high) == (start < end)
            inner = view.back(start, (start + end) // 2)
            assert start == (start + end) // 2 or (low <= inner[0] and inner[1] <= high)
        # Characters that are not encoded map to themselves.
        edges = [view.back(at, at + 1) for at in range(size)]
        assert [low for low, _ in edges] == sorted(low for low, _ in edges)
        assert view.back(-5, size + 5) == whole


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_views_without_an_error(text: str) -> None:
    for view in views(text):
        assert view.text


def test_what_is_not_encoded_maps_to_itself() -> None:
    text = "before %41 after"
    (view,) = views(text)
    assert view.text == "before A after"
    at = view.text.index("after")
    assert [view.back(i, i + 1) for i in range(7)] == [(i, i + 1) for i in range(7)]
    assert text[slice(*view.back(at, at + 5))] == "after"
    assert view.back(7, 8) == (7, 10)
    assert view.back(3, 3) == (3, 3)


def test_a_view_shows_no_text() -> None:
    (view,) = views("jane%40corp.com")
    assert repr(view) == "View(13 characters)"


def test_most_files_of_the_standard_library_read_as_they_are_but_for_escapes() -> None:
    """Base64 is only what decodes to text: none is seen in names, hashes and paths."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    chooser = random.Random(7)  # noqa: S311 - which files, not a secret
    for path in chooser.sample(files, 25):
        text = (
            path.read_text(encoding="utf-8", errors="replace")
            .replace("\\\n", " ")
            .replace("\\", "")
            .replace("%", "")
            .replace("&", "")
        )
        assert [view.text for view in views(text) if text.isascii() and view.text not in text] == [], path.name


def test_the_padding_of_base64_is_no_soft_line_break_for_what_follows() -> None:
    text = "MTAuMi4zLjQ=\n&#x31;0.2.3.4 and"
    assert "MTAuMi4zLjQ=\n10.2.3.4 and" in [view.text for view in views(text)]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("jane", "jane"),
        ("jane%2540corp.com", "jane@corp.com"),
        ("M=C3=BCller", "M\u00fcller"),
        ("Zoe\u0308", "Zo\u00eb"),
        (base64.b64encode(b"jane.doe@corp.com").decode(), base64.b64encode(b"jane.doe@corp.com").decode()),
    ],
)
def test_a_value_is_read_plainly_base64_apart(value: str, plain: str) -> None:
    assert reads_as(value) == plain


def test_a_long_line_that_ends_in_a_soft_break_is_quoted_printable() -> None:
    text = "Our new colleague will take over the accounts next week, ask jane.=\ndoe@corp.com about it"
    assert [view.text for view in views(text)] == [text.replace("=\n", "")]
    assert views("x =\n1; aGVsbG8=\n") == []


@pytest.mark.parametrize("run", ["\u200b", "\u0301", "%", "\\", "&", "=\n", "QUJD"])
def test_a_long_run_of_one_sign_is_read_in_one_go(run: str) -> None:
    """With a search that goes back over the run at each place, this takes minutes."""
    assert sum(len(view.text) for view in views(run * 20_000)) <= 40 * len(run) * 20_000
