"""Texts of chat and code with people of the directory in them, in every form, and texts in which nobody of it is.

A text is a template with one slot; the form fills it, and the form's name is what recall is counted by. Decoys are
counted by name too: every finding in one that was not put there is false.
"""

# ruff: noqa: S311, E501, RUF001 - texts read best whole; full-width punctuation is what such scripts use; seeded

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.people.company import DOMAIN, Member, ascii_letters
from streams.privacy.directory.words import common

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CHAT = (
    "{} can you take a look at the failing deploy?", "I talked to {} about the rollout yesterday.",
    "thanks {} for the quick fix!", "cc {} and the rest of the platform team", "lgtm, but let {} review it first",
    "meeting moved to 3pm - {} is out until monday", "Who owns this?\n> {} does, since the reorg", "ping {}: the build is red again",
    "The customer called, {} will follow up with them tomorrow.", "I think {}'s proposal makes the most sense here",
    "(reported by {}, see the ticket for logs)", "assigned to {}; due next week", "As {} said, we should not merge this before the freeze.",
    "* {} - action item: write the runbook", "Please forward this to {}.", "is {} on call this weekend or is it me",
)  # fmt: skip
CODE = (
    "# TODO: {} wants this behind a flag\ndef load(path):\n    return open(path).read()",
    "def f(x):\n    # see the discussion with {} in the review\n    return x + 1", "/* {} measured this on the old cluster */\nint main(void) { return 0; }",
    'OWNERS = ["{}"]\nfor owner in OWNERS:\n    notify(owner)', "// written by {}, do not touch\nconst timeout = 30;",
    "name: deploy\nowner: {}\nsteps:\n  - run: make", "assert greet(user) == 'Hello {}!'", "INSERT INTO staff (name) VALUES ('{}');",
    "commit 3f9a1c2\nAuthor: {}\n\n    fix the flaky test", '{"reviewer": "{}", "approved": true}',
)  # fmt: skip
HANDLE = (
    "@{} can you review #4821?", "ssh {}@build-07.internal", "cd /home/{}/src && make", "drwxr-xr-x 3 {} staff 96 Nov  2 09:14 src",
    "user={} action=login ok", "git log --author={} --since=2.weeks", "C:\\Users\\{}\\AppData\\Local\\Temp", "assignee: {}",
)  # fmt: skip
SNAKE = (
    "{}_laptop = Host('10.0.0.4')", "git checkout {}-fix-branch", "def test_{}_tmp(): pass", "scp out.log {}_backup/",
    "s3://team-data/{}/export.csv", "export PROFILE={}_dev",
)  # fmt: skip
CAMEL = ("const {}Laptop = find(hosts);", "class {}Fixture(Base):", "var x = {}Tmp.get();")
UNSPACED = (
    "请问{}在吗？",
    "我和{}说了，明天发布。",
    "{}さんに聞いてください",
    "{}님이 확인했습니다",
    "ask {} please",
    "# TODO {}: fix",
    "owner: {}",
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text, the form of its mention or the name of the decoy, and where people of the directory are."""

    text: str
    form: str
    spans: tuple[tuple[int, int], ...]


def _lower(word: str) -> str:
    return word.lower()


def forms(one: Member, dice: random.Random) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Name of the form, the mention, and the templates it goes into."""
    first, last = one.first, one.last
    prose = CHAT + CODE
    if one.unspaced:
        yield "unspaced", last + first, UNSPACED
        return
    given = first.split()[0]
    a, b = ascii_letters(given), ascii_letters(last)
    initial = dice.choice("ABCDEFGHJKLMNPRSTW")
    yield "First Last", f"{first} {last}", prose
    yield "Last, First", f"{last}, {first}", prose
    yield "first last", f"{first} {last}".lower(), CHAT
    yield "FIRST LAST", f"{first} {last}".upper(), prose
    yield "First M. Last", f"{given} {initial}. {last}", prose
    yield "F. Last", f"{given[0]}. {last}", prose
    yield "plain letters", f"{a.title()} {b.title()}", prose
    yield "mail", one.mail, prose
    yield "login", one.login, HANDLE
    yield "first_last", f"{a}_{b}", SNAKE
    yield "first-last", f"{a}-{b}", SNAKE
    yield "firstLast", f"{a}{b.title()}", CAMEL
    yield "FirstLast", f"{a.title()}{b.title()}", CAMEL
    yield "first.last", f"{a}.{b}", HANDLE
    yield "Last, F.", f"{last}, {given[0]}.", CHAT
    if one.nickname:
        yield "Nick Last", f"{one.nickname} {last}", prose
    yield "extension", f"ext. {one.extension}", CHAT
    if a not in common():
        yield "spoken to", given.title(), ("Thanks {}, merged.", "ask {} about it", "@{} ptal", "{} said it is fine")


def planted(people: Sequence[Member], count: int, seed: int) -> Iterator[Text]:
    """So many texts, forms taken in turn."""
    dice = random.Random(seed)
    for _ in range(count):
        one = dice.choice(people)
        name, mention, templates = dice.choice(list(forms(one, dice)))
        template = dice.choice(templates)
        before, _, after = template.partition("{}")
        yield Text(before + mention + after, name, ((len(before), len(before) + len(mention)),))


WORDS = (
    "Will long running jobs be killed?", "Will Long-running queries time out?", "will long texts work", "mark price as final",
    "Mark price updates as stale before the run.", "May case numbers go down soon", "the Mark Price of the contract",
    "markPrice = getMarkPrice(symbol)", "will_long = True", "page_case = Page.Case(3)", "The page rose in the rankings, in May or June.",
    "Grant read access to the page and mark it as done", "Bill the customer by April; hope is not a plan.", "class PageCase(TestCase): pass",
    "const chasePage = async () => {}", "Case Law Review", "## Mark Price", "Mark Price: 123.45", "Will Power Be Restored?", "long will",
    "frank discussion, rich text, sharp increase", "if case == 'page': mark(price)", "MARK_PRICE = 3\nPAGE_CASE = 4", "art_field = Field()",
    "June Day and April Rivers are page names in the fixture", "Dear customer, may strong passwords be with you", "rose, young, west: keys",
    "it is a long day, will cook rice and read law", "for field in fields: mark.price(field)", "@test\ndef main(): pass", "@main.command()",
    "user story: as an admin I build a page", "su root; cat /var/log/test", "Hope Banks will raise rates", "May King Charles visit?",
    "Dawn Fields forever", "black box, white list, green field, brown out", "Jack of all trades; chase the case", "sue for peace",
    "x1024 y1024", "libx264 x509 x86_64 1920x1080", "plan B. Page 3", "see section A. Long answers follow", "Rich Text Format, Art Deco",
)  # fmt: skip


def strangers(people: Sequence[Member], count: int, seed: int) -> Iterator[Text]:
    """People who are not in the directory but share a last or first name with somebody who is."""
    dice = random.Random(seed)
    known = {f"{one.first.split()[0]} {one.last}".lower() for one in people}
    spaced = [one for one in people if not one.unspaced]
    known |= {" ".join((ascii_letters(one.first.split()[0]), ascii_letters(one.last))) for one in people}
    initials = {
        ascii_letters(one.first)[:1] + ascii_letters(part) for one in people for part in (one.last, *one.last.split())
    }
    while count:
        first, last = dice.choice(spaced).first.split()[0], dice.choice(spaced).last
        plain = f"{first} {last}".lower()
        if plain in known or " ".join((ascii_letters(first), ascii_letters(last))) in known:
            continue
        count -= 1
        kind = dice.randrange(4)
        if kind == 0:
            mention = f"{first} {last}"
        elif kind == 1:
            mention = f"{last}, {first}"
        elif kind == 2 and ascii_letters(first)[:1] + ascii_letters(last) not in initials:
            mention = f"{first[0]}. {last}"
        else:
            mention = f"{ascii_letters(first)}.{ascii_letters(last)}@elsewhere.org"
        yield Text(dice.choice(CHAT + CODE).replace("{}", mention), "decoy: stranger", ())


def decoys() -> Iterator[Text]:
    """The same words, and nobody."""
    for text in WORDS:
        yield Text(text, "decoy: words", ())


def unplanted(chunks: Sequence[str], has_name: Callable[[str], bool]) -> Iterator[Text]:
    """Sources of others, without lines that speak of a person."""
    for chunk in chunks:
        yield Text("\n".join(line for line in chunk.splitlines() if not has_name(line)), "decoy: code", ())


MAIL_DOMAIN = DOMAIN
