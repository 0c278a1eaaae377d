"""What people with habits write: the same thoughts, each in their own way. Seeded.

A habit is drawn once per person and then kept: spelling, contractions, punctuation, favourite connectives, greetings,
marks of lists and comments, and the projects they talk about. How strong real people's habits are cannot be learnt
from here: `history` asks that of real writing.
"""

# ruff: noqa: RUF001, SIM905 - shares of a mix read best in place; people do write dashes; lists of words are words

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_THOUGHTS = (
    "we should {verb} the {noun} before the {other} changes again",
    "the {noun} is behind the {other}, and nobody has looked at it",
    "it does not {verb} when the {noun} is empty",
    "I have moved the {noun} out of the {other}",
    "please {verb} the {noun} once more, it is not what the {other} says",
    "the {other} will not {verb} until the {noun} has been checked",
    "we cannot {verb} {count} of them without the {noun}",
    "there is no {noun} for this {other}, so I would {verb} it by hand",
    "the colour of the {noun} is wrong after we {verb} the {other}",
    "let us organise the {noun} by {other} and {verb} the rest",
    "I do not think that the {noun} is the problem here",
    "they are going to {verb} the {other} on Thursday",
    "what is left is the {noun}, about {count} rows of it",
)
_VERBS = "load merge refresh parse publish archive assign split resolve render import verify replay sort drop".split()
_NOUNS = (
    "order invoice shipment tenant batch cursor policy session record ledger window payload quota report schema "
    "snapshot bucket ticket digest voucher route carrier manifest lease fixture banner index shard gauge basket refund "
    "catalogue roster badge relay buffer socket canvas footer prompt draft margin column"
).split()
_CONNECTIVES = "also so anyway however still besides though basically actually plus meanwhile otherwise".split()
_HEDGES = ("I guess", "I think", "to be honest", "as far as I can see", "probably", "imo", "in my view", "maybe")
_GREETINGS = ("Hi,", "Hello,", "Hey", "hi there", "Dear all,", "Hi team,", "Good morning,", "")
_CLOSINGS = ("Thanks", "thanks!", "Cheers,", "Best,", "Kind regards", "thx", "Many thanks in advance.", "")
_DASHES = (" - ", " – ", " -- ", ", ", "; ", " ... ")
_BULLETS = ("- ", "* ", "• ", "1) ", "– ")
_EMOJI = ("", "", "", " :)", " 🙂", " 👍", " 😅")
_COMMENTS = ("NOTE: ", "note - ", "TODO ", "FIXME: ", "", "!! ", "nb ")
_SHORT = (
    ("does not", "doesn't"), ("cannot", "can't"), ("do not", "don't"), ("it is", "it's"), ("there is", "there's"),
    ("what is", "what's"), ("they are", "they're"), ("let us", "let's"), ("I have", "I've"), ("has been", "'s been"),
    ("will not", "won't"), ("is not", "isn't"),
)  # fmt: skip
_AMERICAN = (("colour", "color"), ("organise", "organize"), ("catalogue", "catalog"))


@dataclass(frozen=True, slots=True)
class Hand:
    """How one person writes."""

    nouns: tuple[str, ...]
    verbs: tuple[str, ...]
    connectives: tuple[str, ...]
    hedge: str
    hedges: float
    contracts: float
    american: bool
    lower: bool
    full_stop: float
    exclaims: float
    dash: str
    dashes: float
    bullet: str
    lists: float
    greeting: str
    closing: str
    emoji: str
    comment: str
    snake: bool
    gap: str


def hand(rng: Random) -> Hand:
    """A person's habits."""
    return Hand(
        nouns=tuple(rng.sample(_NOUNS, 9)),
        verbs=tuple(rng.sample(_VERBS, 6)),
        connectives=tuple(rng.sample(_CONNECTIVES, 3)),
        hedge=rng.choice(_HEDGES),
        hedges=rng.choice((0.0, 0.1, 0.3)),
        contracts=rng.choice((0.0, 0.1, 0.9, 1.0)),
        american=rng.random() < 0.5,
        lower=rng.random() < 0.25,
        full_stop=rng.choice((1.0, 1.0, 0.8, 0.1)),
        exclaims=rng.choice((0.0, 0.0, 0.05, 0.2)),
        dash=rng.choice(_DASHES),
        dashes=rng.choice((0.05, 0.2, 0.5)),
        bullet=rng.choice(_BULLETS),
        lists=rng.choice((0.0, 0.2, 0.6)),
        greeting=rng.choice(_GREETINGS),
        closing=rng.choice(_CLOSINGS),
        emoji=rng.choice(_EMOJI),
        comment=rng.choice(_COMMENTS),
        snake=rng.random() < 0.6,
        gap="  " if rng.random() < 0.15 else " ",
    )


MACHINE = Hand(
    nouns=tuple(_NOUNS), verbs=tuple(_VERBS), connectives=("also", "however", "so"), hedge="", hedges=0.0,
    contracts=0.0, american=True, lower=False, full_stop=1.0, exclaims=0.0, dash=" – ", dashes=0.15, bullet="- ",
    lists=0.3, greeting="", closing="", emoji="", comment="", snake=True, gap=" ",
)  # fmt: skip
"""How the AI writes: the same for everybody, about everything."""


def sentence(rng: Random, own: Hand, about: Hand | None = None) -> str:
    """One thought in this hand; the words are those of `about`, if it is given."""
    topic = about or own
    noun, other = rng.sample(topic.nouns, 2)
    text = rng.choice(_THOUGHTS).format(
        noun=noun, other=other, verb=rng.choice(topic.verbs), count=rng.randrange(3, 900)
    )
    if rng.random() < own.dashes:
        text += (
            own.dash.rstrip()
            + " "
            + rng.choice(_THOUGHTS[10:]).format(
                noun=noun, other=other, verb=rng.choice(topic.verbs), count=rng.randrange(3, 900)
            )
            if own.dash.strip() in ",;"
            else own.dash + "see the " + rng.choice(topic.nouns)
        )
    if rng.random() < own.hedges and own.hedge:
        text = f"{own.hedge} {text}"
    elif rng.random() < 0.25:
        text = f"{rng.choice(own.connectives)}, {text}"
    for long, short in _SHORT:
        if long in text and rng.random() < own.contracts:
            text = text.replace(long, short, 1)
    if own.american:
        for british, american in _AMERICAN:
            text = text.replace(british, american)
    text = text.lower() if own.lower else text[0].upper() + text[1:]
    end = "!" if rng.random() < own.exclaims else "." if rng.random() < own.full_stop else ""
    return text + end + (own.emoji if rng.random() < 0.15 else "")


def prose(rng: Random, own: Hand, parts: int, about: Hand | None = None) -> str:
    """A paragraph or a list."""
    sentences = [sentence(rng, own, about) for _ in range(parts)]
    if rng.random() < own.lists:
        return "\n".join(own.bullet + one for one in sentences)
    return own.gap.join(sentences)


def letter(rng: Random, own: Hand, parts: int, about: Hand | None = None) -> str:
    """A reply with this person's greeting and closing."""
    return "\n\n".join(part for part in (own.greeting, prose(rng, own, parts, about), own.closing) if part)


def code(rng: Random, own: Hand, mark: str, parts: int, about: Hand | None = None) -> str:
    """A function with a remark."""
    topic = about or own
    name = f"{rng.choice(topic.verbs)} {rng.choice(topic.nouns)}"
    lines = [f"{_named(name, own)}({rng.choice(topic.nouns)}) {{"]
    for _ in range(parts):
        noun, other = rng.sample(topic.nouns, 2)
        lines.append(f"  {_named(f'{noun} {other}', own)} = {rng.choice(topic.verbs)}({noun}, {rng.randrange(900)})")
    lines.insert(rng.randrange(1, len(lines)), f"  {mark} {own.comment}{sentence(rng, own, about)}")
    return "\n".join([*lines, "}"])


def edited(rng: Random, draft: str, own: Hand, about: Hand, mark: str = "") -> str:
    """The draft as this person leaves it: something cut, something of their own added."""
    lines = draft.split("\n")
    if mark:
        lines.insert(rng.randrange(1, len(lines)), f"  {mark} {own.comment}{sentence(rng, own, about)}")
        return "\n".join(lines)
    sentences = re.split(r"(?<=[.!?\n]) +", draft)
    if len(sentences) > 2:
        del sentences[rng.randrange(len(sentences))]
    kept = own.gap.join(sentences)
    return f"{kept}{own.gap}{prose(rng, own, rng.randrange(1, 3), about)}"


def _named(words: str, own: Hand) -> str:
    first, *rest = words.split()
    return "_".join([first, *rest]) if own.snake else first + "".join(word.title() for word in rest)
