from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from redline.overview import Firing, Halted, Overview, Process, Stage, Store
from redline.rates import Rates
from redline.screen import STALE_S, line, screen

_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


def drawn(overview: Overview, *, columns: int = 80, rates: Rates | None = None, waited_s: float = 0.0) -> list[str]:
    console = Console(file=io.StringIO(), width=columns, height=24, no_color=True, force_terminal=False)
    with console.capture() as said:
        console.print(screen(overview, rates or Rates(), waited_s=waited_s))
    return said.get().splitlines()


def busy(**more: object) -> Overview:
    return Overview(
        at=1_790_000_000.0,
        data="data",
        broker="127.0.0.1:9092",
        stages=tuple(Stage(s, f"redline.{s}", 123_456_789, 98_765_432) for s in ("scrub", "dedupe", "join", "session")),
        stores=tuple(Store(t, t, 10, 7) for t in ("interactions", "pairs", "trajectories", "rejects", "subjects")),
        **more,  # type: ignore[arg-type]
    )


def alert(severity: str, number: int = 0, **more: object) -> Firing:
    values = {
        "kind": f"kind_{number}", "table": "pairs", "subject": "", "severity": severity, "state": "firing",
        "since": 1_789_990_000.0, "times": 3, "command": "redline status", **more,
    }  # fmt: skip
    return Firing(**values)  # type: ignore[arg-type]


def test_a_busy_folder_fits_a_small_terminal_with_what_is_wrong_at_the_top() -> None:
    overview = busy(
        halted=(Halted("pairs", "2026-11-21T22:00:00+00:00", ("no_personal_data_left",)),),
        firing=tuple(alert("critical", n) for n in range(30)),
        owed={"mail": 3, "log": 0},
        processes=(Process("worker-1", STALE_S + 60, 0.0, 1), Process("sink-1", 1.0, 0.0, 250_000_000)),
    )
    shown = drawn(overview)
    assert shown[1].startswith("HALTED pairs since 2026-11-21T22:00:00")
    assert shown[2].startswith("STALE worker-1 last wrote 1 min ago")
    assert [text.split()[:2] for text in shown[3:7]] == [["CRITICAL", f"kind_{n}"] for n in range(4)]
    assert shown[7:9] == ["and 26 more alerts: redline alerts list", "notices that wait mail 3"]
    assert all(len(text) <= 80 for text in shown)
    assert any(text.split() == ["scrub", "redline.scrub", "0", "98,765,432", "0"] for text in shown)
    assert shown[-1] == "processes worker-1 STALE, sink-1 250 MB"


@pytest.mark.parametrize("columns", [20, 40, 60, 200])
def test_no_line_is_longer_than_the_window(columns: int) -> None:
    assert all(len(text) <= columns for text in drawn(busy(firing=(alert("error"),)), columns=columns))


@given(_TEXT, _TEXT, _TEXT)
def test_nothing_that_is_named_reaches_the_terminal_as_an_order_or_as_markup(one: str, other: str, third: str) -> None:
    overview = busy(
        halted=(Halted(one, other, (third,)),),
        firing=(alert(one, kind=other, table=third, subject=one, command=other),),
        owed={one: 1},
        unread=third,
        processes=(Process(other, 1.0, 0.0, 1),),
    )
    for text in (*drawn(overview), line(overview, Rates())):
        assert text.isprintable()
    assert any("[red]x[/red]" in text for text in drawn(busy(firing=(alert("error", subject="[red]x[/red]"),))))


def test_a_line_for_a_log_has_the_most_of_it() -> None:
    told = line(busy(halted=(Halted("pairs", "", ()),), firing=(alert("error"),)), Rates())
    for part in ("2026-09-21T", "scrub 0/s lag 98,765,432", "pairs 0/s lag 7", "alerts 1", "HALTED pairs"):
        assert part in told
    assert "no lags" in line(Overview(at=0.0, data="d", why="no broker"), Rates())


def test_it_says_when_nothing_new_was_seen_and_why_there_are_no_lags() -> None:
    assert drawn(busy(), waited_s=STALE_S + 40)[0].startswith("no answer for 60 s")
    shown = drawn(Overview(at=0.0, data="d", why="no broker is configured"))
    assert "no broker is configured" in shown[0]
    assert shown[-4:] == ["fates    none", "rejects  none", "gates    none", "processes none writes metrics"]
