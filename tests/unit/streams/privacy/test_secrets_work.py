"""The work that secrets take stays in proportion to the length of the text, whatever is in it: counted, not timed."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from streams.privacy import secrets
from streams.privacy.secrets import assignments, files, issued, layouts, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KIND = "PRIVATE " + "KEY"

ADVERSARIAL: dict[str, Callable[[int], str]] = {
    "one letter": lambda size: "a" * size,
    "digits": lambda size: "1" * size,
    "quotes": lambda size: "\"'" * (size // 2),
    "escaped quotes": lambda size: '\\"' * (size // 2),
    "spaces": lambda size: "key" + " " * size,
    "names": lambda size: "token_" * (size // 6),
    "names in words": lambda size: ("api" * 20 + " ") * (size // 61),
    "assignments": lambda size: "password=" * (size // 9),
    "colons": lambda size: "key:" * (size // 4),
    "quoted": lambda size: "key='key=\"" * (size // 10),
    "told": lambda size: "api_key token " * (size // 14),
    "blocks of text": lambda size: "password: |\n" * (size // 12),
    "elements": lambda size: "<password>" * (size // 10),
    "sections": lambda size: "[a]\npassword=a\n" * (size // 15),
    "pairs": lambda size: "key: {value " * (size // 12),
    "headers": lambda size: "-----BEGIN RSA " * (size // 15),
    "keys": lambda size: f"-----BEGIN {KIND}-----\n" * (size // 28),
    "plus": lambda size: f"-----BEGIN {KIND}-----" + "+" * size,
    "addresses": lambda size: "http://" * (size // 7),
    "marks near runs": lambda size: "://x1a2b3c4d5e6f7g8" * (size // 19),
    "cookies": lambda size: "session=x1x1x1x1x1x1x1x1x1 " * (size // 27),
    "curl": lambda size: "curl -u " * (size // 8),
    "runs": lambda size: ("x9" * 7 + "/") * (size // 15),
    "dots": lambda size: "eyJhbGciOiJIUzI1NiJ9." * (size // 21),
    "joints": lambda size: "a_1-" * (size // 4),
    "hashes": lambda size: "$2a$10$" * (size // 7),
    "lines of a password file": lambda size: "a:5432:b:c:d\n" * (size // 13),
}


class _Counting:
    """An expression that counts how often it is asked, and the characters it goes over when it matches."""

    def __init__(self, inner: re.Pattern[Any], work: list[int]) -> None:
        self._inner = inner
        self._work = work

    def _counted(self, match: re.Match[Any] | None) -> re.Match[Any] | None:
        self._work[0] += 1 + (match.end() - match.start() if match else 0)
        return match

    def match(self, *given: Any) -> re.Match[Any] | None:
        return self._counted(self._inner.match(*given))

    def search(self, *given: Any) -> re.Match[Any] | None:
        return self._counted(self._inner.search(*given))

    def fullmatch(self, *given: Any) -> re.Match[Any] | None:
        return self._counted(self._inner.fullmatch(*given))

    def finditer(self, *given: Any) -> Iterator[re.Match[Any]]:
        return (match for match in self._inner.finditer(*given) if self._counted(match))

    def sub(self, *given: Any) -> Any:
        return self._inner.sub(*given)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """Counts calls, and characters matched by the expressions that read around names and runs."""
    counted = [0]
    for module in (assignments, files, issued, layouts, scan):
        for name, value in list(vars(module).items()):
            if isinstance(value, re.Pattern):
                monkeypatch.setattr(module, name, _Counting(value, counted))

    def count(text: str) -> int:
        counted[0] = 0
        calls = 0

        def called(_frame: object, event: str, _what: object) -> None:
            nonlocal calls
            calls += event in {"call", "c_call"}

        before = sys.getprofile()
        sys.setprofile(called)
        try:
            secrets.find(text)
        finally:
            sys.setprofile(before)
        return calls + counted[0]

    return count


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_work_grows_no_faster_than_the_text(name: str, work: Callable[[str], int]) -> None:
    small, large = (work(ADVERSARIAL[name](size)) for size in (4_000, 16_000))
    assert large <= 5 * small + 1_000
    assert large <= 100 * 16_000  # windows before and behind a run have some hundred characters
