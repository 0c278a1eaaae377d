"""Texts that try to tell stock and ours apart: values that Presidio looks for, glued, cut and bent."""
# ruff: noqa: E501 - tables

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import phonenumbers

from bench.scrub.samples import sample

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR", "AU", "JP", "IT")
VALUES = (
    *("call me at 212-867-5309", "my number is (303) 555-0111 or +49 30 123456", "phone 030 1234567", "x123", "ext. 45"),
    *("cell 2128675309", "tel. 0044 20 7946 0958", "12(3): 211-227 (2003) number", "650-234-2345/332-445-1234"),
    *("phone 2012-01-02 08:00", "phone 3/10/2011", "call 1-800-123-4567 x123", "x+12128675309y", "982.707.6813x7172 6.2.2.1"),
    *("10.2.3.4", "fe80::1", "2001:db8:85a3::8a2e:370:7334", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "std::vector"),
    *("2024-01-05", "03/04/21 date", "12-MAY-2020", "may-22", "03/2021 date birthday", "1.2.2020", "\u017fep-12"),
    *("2024-01-05T10:11:12Z", "card 4111-1111-1111-1111", "4242424242424242", "ssn 078-05-1120", "078 05 1120"),
    *("DE89370400440532013000", "iban DE89 3704 0044 0532 0130 00 2 days", "nhs 943 476 5919", "9434765919"),
    *("mail x.y@corp.com", "email: a@b.local", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "00:1B:44:11:3A:B7"),
    *("a1b2.c3d4.e5f6", "123e4567-e89b-12d3-a456-426614174000", "tax 912-70-1234", "taxid 912701234", "AB1234563"),
    *("bank account 12345678901", "passport 123456789", "driver H1234567", "license A1", "public C4", "DEA BB1388568"),
    *("https://www.example.com/a?b=c#d", "'http://a.co/x'", '"docs.python.org"', "www2.corp.co.uk", "foo.bar.py", "url a.b.io"),
    *("\u0442\u0435\u043b\u0435\u0444\u043e\u043d \u0660\u0661\u0662\u0663", "\u00dcber", "\u4e2d\u6587", "\u212a", "\u0130", "\u0131", "\u03a3\u03c2"),
    *("phone \u0662\u0661\u0662-\u0665\u0665\u0665-\u0660\u0661\u0662\u0663", "\U00011f52\U00011f53 phone", "\uff11\uff12\uff13", "\uff0b"),
    *("number", "call()", "date", "ip", "wallet", "don't", "e.g.", "to:1", "at:b", ":)", "'s", "x:y:z", "THE", "key:", "12:30"),
)  # fmt: skip
GLUE = (
    *("", " ", "  ", ", ", ". ", "\n", "\r", "\r\n", "\t", "\x85", "\u2028", "\u00a0", "\u3000", "\x0b", "\x1c", "/"),
    *(
        ":",
        "-",
        "_",
        ".",
        "@",
        "(",
        ")",
        "[",
        "+",
        "#",
        "%",
        "$",
        "\u20ac",
        "\u0301",
        "\u200b",
        "\u202e",
        "'",
        '"',
        "\\",
    ),
    *("a", "e", "\u00e9", "0", "1", "00", "11111111111", "9" * 25, "x", "~", "=", ";", "\U0001f600", "\x00"),
)


@lru_cache(maxsize=1)
def numbers() -> tuple[str, ...]:
    """Phone numbers of all types of some regions, as the library writes them."""
    made = []
    for region in _REGIONS:
        for kind in range(11):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                made += [phonenumbers.format_number(example, style) for style in range(4)]
    return tuple(dict.fromkeys(made))


def text(chooser: random.Random, recognisers: Sequence[Any] = ()) -> str:
    """One more text, with values and context words of some recognisers."""
    parts: list[str] = []
    for _ in range(chooser.randint(1, 10)):
        parts += [chooser.choice(VALUES if chooser.random() < 0.7 else numbers()), chooser.choice(GLUE)]
        if recognisers and chooser.random() < 0.7:
            one = chooser.choice(recognisers)
            if one.context and chooser.random() < 0.5:
                parts += [chooser.choice(one.context), chooser.choice((" ", ": ", " no. ", ""))]
            patterns = getattr(one, "patterns", ())
            if patterns:
                parts += [sample(chooser.choice(patterns).regex, chooser), chooser.choice(GLUE)]
    made = list("".join(parts))
    for _ in range(chooser.choice((0, 0, 1, 3))):
        place = chooser.randrange(len(made) + 1)
        made[place : place + chooser.choice((0, 1, 1, 4))] = chooser.choice((*GLUE, *"0123456789"))
    return "".join(made)
