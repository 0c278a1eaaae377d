"""The live view as somebody sees it: a real process on a real terminal."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from support.terminal import Terminal

from redline.meter import Metering
from redline.settings import Settings
from schemas import metrics
from schemas.records import Partition
from schemas.verdict import Failure, Severity
from sinks import halts
from sinks.batch import Range

if TYPE_CHECKING:
    from pathlib import Path

_COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-9][0-9;]*m")
_ALTERNATE, _BACK = b"\x1b[?1049h", b"\x1b[?1049l"


def halted(folder: Path) -> Settings:
    failure = Failure("no_personal_data_left\x1b]0;x\x07", "leaks", Severity.CRITICAL)
    halts.record(folder, "pairs", (failure,), {Partition("redline.pairs", 0): Range(0, 5)})
    return Settings(data=str(folder))


def test_what_is_wrong_comes_first_the_window_may_change_and_ctrl_c_leaves_it_clean(tmp_path: Path) -> None:
    settings = halted(tmp_path)
    with (
        Metering(settings, process="worker-1") as metering,
        Terminal("status", "--watch", "--every", "0.3", "--data", str(tmp_path)) as terminal,
    ):
        metering.meter.count(metrics.STAGE_REJECTS, 7, stage="scrub", reason="no_consent")
        terminal.until("no_consent 7")
        assert terminal.raw.startswith(_ALTERNATE) or _ALTERNATE in terminal.raw
        assert _COLOUR.search(terminal.raw)
        assert b"\x1b]0;x" not in terminal.raw
        shown = terminal.lines()
        assert shown[1].startswith("HALTED pairs since")
        assert len(shown) <= 24
        assert all(len(line) <= 80 for line in shown)
        terminal.resize(50, 6)
        terminal.fits(50, 6, "HALTED pairs")
        assert terminal.interrupt() == 0
        assert _BACK in terminal.raw
        assert b"Traceback" not in terminal.raw


def test_it_has_no_colour_where_none_is_wanted(tmp_path: Path) -> None:
    halted(tmp_path)
    with Terminal("status", "--watch", "--every", "0.3", "--data", str(tmp_path), NO_COLOR="1") as terminal:
        terminal.until("HALTED pairs")
        assert terminal.interrupt() == 0
        assert not _COLOUR.search(terminal.raw)


def test_where_there_is_no_terminal_it_is_a_line_for_each_look(tmp_path: Path) -> None:
    halted(tmp_path)
    for more, wanted in (((), "HALTED pairs"), (("--json",), '"halted":[{"table":"pairs"')):
        command = [sys.executable, "-m", "redline", "status", "--watch", "--every", "0.3", "--data", str(tmp_path)]
        with subprocess.Popen([*command, *more], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(2)]
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read().splitlines()
        assert process.returncode == 0
        assert all(wanted in line for line in [*lines, *rest])
        assert not any("\x1b" in line for line in lines)
        assert not more or all(json.loads(line)["stages"] == [] for line in lines)
