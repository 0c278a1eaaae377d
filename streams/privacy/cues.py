"""Structural cues: places where the text itself says that a person follows. Pure.

No model of language is asked: a cue is a commit trailer, a greeting, a mail header, a home folder, a field called
`author`. What follows must look like a name (capitalised words), or like a login where the place is one for logins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from streams.privacy.listed import words as _words
from streams.privacy.sieve import SHARED
from streams.surrogates import Found

PERSON = "PERSON"

_UPPER = r"[^\W\d_a-zß-öø-ÿ]"  # a letter that is not a small Latin one: also scripts without case
_WORD = rf"{_UPPER}(?:[^\W\d_]|[\u2019'\-](?=[^\W\d_])|\.(?=\s*{_UPPER}))*"
_PARTICLE = r"(?:(?:van|von|der|den|de|la|le|da|di|dos|bin|bint|al|el|ten|ter|zu|y)[ \t]+){0,2}"
_MORE = rf"(?:[ \t]+{_PARTICLE}{_WORD})"
_NAME = rf"{_WORD}{_MORE}{{0,3}}"
_FULL = rf"{_WORD}{_MORE}{{1,3}}"
_LOGIN = r"[A-Za-z][A-Za-z0-9._\-]{1,31}"
_TRAILERS = (
    r"(?:Signed-off|Co-authored|Reviewed|Acked|Tested|Reported|Suggested|Helped|Approved|Requested|Co-developed|Debugged"
    r"|Committed|Merged|Authored|Written|Edited|Created)[- ]by"
)
_FIELDS = (
    r"(?:author|reporter|assignee|reviewer|owner|maintainer|approver|requester|committer|full_?name|first_?name|last_?name"
    r"|sur_?name|given_?name|family_?name|display_?name|real_?name|user_?name|sender|recipient|customer|contact|manager"
    r"|employee|patient|client_?name|attendee|from_?name|signed)"
)
_LOGIN_FIELDS = r"(?:user_?name|user|login|log_?in_?name|assignee|reporter|reviewer|author|owner|uid)"


# Home folders and logins of machines, not of people.
_MACHINES = _words(
    "admin administrator all app apps appuser build builder centos circleci coder container daemon data debian "
    "default deploy dev developer docker ec2-user fedora git github gitlab guest hadoop home jenkins jovyan lib "
    "local me name node nobody nginx none null opc oracle owner pi postgres public python rails redline root runner "
    "runneradmin sandbox service shared some someone someuser spark src student svc system test tester tests tmp "
    "true false ubuntu user username users vagrant vcap vscode web webapp work worker workspace www you your "
    "yourname your-name youruser"
)
# Words that open a line or follow a greeting and are no names.
_NO_NAMES = _words(
    "mr mrs ms dr prof "
    "all again any anyone back both can could code dear does each everybody everyone folks friend friends from "
    "great guys have hello here hey hi how if in is it its let lgtm looks madam many me more my no not note now of "
    "on one our please sir so some sorry sure team thanks thank that the then there these they this those to todo "
    "us very was we welcome well what when where which who why will with world would yes yet you your fixme xxx "
    "none null true false customer colleague colleagues support unknown anonymous admin user client hiring "
    "recruiter manager i a an and or but monday tuesday wednesday thursday friday saturday sunday january february "
    "march april may june july august september october november december english german french spanish american "
    "british python java linux windows info debug warn warning error trace"
)


# Words that make a group or a company of the whole: "Engineering Team", "The Apache Software Foundation".
_GROUPS = _words(
    "team teams department group support inc corp corporation llc ltd gmbh company foundation university project "
    "contributors authors committee services service desk helpdesk office center centre institute labs software "
    "systems technologies organization association community engineering operations billing accounting accounts hr "
    "sales marketing devops security platform management staff guild crew council agency bank board times post news "
    "government administration commission ministry party international national affairs heritage assembly parliament "
    "opposition temple court police press journal county city school hospital control"
)
# What people are besides their names: "Finance Minister Aziz", "Pope Francis".
_OFFICES = _words(
    "president minister professor chancellor councillor chairman chairwoman pm mp mla rep sen senator gov "
    "governor pope king queen prince princess sheikh imam rabbi general colonel captain lieutenant sergeant officer "
    "detective coach sir lady director ceo cfo cto secretary ambassador mayor commissioner superintendent inspector "
    "mr mrs ms dr prof manager engineer editor"
)
# A folder's name on Windows; with spaces in it only where another follows.
_FOLDER = r"[^\\/:*?\"<>|\s{}$%]"
_FOLDERS = rf"(?:{_FOLDER}{{1,40}}(?: {_FOLDER}{{1,30}}){{1,3}}(?=\\)|{_FOLDER}{{2,40}})"
_SENTENCE = 4  # letters, with the dot, of a word that ends one: "Lam." and not "St."


@dataclass(frozen=True, slots=True)
class Cue:
    """One kind of place where a person is named; group `v` of the expression is the value.

    The expression is tried where the sieve does not rule it out, and only if one of `words` is in the text (small
    letters, between signs that are no letters) or, where there are none, if one of `parts` is (any piece of the text in
    small letters); with both, both.
    """

    words: frozenset[str]
    parts: tuple[str, ...]
    expression: re.Pattern[str]
    score: float = 0.85
    login: bool = False


def _cue(
    words: str, expression: str, parts: str = "", *, login: bool = False, score: float = 0.85, flags: int = re.MULTILINE
) -> Cue:
    return Cue(_words(words), tuple(parts.split("|")) if parts else (), re.compile(expression, flags), score, login)


_I = re.MULTILINE | re.IGNORECASE
_AFTER = r"(?=[ \t]*(?:[,!.:;\-\u2013\u2014?)]|$|\\n))"  # a name is over where a sentence or a line is
_NEXT = r"(?:[ \t]*\r?\n|\\n){1,2}[ \t]*[\-\u2013\u2014]*[ \t]*"  # the next line, in text or in a string of code
_IS = r"\\?[\"']?[ \t]*(?:=>|:|=)[ \t]*\\?[\"']"
_GREET = r"(?:Dear|[Hh]i|[Hh]ello|[Hh]ey|Good morning|Good afternoon|Moin|Hallo|Hola|Bonjour|Liebe|Lieber)"
_THANK = r"(?i:\b(?:thanks|thank you|thx|cheers|ping))(?:[ \t]+(?:again|a lot|so much))?"
_CLOSE = (
    r"(?i:\b(?:regards|thanks|thank you|cheers|best|sincerely|wishes|yours|gr\u00fc\u00dfe"
    r"|greetings|saludos|cordialement))"
)
_HEADER = (
    r"(?i:from|to|cc|bcc|sender|attendees|participants|reply-to|assigned to|assignee|reporter|reviewers?|owner"
    r"|(?:full |patient |employee |customer |client )?name|patient|employee|customer|client|contact|candidate|applicant"
    r"|student|tenant|manager|approver|interviewer|(?:prepared|submitted) by)"
)
_TITLE = r"(?:Mr|Mrs|Ms|Dr|Prof|Herr|Frau)\.?"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d)?(?:[ \t]?[AaPp][Mm])?"
_SMALL = r"(?!(?:not|on|in|the|a|an|too|very|so|also|still|now|no)\b)[a-z\u00df-\u00f6\u00f8-\u00ff]{3,}"
_FIELD_WORDS = (
    "author reporter assignee reviewer owner maintainer approver requester committer name fullname firstname lastname "
    "surname givenname familyname displayname realname username sender recipient customer contact manager employee "
    "patient clientname attendee fromname signed"
)
_TO_PERSON = (
    r"(?i:\b(?:call|ask|ping|contact|tell|email|meet|met|thank|talk(?:ed|s|ing)?[ \t]+(?:to|with)"
    r"|sp(?:eak|oke)[ \t]+(?:to|with)))"
)
_PERSON_DOES = (
    r"(?:sa(?:id|ys)|ask(?:ed|s)|wrote|writes|told|thinks|agreed|mentioned|signed|approved|reported|suggested"
    r"|confirmed)\b"
)
_PERSON_WILL = (
    r"(?:will|to|can|should)[ \t]+"
    r"(?:talk|call|send|ask|check|review|meet|join|write|look|take|own|confirm|follow)\b"
)
_AS_USER = (
    r"\b(?:psql|pg_\w+|mysql\w*|mongo\w*|sqlplus|sudo|su)\b[^\n;|&]{0,80}?[ \t](?:-U|-u|--user(?:name)?|-)[ \t=]*"
)
_HERE = r"(?=[ \t]*(?:[,.;!?)]|from\b|at\b|and\b|here\b|in\b|$))"

CUES: tuple[Cue, ...] = (
    # Git trailers (git-interpret-trailers): the whole rest up to the mail is a name, however it is written
    _cue("by", rf"^[ \t>*#/\-]*{_TRAILERS}:[ \t]*@?(?P<v>[^<\n(@]{{2,60}}?)[ \t]*(?=<|\(|$)", flags=_I, score=0.95),
    _cue(
        "author commit committer",
        r"^[ \t]*(?:Author|Commit|Committer):[ \t]+(?P<v>[^<\n]{2,60}?)[ \t]*(?=<[^>\n]*@)",
        score=0.95,
    ),
    _cue("", rf"^\^?[0-9a-f]{{7,40}}[^(\n]{{0,80}}\((?P<v>{_FULL})[ \t]+\d{{4}}-\d\d-\d\d ", " ("),  # git blame
    # Doc comments: @author, Author: in the head of a file, __author__ = "..."
    _cue("", rf"@(?:author|reviewer)s?[ \t:]+(?P<v>{_NAME})", "@author|@reviewer"),
    _cue(
        "author authors maintainer maintainers by",
        r"(?i:authors?|maintainers?|written by|created by)(?![A-Za-z])"
        rf":?_{{0,2}}[ \t]*[:=]?[ \t]*[\"'(\[]*(?P<v>{_FULL})",
    ),
    _cue(
        "todo fixme xxx hack note",
        rf"\b(?:TODO|FIXME|XXX|HACK|NOTE)\(@?(?P<v>{_LOGIN})\)",
        "todo(|fixme(|xxx(|hack(|note(",
        login=True,
    ),
    # People of themselves
    _cue("name", rf"(?i:\bname(?: is|['\u2019]s))[ \t]+(?P<v>{_NAME})"),
    _cue("my", rf"(?i:\bmy name(?: is|['\u2019]s))[ \t]+(?P<v>{_SMALL}(?: {_SMALL})?){_HERE}", "my name"),
    _cue("", rf"\b(?:I['\u2019]m|I am|(?i:this is))[ \t]+(?P<v>{_FULL}){_HERE}", "i'm |i\u2019m |i am |this is "),
    # Letters and chat: greetings, thanks, signatures, titles, who says what and when
    _cue(
        "dear hi hello hey morning afternoon moin hallo hola bonjour liebe lieber",
        rf"\b{_GREET}[ \t]+(?:{_TITLE}[ \t]+)?@?(?P<v>{_NAME}){_AFTER}",
    ),
    _cue("thanks thank thx cheers ping", rf"{_THANK},?[ \t]+@?(?P<v>{_NAME})(?:{_AFTER}|(?=[ \t]+for\b))"),
    _cue(
        "regards thanks thank cheers best sincerely wishes yours gr\u00fc\u00dfe greetings saludos cordialement",
        rf"{_CLOSE},?!?{_NEXT}(?P<v>{_NAME})[ \t]*(?=\r?$|\\n|\Z)",
    ),
    _cue("mr mrs ms dr prof herr frau", rf"\b{_TITLE}[ \t]+(?P<v>{_NAME})", score=0.8),
    _cue("", rf"^\[?{_CLOCK}\]?[ \t]+<?@?(?P<v>{_NAME})>?[ \t]*:(?!\S)", ":", score=0.8),
    _cue("am pm today", rf"^(?P<v>{_FULL})[ \t]+(?:\[?{_CLOCK}\]?|Today at {_CLOCK})[ \t]*$", score=0.8),
    # Prose, where a full name stands beside a word that only goes with people, or an address
    _cue(
        "call ask ping contact tell talk talked talks talking spoke speak email meet met thank",
        rf"{_TO_PERSON}[ \t]+(?P<v>{_FULL})",
        score=0.7,
    ),
    _cue(
        "said says asked asks wrote writes told thinks agreed mentioned signed approved reported suggested confirmed",
        rf"(?P<v>{_FULL})[ \t]+{_PERSON_DOES}",
        score=0.7,
    ),
    _cue(
        "talk call send ask check review meet join write look take own confirm follow",
        rf"(?P<v>{_FULL})[ \t]+{_PERSON_WILL}",
        " will | to | can | should ",
        score=0.7,
    ),
    _cue("", rf"(?P<v>{_FULL})[ \t]*[(,;:][ \t]*[\w.+\-]+@[\w\-]+\.", "@"),
    # Mail headers, forms, and any display name in front of an address
    _cue("", rf"(?P<v>{_NAME})[\"']?[ \t]*<[^<>\s@]+@[^<>\s@]+>", "@", score=0.9),
    _cue(
        "from to cc bcc sender attendees participants assigned assignee reporter reviewer reviewers owner name patient "
        "employee customer client contact candidate applicant student tenant manager approver "
        "interviewer prepared submitted",
        rf"^[ \t>*\-]*{_HEADER}[*]*:[*]*[ \t]+(?P<v>{_FULL})",
        ": |:\t|:*",
    ),
    # Handles: "cc @jdoe", "Reviewers: @jdoe, @asmith"
    _cue(
        "cc ping reviewer reviewers assignee assignees assigned approved reviewed thanks thx review owner owners by",
        r"(?i:\b(?:cc|ping|reviewers?|assignees?|assigned to|(?:approv|review)ed by|thanks|thx|review from|owners?)\b)"
        rf"[:,]?[ \t]+(?P<v>@{_LOGIN}(?:,?[ \t]+(?:and[ \t]+)?@{_LOGIN}){{0,8}})(?![\w/])",
        "@",
        login=True,
        score=0.8,
    ),
    # Fields of data and code; logins only in fields of logins
    _cue(
        _FIELD_WORDS,
        rf"(?i:(?<![A-Za-z]){_FIELDS}){_IS}(?P<v>{_NAME})\\?[\"']",
    ),
    _cue(
        "username user login loginname assignee reporter reviewer author owner uid name",
        rf"(?i:(?<![A-Za-z]){_LOGIN_FIELDS}){_IS}(?P<v>{_LOGIN})\\?[\"']",
        login=True,
        score=0.7,
    ),
    # Home folders: Linux, macOS, Windows (with any escaping of the slash, and percent-encoded), shares; remote logins
    _cue(
        "home homes users",
        rf"(?i:/home\d?|/homes|/Users)\\{{0,4}}/(?:(?i:users|staff|students|people)\\{{0,4}}/)?(?P<v>{_LOGIN})(?![A-Za-z0-9._\-])",
        login=True,
        score=0.95,
    ),
    _cue("users settings", rf"(?i:/Users|/Documents and Settings)/(?P<v>{_WORD}(?: {_WORD}){{1,3}})(?=/)", score=0.95),
    _cue(
        "users settings",
        rf"(?i:\b(?:Users|Documents and Settings))\\{{1,4}}(?P<v>{_FOLDERS})",
        "\\",
        login=True,
        score=0.95,
    ),
    _cue(
        "home homes profiles users userdata",
        r"\\{2,8}(?:[\w.$\-]{1,60}\\{1,4}){1,3}(?i:users|homes?|profiles|userdata)\$?\\{1,4}"
        rf"(?P<v>{_FOLDERS})",
        "\\\\",
        login=True,
        score=0.95,
    ),
    # Claude Code's folder of a project: its path with dashes, where nobody sees the end of the login
    _cue(
        "home users",
        r"(?:(?<=[/\\\"'`])-home|(?<![A-Za-z0-9_\-])(?:-(?:mnt-[a-z]-)?|[A-Za-z]--)Users)-"
        r"(?!(?i:runner|ubuntu|user|node|vscode|coder|app|dev|shared|public)-)(?P<v>[A-Za-z0-9][A-Za-z0-9_.]*(?:-+[A-Za-z0-9_.]+){0,20})",
        "-home-|-users-",
        login=True,
        score=0.95,
    ),
    _cue("", rf"(?<![\w/.~\-])~(?P<v>{_LOGIN})(?=/)", "~", login=True, score=0.95),
    _cue(
        "mail cron media",
        rf"/(?:var/(?:spool/)?mail|var/spool/cron(?:/crontabs)?|run/media)/(?P<v>{_LOGIN})(?![A-Za-z0-9._\-])",
        login=True,
        score=0.95,
    ),
    _cue(
        "",
        rf"(?i:Users%5C|home%2F|Users%2F)(?P<v>{_LOGIN}?)(?=%|[^A-Za-z0-9._\-]|$)",
        "users%5c|home%2f|users%2f",
        login=True,
        score=0.95,
    ),
    _cue("", rf"{_AS_USER}(?P<v>{_LOGIN})", "sql|pg_|sudo|su |mongo", login=True),
    _cue("", rf"^(?P<v>{_LOGIN})(?=@[\w.\-]+:[~/])", "@", login=True),  # a shell's prompt
    _cue("ssh scp rsync", rf"\b(?:ssh|scp|rsync)\b[^\n@]{{0,80}}?[ \t](?P<v>{_LOGIN})(?=@[\w.\-]+)", "@", login=True),
)
_CUES = dict(zip(SHARED.add(*(cue.expression for cue in CUES)), CUES, strict=True))
_HANDLE = re.compile(rf"@(?P<v>{_LOGIN})")
_NO_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}


def people(text: str) -> list[Found]:
    """Names and logins in the places that announce them, as `PERSON`, in no order; the same place may come twice."""
    live = _CUES.keys() & SHARED.live(text)
    if not live:
        return []
    folded = text.lower()
    words = set(folded.translate(_NO_LETTERS).split())
    found: list[Found] = []
    for number in sorted(live):
        cue = _CUES[number]
        if cue.words and cue.words.isdisjoint(words):
            continue
        if cue.parts and not any(part in folded for part in cue.parts):
            continue
        for match in cue.expression.finditer(text):
            first = match.start("v")
            pieces = _HANDLE.finditer(text, first, match.end("v")) if text[first] == "@" else (match,)
            for piece in pieces:
                if not cue.login and text[max(0, first - 4) : first].lower() == "the ":  # a paper, a ministry
                    continue
                # Of two sentences the name is in the one with the cue.
                follows = piece.start("v") > match.start()
                start, end = _trim(piece["v"], piece.start("v"), login=cue.login, whole=follows)
                if end > start:
                    found.append(Found(start, end, PERSON, cue.score))
    return found


def _trim(value: str, start: int, *, login: bool, whole: bool) -> tuple[int, int]:
    """The name in `value`, which starts at `start`; an empty range if there is none.

    With `whole` it may go on behind the end of a sentence; without, it begins there.
    """
    bare = value.rstrip(" \t.,;:'\"")
    if login:
        bare = bare.rstrip("._-")
        return (start, start) if bare.lower() in _MACHINES or len(bare) < 2 else (start, start + len(bare))  # noqa: PLR2004
    bare = bare.removesuffix("'s").removesuffix("\u2019s")
    words = bare.split()
    for i in range(len(words) - 2, -1, -1):
        if _stands_before(words[i]) or (not whole and _ends_sentence(words[i])):
            rest = bare.split(None, i + 1)[-1]
            start += len(bare) - len(rest)
            bare, words = rest, words[i + 1 :]
            break
    if any(word.strip(".,").lower() in _GROUPS for word in words):
        return start, start
    while words and words[0].strip(".,").lower() in _NO_NAMES:  # "Hi Team", "Thanks All", "Dear Sir"
        rest = bare[len(words[0]) :].lstrip()
        start += len(bare) - len(rest)
        bare, words = rest, words[1:]
    while words and words[-1].strip(".,").lower() in _NO_NAMES:
        bare, words = bare[: len(bare) - len(words[-1])].rstrip(), words[:-1]
    return (start, start + len(bare)) if len(bare) > 1 else (start, start)


def _stands_before(word: str) -> bool:
    """Whether a name begins behind this word: an office, a possessive."""
    return word.endswith(("'s", "\u2019s")) or word.strip(".,").lower() in _OFFICES


def _ends_sentence(word: str) -> bool:
    return word[-1] == "." and len(word) >= _SENTENCE and word.count(".") == 1
