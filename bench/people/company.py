"""A made-up company of 70,000 people, from Faker's lists and from names that are words. Seeded."""

# ruff: noqa: SIM905, S311, E501 - lists of names are words; a seeded company is no secret

from __future__ import annotations

import importlib
import random
import re
from dataclasses import dataclass

from streams.privacy.directory.fold import RUN, folded

_LOCALES = (
    ("en_US", 30), ("en_GB", 8), ("en_IN", 18), ("es_ES", 6), ("de_DE", 6), ("fr_FR", 5), ("nl_NL", 3), ("pt_BR", 4),
    ("pl_PL", 3), ("it_IT", 3), ("sv_SE", 2), ("tr_TR", 2), ("en_NG", 2), ("id_ID", 2), ("ro_RO", 1), ("cs_CZ", 1),
)  # fmt: skip
_UNSPACED = (("zh_CN", 2), ("ja_JP", 1), ("ko_KR", 1))
# Chinese, Vietnamese and Korean names in Latin letters, which Faker does not have.
_ROMAN_GIVEN = (
    "Wei Min Jing Li Na Fang Yan Jun Hao Xin Mei Linh Minh Anh Huong Thao Duc Ji-woo Seo-yeon Min-jun Hyun".split()
)
_ROMAN_LAST = (
    "Wang Li Zhang Liu Chen Yang Zhao Huang Wu Zhou Xu Sun Ma Nguyen Tran Le Pham Hoang Do Kim Park Choi Jung".split()
)
_WORD_GIVEN = "Will Mark Rose May Grant Bill Hope Faith Joy Grace Frank Rich Ray Art Drew Sue Dawn June April Chase Page Case Dean Jack".split()
_WORD_LAST = "Long Young Price Case Page Chase Field Wood Stone Rivers Banks Bishop King Cook Baker Day Law Love Power Read Sharp Short Strong West White Brown Green Black".split()
_NICK = {"William": "Bill", "Robert": "Bob", "Elizabeth": "Liz", "Michael": "Mike", "Jennifer": "Jen", "James": "Jim"}
_WORDY_LOGINS = "main test root admin mark page user build case".split()
DOMAIN = "brackenmoor-systems.com"


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff as the list has them."""

    first: str
    last: str
    login: str
    mail: str
    extension: str
    nickname: str = ""

    @property
    def unspaced(self) -> bool:
        """If the name is written without a space."""
        return (not self.last[0].isascii() and not self.last[0].isalpha()) or ord(self.last[0]) > 0x3000


def _locale(locale: str) -> tuple[list[str], list[str]]:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    firsts = list(getattr(provider, "first_names", ())) or [*provider.first_names_male, *provider.first_names_female]
    lasts = list(getattr(provider, "last_names", ())) or [*provider.last_names_male, *provider.last_names_female]
    return [str(one) for one in firsts], [str(one) for one in lasts]


def ascii_letters(text: str) -> str:
    """Plain lower-case letters, as directories make logins."""
    return "".join(RUN.findall(folded(text)[0])).lower()


def staff(count: int, seed: int = 5) -> list[Member]:
    """So many people, no two with the same full name, some 4 % with names that are words."""
    dice = random.Random(seed)
    lists = [(*_locale(locale), weight) for locale, weight in _LOCALES]
    lists += [(_ROMAN_GIVEN, _ROMAN_LAST, 3), (_WORD_GIVEN, _WORD_LAST, 1)]
    lists += [(_WORD_GIVEN, lists[0][1], 1), (lists[0][0], _WORD_LAST, 2)]
    lists += [(*_locale(locale), weight) for locale, weight in _UNSPACED]
    weights = [weight for *_, weight in lists]
    people: list[Member] = []
    seen: set[str] = set()
    taken: set[str] = set()
    while len(people) < count:
        firsts, lasts, _ = dice.choices(lists, weights)[0]
        first, last = dice.choice(firsts), dice.choice(lasts)
        if dice.random() < 0.02 and last[0].isascii():
            last += ("-" if dice.random() < 0.5 else " ") + dice.choice(lasts)
        if dice.random() < 0.05 and first[0].isascii():
            first += " " + dice.choice(firsts)
        if not re.search(r"\w", first) or f"{first} {last}" in seen:
            continue
        seen.add(f"{first} {last}")
        people.append(_member(first, last, dice, taken))
    return people


def _member(first: str, last: str, dice: random.Random, taken: set[str]) -> Member:
    one, other = ascii_letters(first.split(maxsplit=1)[0]), ascii_letters(last)
    if not (one + other).isascii():
        one, other = "e", str(dice.randrange(10**6, 10**7))
    login = (one[0] + other)[:12]
    kind = dice.random()
    if kind < 0.05:
        login = f"{one[0]}{other[:1]}{dice.randrange(10000, 99999)}"
    elif kind < 0.0515 and _WORDY_LOGINS[0]:
        login = dice.choice(_WORDY_LOGINS)
    while login in taken:
        login = login.rstrip("0123456789") + str(dice.randrange(2, 99)) if kind >= 0.05 else login + "1"
        kind = 1.0
    taken.add(login)
    mail = f"{one}.{other}@{DOMAIN}"
    if mail in taken:
        mail = f"{one}.{other}{len(taken)}@{DOMAIN}"
    taken.add(mail)
    return Member(first, last, login, mail, str(dice.randrange(1000, 99999)), _NICK.get(first, ""))
