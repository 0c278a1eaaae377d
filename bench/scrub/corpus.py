"""Texts of four kinds, the same for the same seed on the same machine: each is used once in a measurement.

Code is cut from the sources of installed packages, a quarter of it with a made-up person's contact in a comment; docs
from their documentation; chat and shell output are made up, dense in what Presidio looks for and in digits.
"""

from __future__ import annotations

import hashlib
import random
import sysconfig
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from faker import Faker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KINDS = ("code", "docs", "chat", "shell")
_LEAST, _MOST = 400, 2200  # characters of a text cut from a file


@lru_cache(maxsize=1)
def _files() -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    packages = Path(sysconfig.get_paths()["purelib"])
    code = sorted(packages.rglob("*.py"))
    docs = sorted(path for pattern in ("*.md", "*.rst", "METADATA") for path in packages.rglob(pattern))
    return tuple(code), tuple(docs)


def texts(kind: str, seed: int, characters: int) -> list[str]:
    """Texts of a kind, together at least so many characters."""
    return _Maker(kind, seed).texts(kind, characters)


def edited(text: str, chooser: random.Random, share: float = 0.1) -> str:
    """The text with about so many of its lines changed, as a person changes a suggestion."""
    lines = text.split("\n")
    for place in chooser.sample(range(len(lines)), max(1, round(len(lines) * share))):
        lines[place] = f"{lines[place]} # checked by {chooser.choice(('me', 'Ana', 'the team'))} {chooser.random():.3f}"
    return "\n".join(lines)


class _Maker:
    def __init__(self, kind: str, seed: int) -> None:
        self.chooser = random.Random(f"{kind}-{seed}")  # noqa: S311 - which text, not a secret
        self.fake = Faker()
        self.fake.seed_instance(f"{kind}-{seed}")

    def texts(self, kind: str, characters: int) -> list[str]:
        make: Callable[[], str] = getattr(self, kind)
        made: list[str] = []
        size = 0
        while size < characters:
            made.append(make())
            size += len(made[-1])
        return made

    def code(self) -> str:
        text = self._cut(_files()[0])
        if self.chooser.random() < 0.25:
            lines, fake = text.split("\n"), self.fake
            contact = f"# contact {fake.name()} {fake.email()} {fake.phone_number()} {fake.ipv4()}"
            lines.insert(self.chooser.randrange(len(lines)), contact)
            text = "\n".join(lines)
        return text

    def docs(self) -> str:
        return self._cut(_files()[1])

    def _cut(self, files: Sequence[Path]) -> str:
        while True:
            text = self.chooser.choice(files).read_text("utf-8", "replace")
            size = self.chooser.randint(_LEAST, _MOST)
            at = self.chooser.randrange(max(1, len(text) - size))
            if len(text) >= _LEAST:
                return text[at : at + size]

    def chat(self) -> str:
        return "\n".join(self._said() for _ in range(self.chooser.randint(3, 14)))

    def _said(self) -> str:
        fake, chooser = self.fake, self.chooser
        kinds: tuple[Callable[[], str], ...] = (
            lambda: f"Hi {fake.first_name()}, please call me at {fake.phone_number()} or mail {fake.email()}.",
            lambda: f"my card is {fake.credit_card_number()} exp {fake.credit_card_expire()}",
            lambda: f"IBAN {fake.iban()} bank account {fake.bban()}",
            lambda: f"The server {fake.ipv4()} at {fake.url()} was down on {fake.date()}",
            lambda: f"SSN {fake.ssn()}, born {fake.date_of_birth()}, lives at {fake.address()}",
            lambda: f"Can you review https://{fake.domain_name()}/{fake.uri_path()}? thanks {fake.name()}",
            lambda: f"order {chooser.randint(10**6, 10**9)} number {chooser.randint(1000, 10**8)}",
            fake.paragraph,
            fake.sentence,
            fake.text,
        )
        return chooser.choice(kinds)()

    def shell(self) -> str:
        return "\n".join(self._logged() for _ in range(self.chooser.randint(5, 30)))

    def _logged(self) -> str:
        fake, chooser = self.fake, self.chooser
        digest = hashlib.sha256(str(chooser.random()).encode()).hexdigest()[:40]
        kinds: tuple[Callable[[], str], ...] = (
            lambda: (
                f"{fake.date()}T{fake.time()}.{chooser.randint(0, 999999):06d}Z INFO [{chooser.randint(1, 9999)}] "
                f"{fake.ipv4()} GET /{fake.uri_path()}/{chooser.randint(1, 10**6)} 200 {chooser.randint(1, 99999)}"
            ),
            lambda: f"{digest} {fake.file_path()} {chooser.randint(1, 10**9)} {chooser.random():.6f}",
            lambda: f"-rw-r--r-- 1 {fake.user_name()} staff {chooser.randint(1, 10**8)} Nov 3 09:15 {fake.file_name()}",
            lambda: f"pid={chooser.randint(1, 99999)} mem={chooser.randint(10**6, 10**11)} uuid={fake.uuid4()}",
            lambda: f"$ docker run {fake.word()}-{chooser.randint(1, 99)}.{chooser.randint(0, 20)}.0 -p 8080:80",
            lambda: f'  File "{fake.file_path()}", line {chooser.randint(1, 2000)}, in {fake.word()}',
        )
        return chooser.choice(kinds)()
