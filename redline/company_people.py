"""The people of the generated company: made up, with everything of theirs that must not reach a training set.

Names are combined from common ones, the company's domain belongs to nobody we know of, telephone numbers are from
ranges that regulators keep for fiction (Ofcom, Bundesnetzagentur, ARCEP) but of valid form, keys are random in the
shape of real ones. None of them is in a range that Redline uses for surrogates, as a scrubber leaves those alone.
"""

# ruff: noqa: PLR2004, RUF001, SIM905 - shares of a mix read best in place; Turkish has a dotless i; names are words

from __future__ import annotations

import string
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

DOMAIN = "brackenmoor-systems.com"
PARTNER_DOMAIN = "ostrelane-freight.com"
HEADCOUNT = 300

FIRST = (
    "Amara Anneke Asha Beatriz Bogdan Carmen Chidi Daniela Dmitri Ebba Elif Emeka Farah Fatima Felix Gwen Hadiya "
    "Hana Ines Ingrid Ivo Jada Jamal João José Kamala Keiko Lars Leila Linh Lorenzo Łukasz Magnus Maja Malik Mateo "
    "Mei Miriam Nadia Naveen Nikolai Noor Oluwaseun Petra Priya Quentin Rafael Rania Rosalind Ruth Sanjay Siobhán "
    "Søren Tamar Thandiwe Tomás Uma Viktor Wanjiru Xiomara Yusuf Zoë"
).split()
LAST = (
    "Abernathy Adeyemi Ahlström Almeida Andersson Bakshi Banerjee Bergström Castellanos Chaudhry Çelik Delacroix "
    "Dhillon Dlamini Eriksen Esposito Farouk Fitzgerald Fonseca Gallagher García Gunnarsson Hallström Haddad "
    "Hernández Hoang Ibrahim Ishikawa Jankowski Jovanović Kapoor Kaczmarek Kowalczyk Lindqvist Lombardi MacAllister "
    "Mbeki Mendonça Montgomery Müller Nakamura Ndiaye Novák Nwosu Obradović Okafor Okonkwo Papadopoulos Pellegrini "
    "Petrović Quispe Ramaswamy Rasmussen Rosenthal Sandoval Schäfer Sokolova Szymański Takahashi Thorvaldsen "
    "Tkachenko Ueda Valdivia Vanderberg Villanueva Wachowski Whitcombe Yamaguchi Yıldırım Zieliński"
).split()
ROLES = ("engineer",) * 12 + ("product",) * 3 + ("support",) * 3 + ("writer",) * 2
_PLAIN = {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ı": "i", "ß": "ss"}  # letters that do not decompose
_HEX = "0123456789abcdef"
_ALNUM = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Person:
    """One of the staff. `home` is their home folder, in the way of their system."""

    first: str
    last: str
    login: str
    mail: str
    phone: str
    home: str
    role: str
    windows: bool

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


def hire(rng: Random, headcount: int = HEADCOUNT) -> list[Person]:
    """`headcount` people with different names, logins and mail addresses."""
    people = []
    pairs = [(first, last) for first in FIRST for last in LAST]
    for number, (first, last) in enumerate(rng.sample(pairs, headcount)):
        plain_first, plain_last = plain(first).lower(), plain(last).lower()
        login = f"{plain_first[0]}{plain_last}{number if number % 3 == 0 else ''}"
        windows = rng.random() < 0.15
        home = f"C:\\Users\\{login}" if windows else f"{rng.choice(('/home', '/home', '/Users'))}/{login}"
        people.append(
            Person(
                first=first,
                last=last,
                login=login,
                mail=f"{plain_first}.{plain_last}@{DOMAIN}",
                phone=phone(rng),
                home=home,
                role=ROLES[number % len(ROLES)],
                windows=windows,
            )
        )
    return people


def phone(rng: Random) -> str:
    """A telephone number that nobody has: kept for drama by Ofcom and PTS, in ranges that are not our surrogates'."""
    three = f"{rng.randrange(1000):03d}"
    return rng.choice(
        (
            f"+44 28 9649 6{three}",
            f"+44 29 2018 0{three}",
            f"+46 8 465 004 {rng.randrange(100):02d}",
            f"+46 70 174 06 {rng.randrange(5, 100):02d}",
        )
    )


def customer(rng: Random) -> tuple[str, str]:
    """Name and mail address of somebody outside of the company."""
    first, last = rng.choice(FIRST), rng.choice(LAST)
    return f"{first} {last}", f"{plain(first).lower()}.{plain(last).lower()}@{PARTNER_DOMAIN}"


def secret(rng: Random) -> str:
    """A credential in the shape of a well-known one. Put together here, so that no file holds one."""
    kind = rng.randrange(5)
    if kind == 0:
        return "AKIA" + "".join(rng.choices(string.ascii_uppercase + "234567", k=16))
    if kind == 1:
        return "ghp_" + "".join(rng.choices(_ALNUM, k=36))
    if kind == 2:
        return "sk_live_" + "".join(rng.choices(_ALNUM, k=24))
    if kind == 3:
        return "glpat-" + "".join(rng.choices(_ALNUM, k=20))
    return "xoxb-" + "".join(rng.choices(string.digits, k=12)) + "-" + "".join(rng.choices(_ALNUM, k=24))


def address(rng: Random) -> str:
    """An IPv4 address inside of the company."""
    return f"10.{rng.randrange(16, 32)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def card(rng: Random) -> str:
    """A payment card number with the right check digit (Luhn, ISO/IEC 7812-1)."""
    digits = [4, *(rng.randrange(10) for _ in range(14))]
    doubled = sum(sum(divmod(2 * d, 10)) if i % 2 == 0 else d for i, d in enumerate(digits))
    whole = "".join(map(str, [*digits, -doubled % 10]))
    return " ".join(whole[i : i + 4] for i in range(0, 16, 4))


def token(rng: Random, length: int = 12) -> str:
    """Hex digits, for ids."""
    return "".join(rng.choices(_HEX, k=length))


def plain(name: str) -> str:
    """The name in ASCII letters, as mail addresses have it."""
    letters = "".join(_PLAIN.get(letter, letter) for letter in name)
    return unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
