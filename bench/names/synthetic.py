"""Texts made of the templates, and the corpora again with other names. Seeded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from bench.names import lists
from bench.names.corpora import Sample
from streams.privacy.names import lexicon as lx

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

_TEMPLATES = Path(__file__).with_name("templates.txt")
_SLOT = re.compile(r"\{([A-Za-z#])\}")
_TWO = 0.3  # share of texts that go on with a second template
_CLOSE = 0.45  # share of names drawn from the lists of English-speaking countries and our own


class Maker:
    """Draws names, places and texts from a seeded source."""

    def __init__(self, random: Random, bits: Mapping[str, int]) -> None:
        """`bits` are the lexicon's: of it come the words that name nobody."""
        plain = [(word, n // lx.COMMON) for word, n in sorted(bits.items()) if not n % lx.COMMON and word.isalpha()]
        self._common = [word for word, level in plain if level > 1 and len(word) > 2]
        self._spelled = [word for word, level in plain if level]
        self._random = random
        given, surnames = lists.names()
        own = self._own = lists.own()
        self._given, self._surnames = sorted(given), sorted(surnames)
        self._near_given = sorted({*own["given"], *(w for w, n in given.items() if n > 2)})
        self._near_surnames = sorted({*own["surname"], *(w for w, n in surnames.items() if n > 1)})
        self._countries, _, self._cities = lists.places()
        self._own_countries, self._own_cities = own["country"], own["city"]
        self._all_countries = sorted(self._countries)
        rows = _TEMPLATES.read_text("utf-8").splitlines()
        self._templates = [
            row.replace("\\n", "\n") for row in rows if row and not re.match(r"# (--|Sent|P full|D week)", row)
        ]
        self._slots: dict[str, Callable[[], str]] = {
            "F": self.given, "L": self.surname, "P": self.full, "N": self.person, "C": self.city, "K": self.country,
            "f": self.given, "l": self.surname, "c": self.city, "k": self.country, "A": self.city,
            "O": self.organisation, "S": self._state,
            "W": lambda: random.choice(own["product"]), "Y": lambda: random.choice(own["demonym"]),
            "Z": lambda: random.choice(own["thing"]), "G": lambda: random.choice(own["group"]),
            "V": self.word, "Q": self.company, "D": lambda: random.choice(own["day"]),
            "M": lambda: random.choice(own["month"]), "X": lambda: random.choice(own["title"]),
            "J": lambda: random.choice(own["job"]), "H": lambda: f"713-555-01{random.randint(10, 99)}",
            "#": lambda: str(random.randint(*random.choice(((1, 31), (10, 99), (1000, 79999))))),
            "T": lambda: f"{random.randint(1, 12)}:{random.randint(10, 59)} {random.choice(('AM', 'PM', 'am'))}",
            "U": lambda: f"{self.given().lower()}.{self.surname().lower()}@example.com".replace("'", ""),
        }  # fmt: skip

    def given(self) -> str:
        """A given name."""
        return self._random.choice(self._near_given if self._random.random() < _CLOSE else self._given)

    def surname(self) -> str:
        """A surname, sometimes one that is in no list."""
        draw = self._random.random()
        if draw < 0.12:
            a, b = self._random.choice(self._surnames), self._random.choice(self._surnames)
            return (a[: max(2, len(a) // 2)] + b[len(b) // 2 :]).capitalize()
        if draw < 0.15:
            return f"{self._random.choice(self._surnames)}-{self._random.choice(self._surnames)}"
        if draw < 0.18:
            return f"al-{self._random.choice(self._near_surnames)}"
        return self._random.choice(self._near_surnames if draw < 0.18 + _CLOSE else self._surnames)

    def full(self) -> str:
        """A given name and a surname, in one of the usual forms."""
        draw = self._random.random()
        first, last = self.given(), self.surname()
        if draw < 0.08:
            return f"{first} {self._random.choice('ABCDEFGHJKLMNPRSTW')}. {last}"
        if draw < 0.11:
            return f"{first[0]}. {last}"
        if draw < 0.13:
            return f"{first[0]}.{self._random.choice('ABCDEFGHJKLMNPRSTW')}. {last}"
        if draw < 0.17:
            return f"{first} {self.given()} {last}"
        if draw < 0.21:
            return f"{first} {self._random.choice(self._own['particle'])} {last}"
        if draw < 0.23:
            return f"{first} {last} {self._random.choice(('Jr.', 'III', 'Jr', 'Sr.'))}"
        return f"{first} {last}"

    def person(self) -> str:
        """A person, as running text would name one."""
        draw = self._random.random()
        return self.given() if draw < 0.45 else self.full() if draw < 0.85 else self.surname()

    def city(self) -> str:
        """A city, a well-known one more often than not."""
        return self._random.choice(self._own_cities if self._random.random() < 0.5 else self._cities)

    def country(self) -> str:
        """A country or state."""
        return self._random.choice(self._own_countries if self._random.random() < 0.75 else self._all_countries)

    def organisation(self) -> str:
        """A company, a shop, an office."""
        draw, choose, own = self._random.random(), self._random.choice, self._own
        if draw < 0.4:
            return choose(own["organisation"])
        if draw < 0.5:
            return f"{self.surname()} {choose(self._own['tail'])}"
        if draw < 0.6:
            return f"{self.city()} {choose(self._own['tail'])}"
        if draw < 0.65:
            return f"{self.surname()} & {self.surname()}"
        return f"{choose(self._own['head'])} {choose(self._own['middle'])} {choose(self._own['tail'])}"

    def word(self) -> str:
        """A word of the language with a capital, as it begins a sentence or stands in a title."""
        return self._random.choice(self._common if self._random.random() < 0.5 else self._spelled).capitalize()

    def company(self) -> str:
        """A company, a paper or a team of one word: well known, an everyday word, made up, or its initials."""
        draw, choose = self._random.random(), self._random.choice
        if draw < 0.3:
            return choose(self._own["company"])
        if draw < 0.6:
            return self.word()
        if draw < 0.8:
            return "".join(choose(self._own["part"]) for _ in range(self._random.randint(2, 3))).capitalize()
        return "".join(choose("ABCDEFGHIKLMNOPRSTUVW") for _ in range(self._random.randint(2, 4)))

    def _state(self) -> str:
        return self._random.choice(
            (
                "TX",
                "CA",
                "NY",
                "FL",
                "Texas",
                "California",
                "Ohio",
                "GA",
                "OR",
                "WA",
                "MA",
                "Illinois",
                "Oregon",
                "Virginia",
            )
        )

    def plain(self) -> Sample:
        """A line of common words that names nobody: a heading, an exclamation, the beginning of a sentence."""
        words = [self._random.choice(self._common) for _ in range(self._random.randint(1, 6))]
        draw = self._random.random()
        if draw < 0.35:
            words = [word.capitalize() for word in words]
        elif draw < 0.4:
            words = [word.upper() for word in words]
        else:
            words[0] = words[0].capitalize()
        return Sample(" ".join(words) + self._random.choice(("", ".", "!", ":", ",", "...")), ())

    def sample(self) -> Sample:
        """One text of a random template, or of two, one behind the other."""
        one = self._one()
        if self._random.random() >= _TWO or "\n" in one.text or one.text[-1] not in ".!?":
            return one
        other, at = self._one(), len(one.text) + 1
        return Sample(f"{one.text} {other.text}", (*one.spans, *((a + at, b + at, k) for a, b, k in other.spans)))

    def _one(self) -> Sample:
        text, spans = "", []
        kinds = {
            "F": "PER",
            "L": "PER",
            "P": "PER",
            "N": "PER",
            "C": "LOC",
            "K": "LOC",
            "S": "LOC",
            "A": "LOC",
            "O": "ORG",
            "Q": "ORG",
            "c": "ORG",
            "k": "ORG",
            "l": "ORG",
            "f": "ORG",
        }
        template, done = self._random.choice(self._templates), 0
        for slot in _SLOT.finditer(template):
            text += template[done : slot.start()]
            value = self._slots[slot[1]]()
            if kind := kinds.get(slot[1]):
                spans.append((len(text), len(text) + len(value), kind))
            text += value
            done = slot.end()
        made = Sample(text + template[done:], tuple(spans))
        draw = self._random.random()
        if draw < 0.03 and len(made.text.upper()) == len(made.text):
            return Sample(made.text.upper(), made.spans)
        if draw < 0.12 and len(made.text.lower()) == len(made.text):
            return Sample(made.text.lower(), made.spans)
        if draw < 0.25 and made.text[-1] in ".!":
            return Sample(made.text[:-1] + self._random.choice(("", "!", "...", "!!")), made.spans)
        return made

    def renamed(self, sample: Sample) -> Sample:
        """The same text with other people and places, as long-named as they were."""
        text, spans, done = "", [], 0
        for start, end, kind in sorted(sample.spans):
            text += sample.text[done:start]
            value = self._other(sample.text[start:end], kind)
            spans.append((len(text), len(text) + len(value), kind))
            text += value
            done = end
        return Sample(text + sample.text[done:], tuple(spans))

    def _other(self, value: str, kind: str) -> str:
        words = value.split()
        if kind == "LOC" and value[0].isupper() and not value.isupper():
            return self.country() if value in self._countries else self.city() if len(words) == 1 else value
        if kind != "PER" or not value[0].isupper() or value.isupper():
            return value
        if len(words) == 1:
            return self.given() if self._random.random() < 0.5 else self.surname()
        return self.full() if len(words) in (2, 3) else value
