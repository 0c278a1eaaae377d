"""The words of the generated company, and the blanks in its templates."""

# ruff: noqa: PLR2004, RUF001, SIM905 - shares of a mix read best in place; people do write dashes; words are words

from __future__ import annotations

from typing import TYPE_CHECKING

from redline.company_people import address, card, customer, secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from redline.company_people import Person

NOUNS = (
    "order invoice shipment tenant batch cursor policy session record ledger window payload quota report schema "
    "snapshot bucket ticket partition digest voucher route carrier manifest"
).split()
_VERBS = "load merge settle refresh parse publish reconcile archive assign split resolve render import verify".split()
_FIELDS = "status total owner region amount version created weight priority currency checksum expires label".split()
_TEAMS = "Billing Platform Search Logistics Onboarding Checkout Data Mobile Identity Fulfilment".split()
_THINGS = (
    "the new pricing page;the retry budget;our carrier integration;the audit export;the search index;"
    "the mobile release;the customs form;the onboarding flow;the nightly import;the capacity plan;"
    "the incident review;the partner portal"
).split(";")
_STATES = "is on track;slipped by a week;is blocked;shipped on Tuesday;needs a decision;doubled its errors".split(";")
_REASONS = (
    "because the vendor changed its API;since two people are on leave;after the load test failed;"
    "as legal asked for changes;because nobody owned it;now that the migration is done – finally;"
    "while costs stay below €12k"
).split(";")
_WORDS = {
    "n": NOUNS,
    "m": NOUNS,
    "v": _VERBS,
    "verb": _VERBS,
    "f": _FIELDS,
    "Team": _TEAMS,
    "thing": _THINGS,
    "state": _STATES,
    "reason": _REASONS,
}


class Slots(dict[str, str]):
    """Words for the blanks in a template, each drawn when it is first asked for and then kept."""

    def __init__(self, rng: Random, person: Person, people: Sequence[Person]) -> None:
        super().__init__()
        self._rng = rng
        self._whom = person if rng.random() < 0.4 else rng.choice(people)

    def __missing__(self, blank: str) -> str:
        word = self[blank] = self._draw(blank)
        return word

    def _draw(self, blank: str) -> str:
        rng, whom = self._rng, self._whom
        if blank in _WORDS:
            return rng.choice(_WORDS[blank])
        match blank:
            case "N" | "F":
                return self[blank.lower()].title()
            case "k":
                return str(rng.randrange(2, 5000))
            case "j":
                return str(rng.randrange(2, 60))
            case "folder":
                return whom.home.replace("\\", "/")
            case "ip":
                return address(rng)
            case "key":
                return secret(rng)
            case "card":
                return card(rng)
            case "customer":
                self["customer"], self["cmail"] = customer(rng)
                return self["customer"]
            case "cmail":
                return customer(rng)[1]
            case _:  # name, first, mail, login, phone, home
                return str(getattr(whom, blank))
