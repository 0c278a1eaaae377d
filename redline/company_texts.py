"""What the generated company writes: code, summaries, replies, chat, and what people make of a draft.

Texts are composed of parts by a seeded `rng`, so that no two are alike: a fixed set would make every cache and every
compressor look good.
"""

# ruff: noqa: PLR2004, RUF001 - shares of a mix read best in place; people do write dashes

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from redline.company_people import card, customer, phone
from redline.company_words import NOUNS, Slots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from redline.company_people import Person

LANGUAGES = ("python", "python", "typescript", "go", "sql")

_CODE: dict[str, tuple[str, ...]] = {
    "python": (
        "{n}s = [item for item in {m}s if item.{f} > {k}]",
        'if not {n}.{f}:\n    raise ValueError("{n} {k} has no {f}")',
        "for {n} in {m}s:\n    {n}.{f} = {v}({n}.{f}, limit={k})",
        'log.info("{v} %s of %d", {n}.{f}, {k})',
        'with open("{folder}/{m}s/{f}.json") as handle:\n    {m}s = json.load(handle)',
        "cache[({n}.{f}, {k})] = {v}_{f}({n})",
        'total_{f} = sum({n}.{f} for {n} in {m}s) or Decimal("{k}.00")',
        "try:\n    {v}_{m}({n})\nexcept TimeoutError:\n    retry({n}, after={k})",
        'return {{"{f}": {n}.{f}, "{m}": {k}}}',
    ),
    "typescript": (
        "const {n}s = {m}s.filter((item) => item.{f} > {k});",
        'if (!{n}.{f}) {{\n  throw new Error("{n} {k} has no {f}");\n}}',
        "for (const {n} of {m}s) {{\n  {n}.{f} = await {v}({n}.{f}, {{ limit: {k} }});\n}}",
        "console.info(`{v} ${{{n}.{f}}} of {k}`);",
        'const {m}s = JSON.parse(readFileSync("{folder}/{m}s/{f}.json", "utf8"));',
        "return {{ {f}: {n}.{f}, {m}: {k} }};",
        "useEffect(() => {{ void {v}{N}({k}); }}, [{n}.{f}]);",
    ),
    "go": (
        'if {n}.{F} == nil {{\n\treturn nil, fmt.Errorf("{n} %d: no {f}", {k})\n}}',
        "for _, {n} := range {m}s {{\n\t{n}.{F} = {v}({n}.{F}, {k})\n}}",
        "ctx, cancel := context.WithTimeout(ctx, {k}*time.Millisecond)\ndefer cancel()",
        'file, err := os.Open("{folder}/{m}s/{f}.json")\nif err != nil {{\n\treturn nil, err\n}}',
        "{m}s = append({m}s, {N}{{{F}: {n}.{F}, Limit: {k}}})",
        'log.Printf("{v} %s of %d", {n}.{F}, {k})',
    ),
    "sql": (
        "SELECT {f}, count(*) FROM {m}s WHERE {n}_{f} > {k} GROUP BY {f};",
        "UPDATE {n}s SET {f} = '{v}' WHERE {f} IS NULL AND id < {k};",
        "CREATE INDEX IF NOT EXISTS {n}s_{f}_{k} ON {n}s ({f});",
        "DELETE FROM {m}s USING {n}s WHERE {m}s.{f} = {n}s.{f} AND {n}s.id = {k};",
        "WITH recent AS (SELECT * FROM {n}s ORDER BY {f} DESC LIMIT {k})\nSELECT avg({f}) FROM recent;",
    ),
}
_HEADS = {
    "python": "def {v}_{n}({m}s: list[{N}], {f}: int = {k}) -> None:",
    "typescript": "export async function {v}{N}({m}s: {N}[]): Promise<void> {{",
    "go": "func {v}{N}(ctx context.Context, {m}s []{N}) ([]{N}, error) {{",
    "sql": "-- {v} {n} by {f}",
}
_TAILS = {"python": "", "typescript": "}}", "go": "\treturn {m}s, nil\n}}", "sql": ""}
_COMMENTS = {"python": "# ", "typescript": "// ", "go": "// ", "sql": "-- "}
_ASIDES = (
    "TODO({login}): ask {name} <{mail}> before we {v} this",
    "{name} saw this fail on {ip}, see ticket {k}",
    "call {phone} if the {n} import hangs again",
    "owner: {mail}",
    "copied from {home}/src/{n}s by {login}",
)
_KEYS = {
    "python": 'API_KEY = "{key}"',
    "typescript": 'const apiKey = "{key}";',
    "go": 'const apiKey = "{key}"',
    "sql": "-- token: {key}",
}
_COMMANDS = (
    "curl -H 'Authorization: Bearer {key}' http://{ip}/v1/{n}s?limit={k}",
    "rsync -av {home}/{n}s/ {login}@{ip}:/srv/{m}s/",
    "git log --author='{name}' --since={k}.days --oneline -- src/{n}s | head",
    "kubectl -n {m} logs deploy/{n}-{v} --tail={k} | grep -i {f}",
    "psql -h {ip} -U {login} -c 'select {f} from {n}s limit {k}'",
    "find {home}/{n}s -name '*.{f}' -mtime +{k} -print",
)
_SENTENCES = (
    "{Team} reports that {thing} {state} {reason}.",
    "{name} will talk to {Team} about {thing} before Friday.",
    "We measured {k} {n}s per minute, {j}% more than in the week before.",
    "Open question: who signs off {thing}, {name} or {Team}?",
    "{thing} {state}; {name} ({mail}) keeps the list of what is missing.",
    "The {f} of a {n} is wrong in about {j} of {k} cases.",
    "Decision: {Team} takes over {thing} {reason}.",
    "Next step → {verb} the {n}s again and compare {f} with {k}.",
    "Risk: {thing} {state} {reason}, which costs {k} € a day.",
    "If that fails, call {name} on {phone}.",
)
_REPLIES = (
    "Dear {customer},\n\nthank you for your message about {n} {k}.",
    "Hi {customer}, sorry for the wait.",
    "I have looked at {n} {k}: its {f} was wrong {reason}.",
    "We have sent the {n} to {cmail} once more.",
    "The card {card} was charged twice; {j} € go back to it.",
    "You can reach me on {phone} or at {mail}.",
    "It should arrive within {j} days; if it does not, please reply to this mail.",
    "Our colleague {name} from {Team} will call you back tomorrow.",
    "I know how annoying that is, and I have marked your account so that it is not repeated.",
)
_CHAT = (
    "anyone seen {thing}? it {state} again 😅",
    "{first} can you {verb} the {n}s, {f} is off by {k}",
    "yes, {name} did it, see http://{ip}/{n}s/{k}",
    "+1, {Team} agreed in the call",
    "ping me on {phone} or {mail}, I'm away from the desk till {j}",
    "I'd rather wait: {thing} {state} {reason}",
    "done ✅ {k} {n}s",
)
_SAFE_SWAPS = (
    ("about", "roughly"), ("before", "earlier than"), ("again", "once more"), ("compare", "check"),
    ("wrong", "not right"), ("sorry", "we apologise"), ("reports", "tells us"), ("missing", "still to do"),
    ("limit", "maximum"), ("status", "state"), ("total", "overall"), ("retry", "try_again"), ("count", "tally"),
    ("version", "edition"),
)  # fmt: skip
_ADDED = (
    "We should check this with real numbers first.",
    "This part is not decided yet.",
    "Please keep it short when you forward it.",
    "I have left out what we already said last week.",
    "Numbers are from Monday's export.",
    "Tell us if you see it differently.",
)
_ADDED_CODE = (
    "keep the order stable, the export depends on it",
    "nulls come from rows before the migration",
    "bounded on purpose: the caller retries",
    "see the design note before touching this",
    "covered by the nightly check",
)
_INDENT = re.compile(r"[ \t]*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def code(rng: Random, language: str, person: Person, people: Sequence[Person], parts: int) -> str:
    """A function of so many statements; one in ten comes with a remark that names somebody, one in fifty with a key."""
    head = Slots(rng, person, people)
    lines = [_HEADS[language].format_map(head)]
    indent = "\t" if language == "go" else "" if language == "sql" else "    " if language == "python" else "  "
    for _ in range(parts):
        blanks = Slots(rng, person, people)
        part = rng.choice(_CODE[language]).format_map(blanks)
        chance = rng.random()
        if chance < 0.10:
            part = _COMMENTS[language] + rng.choice(_ASIDES).format_map(blanks) + "\n" + part
        elif chance < 0.12:
            part = _KEYS[language].format_map(blanks) + "\n" + part
        lines += [indent + line for line in part.split("\n")]
    if tail := _TAILS[language].format_map(head):
        lines.append(tail)
    return _ended(lines, person)


def command(rng: Random, person: Person, people: Sequence[Person]) -> str:
    """One or two shell commands."""
    return " \\\n  && ".join(
        rng.choice(_COMMANDS).format_map(Slots(rng, person, people)) for _ in range(rng.randrange(1, 3))
    )


def prose(rng: Random, person: Person, people: Sequence[Person], parts: int) -> str:
    """Notes and summaries, as a paragraph or as a list."""
    sentences = [_sentence(rng, _SENTENCES, person, people) for _ in range(parts)]
    if rng.random() < 0.4:
        title = rng.choice(("Summary", "Minutes", "Status", "Résumé", "Notes – week 41"))
        return _ended([f"## {title}", "", *("- " + sentence for sentence in sentences)], person)
    return " ".join(sentences)


def reply(rng: Random, person: Person, people: Sequence[Person], parts: int) -> str:
    """An answer to a customer, signed."""
    opening = _sentence(rng, _REPLIES[:2], person, people)
    body = [_sentence(rng, _REPLIES[2:], person, people) for _ in range(parts)]
    closing = rng.choice(("Kind regards,", "Best wishes,", "Thanks,", "Viele Grüße"))
    return _ended([opening, "", " ".join(body), "", closing, person.name, person.phone], person)


def chat(rng: Random, person: Person, people: Sequence[Person]) -> str:
    """A message of one to three sentences."""
    return " ".join(_sentence(rng, _CHAT, person, people) for _ in range(rng.randrange(1, 4)))


def revised(rng: Random, text: str, language: str = "") -> str:
    """The text as a person would leave it: some words changed, something added, now and then something cut.

    Never equal to `text`, and different in more than names: so a label does not depend on what the scrubber finds.
    """
    for old, new in rng.sample(_SAFE_SWAPS, 5):
        text = text.replace(old, new, 1)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    if language in _COMMENTS:
        at = rng.randrange(1, len(lines) + 1)
        indent = _INDENT.match(lines[min(at, len(lines) - 1)])
        lines.insert(at, (indent.group() if indent else "") + _COMMENTS[language] + rng.choice(_ADDED_CODE))
    else:
        at = rng.choice([i for i, line in enumerate(lines) if line] or [0])
        sentences = _SENTENCE_END.split(lines[at])
        sentences.insert(rng.randrange(len(sentences) + 1), rng.choice(_ADDED))
        lines[at] = " ".join(sentences)
    if len(lines) > 4 and rng.random() < 0.5:
        del lines[rng.choice([i for i in range(len(lines)) if i != at])]
    return newline.join(lines)


def ticket(rng: Random) -> str:
    """What a customer wrote."""
    name, mail = customer(rng)
    noun, number = rng.choice(NOUNS), rng.randrange(1000, 99999)
    trouble = rng.choice(("has not come", "was charged twice", "shows the wrong amount", "cannot be changed"))
    return (
        f"From: {name} <{mail}>\nSubject: {noun} {number}\n\nHello, my {noun} {number} {trouble}. "
        f"My card is {card(rng)}, you can call me on {phone(rng)}.\n{name}"
    )


def _sentence(rng: Random, templates: Sequence[str], person: Person, people: Sequence[Person]) -> str:
    sentence = rng.choice(templates).format_map(Slots(rng, person, people))
    return sentence[0].upper() + sentence[1:]


def _ended(lines: list[str], person: Person) -> str:
    return ("\r\n" if person.windows else "\n").join(lines)
