"""The life of one alert, as a table of stories and as rules that hold for every story."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.alert import Alert, Event, weight
from quality.alerting import life
from quality.alerting.life import Entry, Policy, State
from schemas.verdict import Severity

POLICY = Policy(window_s=300, stale_s=1800, repeat_s=14_400)
ALERT = Alert("volume", "pairs", Severity.WARNING, "as many rows", "redline quality show", since=5.0)
ENDS = {Event.RESOLVED, Event.UNSEEN}


def step(entry: Entry | None, word: str, now: float, *, silenced: bool = False) -> life.Step:
    """One step of a story. A severity raises; the others are what they say."""
    if word in set(Severity):
        return life.raised(entry, replace(ALERT, severity=Severity(word)), 1, now, POLICY, silenced=silenced)
    assert entry is not None
    match word:
        case "clear":
            return life.cleared(entry, now, POLICY)
        case "ack":
            return life.acknowledged(entry)
        case "resolve":
            return life.ended(entry, now)
        case _:
            return life.passed(entry, now, POLICY, silenced=silenced)


STORIES = {
    "fires once, however often it is raised": ("0 warning, 1 warning, 2 warning", "fired - -"),
    "gets worse, and better without a word": ("0 warning, 1 critical, 2 warning, 3 critical", "fired worse - -"),
    "is over once it stayed so for the window": ("0 error, 10 clear, 309 pass, 310 pass", "fired - - resolved"),
    "comes back within the window": ("0 error, 10 clear, 200 error, 400 pass", "fired - - -"),
    "fires anew after its end": ("0 error, 10 clear, 310 pass, 311 error", "fired - resolved fired"),
    "is not seen any more": ("0 error, 1799 pass, 1800 pass", "fired - unseen"),
    "is raised again after nobody looked for long": ("0 error, 9000 error", "fired again"),
    "is said again": ("0 error, 1500 error, 14399 resolve", "fired - resolved"),
    "in hand is not said again, unless worse": ("0 error, 1 ack, 2 error, 3 critical", "fired acknowledged - worse"),
    "is acknowledged once": ("0 error, 1 ack, 2 ack", "fired acknowledged -"),
    "is over by hand at once": ("0 error, 1 resolve, 2 resolve, 3 clear", "fired resolved - -"),
    "a clock set back by a day": ("90000 error, 10 pass, 11 error, 1811 pass", "fired - - unseen"),
    "a clock set back while it ends": ("90000 error, 90010 clear, 10 pass, 310 pass", "fired - - resolved"),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_story(story: str) -> None:
    steps, events = STORIES[story]
    entry: Entry | None = None
    told = []
    for part in steps.split(", "):
        at, word = part.split()
        entry, event = step(entry, word, float(at))
        told.append(event.value if event else "-")
    assert told == events.split()


def test_what_still_fires_is_said_again_once_in_the_span() -> None:
    entry, told = None, []
    for now in range(0, 86_400, 600):
        entry, event = step(entry, "error", now)
        told += [event]
        entry, event = step(entry, "pass", now)
        told += [event]
    assert [event for event in told if event] == [Event.FIRED, *[Event.AGAIN] * 5]


def test_what_is_silenced_is_told_when_the_silence_ends_and_its_end_only_to_who_knew() -> None:
    entry, event = step(None, "error", 0, silenced=True)
    assert event is None
    _, event = step(entry, "resolve", 1)
    assert event is None
    entry, event = step(entry, "critical", 1, silenced=True)
    assert event is None
    entry, event = step(entry, "pass", 2)
    assert event is Event.FIRED
    entry, event = step(entry, "clear", 3)
    _, event = step(entry, "pass", 400, silenced=True)
    assert event is Event.RESOLVED


WORDS = st.sampled_from([*map(str, Severity), "clear", "ack", "pass", "pass", "resolve"])


@given(st.lists(st.tuples(WORDS, st.sampled_from([0, 1, 200, 400, 1900, 15_000, -5_000]), st.booleans()), max_size=40))
def test_no_story_tells_of_an_end_before_a_beginning_or_of_two_beginnings(
    story: list[tuple[str, float, bool]],
) -> None:
    entry: Entry | None = None
    now, known, worst, said = 50_000.0, False, -1, 0.0
    for word, passed, silenced in story:
        now += passed
        if entry is None and word not in set(Severity):
            continue
        entry, event = step(entry, word, now, silenced=silenced)
        assert entry.open is (entry.ended is None)
        assert not entry.open or word == "ack" or max(entry.since, entry.seen) <= now
        if silenced:
            assert event in {None, *ENDS, Event.ACKNOWLEDGED}
        if event is Event.FIRED:
            assert not known
            known, worst, said = True, weight(entry.alert.severity), now
        elif event is Event.WORSE:
            assert known
            assert weight(entry.alert.severity) > worst
            worst, said = weight(entry.alert.severity), now
        elif event is Event.AGAIN:
            assert known
            assert now - said >= POLICY.stale_s or now < said
            said = now
        elif event in ENDS:
            assert known
            known, worst = False, -1
        if entry.state is State.RESOLVED:
            known, worst = False, -1
        said = min(said, now)
