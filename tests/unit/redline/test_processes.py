from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]
import pytest

from redline.processes import Child, spawn
from schemas.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"

POLITE = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print('up', flush=True)
time.sleep(60)
"""

# A parent with one child of two generations, which tells both numbers and then waits.
PARENT = """
import sys, time
from pathlib import Path
from redline.processes import spawn
log = Path(sys.argv[1])
child = spawn([sys.executable, "-c", sys.argv[2]], name="part", log=log, grace_s=1.0)
print(child.pid, flush=True)
time.sleep(60)
"""
FAMILY = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
time.sleep(60)
"""


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)  # an orphan whose init does not reap
    except psutil.NoSuchProcess:
        return True


def python(code: str, log: Path, **more: float) -> Child:
    return spawn([sys.executable, "-c", code], name="part", log=log, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_its_exit_code_is_the_commands(tmp_path: Path, code: int) -> None:
    child = python(f"raise SystemExit({code})", tmp_path / "log")
    assert child.wait(20) == code
    assert child.poll() == code


def test_a_signal_is_told_as_its_negative_number(tmp_path: Path) -> None:
    child = spawn(["sleep", "60"], name="part", log=tmp_path / "log")
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(20) == -signal.SIGKILL


def test_pid_is_the_commands_own(tmp_path: Path) -> None:
    with spawn(["sleep", "60"], name="part", log=tmp_path / "log") as child:
        assert psutil.Process(child.pid).name() == "sleep"
        assert os.getpgid(child.pid) == child.pid


def test_what_it_prints_is_appended_to_the_log_that_only_we_can_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for word in ("first", "second"):
        assert python(f"import sys; print('{word}'); sys.stderr.write('err\\n')", log).wait(20) == 0
    assert sorted(log.read_text().split()) == ["err", "err", "first", "second"]
    assert log.stat().st_mode & 0o077 == 0


def test_env_is_added_to_ours(tmp_path: Path) -> None:
    child = spawn(
        [sys.executable, "-c", "import os; print(os.environ['MORE'], 'PATH' in os.environ)"],
        name="part",
        log=tmp_path / "log",
        env={"MORE": "more"},
    )
    child.wait(20)
    assert (tmp_path / "log").read_text() == "more True\n"


def test_terminate_lets_it_end_by_itself(tmp_path: Path) -> None:
    code = POLITE
    child = python(code, tmp_path / "log")
    until(lambda: (tmp_path / "log").read_text() == "up\n")
    assert child.terminate(20) == 7
    assert child.terminate(20) == 7


def test_terminate_kills_what_does_not_listen(tmp_path: Path) -> None:
    child = python(STUBBORN, tmp_path / "log")
    until(lambda: (tmp_path / "log").read_text() == "up\n")
    before = time.monotonic()
    assert child.terminate(0.3) == -signal.SIGKILL
    assert 0.3 <= time.monotonic() - before < 10


def test_kill_does_not_wait_for_the_grace(tmp_path: Path) -> None:
    child = python(STUBBORN, tmp_path / "log", grace_s=60)
    assert child.kill() == -signal.SIGKILL


def test_a_stopped_process_is_killed_too(tmp_path: Path) -> None:
    child = spawn(["sleep", "60"], name="part", log=tmp_path / "log")
    os.kill(child.pid, signal.SIGSTOP)
    until(lambda: bool(psutil.Process(child.pid).status() == psutil.STATUS_STOPPED))
    assert child.terminate(0.2) == -signal.SIGKILL


def test_what_a_command_leaves_behind_is_killed_with_it(tmp_path: Path) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"
    assert python(code, tmp_path / "log").wait(20) == 0
    left = int((tmp_path / "log").read_text())
    until(lambda: gone(left))


def test_kill_9_of_the_parent_leaves_nothing_even_of_children_that_ignore_sigterm(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(log), FAMILY], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        until(lambda: log.read_text().endswith("\n"))
        grandchild = int(log.read_text())
        family = {child, grandchild, psutil.Process(child).ppid()}
        parent.kill()
    for pid in family:
        until(lambda pid=pid: gone(pid))  # type: ignore[misc]


def test_a_forked_helper_of_the_parent_does_not_keep_its_children_alive(tmp_path: Path) -> None:
    # The helper holds a copy of the pipe that the guardian reads, so there is no end of file.
    parent_code = PARENT.replace(
        "print(child.pid", "import os\nhelper = os.fork() or time.sleep(60)\nprint(child.pid, helper"
    )
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", parent_code, str(log), "import time; time.sleep(60)"], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child, helper = map(int, parent.stdout.readline().split())
        parent.kill()
        try:
            until(lambda: gone(child))
        finally:
            os.kill(helper, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_kill_9_of_the_guardian_leaves_nothing(tmp_path: Path) -> None:
    child = python(STUBBORN, tmp_path / "log")
    os.kill(psutil.Process(child.pid).ppid(), signal.SIGKILL)
    assert child.wait(20) == -signal.SIGKILL
    until(lambda: gone(child.pid))


def test_ctrl_c_reaches_the_parent_only(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = POLITE
    waiting = PARENT.replace(
        "time.sleep(60)", "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print(child.terminate(10))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", waiting, str(log), code], stdout=subprocess.PIPE, text=True, process_group=0
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        until(lambda: log.read_text() == "up\n")
        os.killpg(parent.pid, signal.SIGINT)  # what a terminal does: to the whole foreground group
        assert parent.stdout.readline() == "7\n"
    assert log.read_text() == "up\n"  # no KeyboardInterrupt there


def test_a_parent_that_returns_without_stopping_leaves_nothing(tmp_path: Path) -> None:
    returning = PARENT.replace("time.sleep(60)", "")
    done = subprocess.run(
        [sys.executable, "-c", returning, str(tmp_path / "log"), "import time; time.sleep(60)"],
        capture_output=True,
        text=True,
        check=True,
    )
    until(lambda: gone(int(done.stdout)))


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match=r"part could not be started: /no/such/program gave FileNotFoundError"):
        spawn(["/no/such/program"], name="part", log=tmp_path / "log")


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    def once() -> None:
        spawn(["true"], name="part", log=tmp_path / "log").wait(20)
        with contextlib.suppress(ProcessError):
            spawn(["/no/such/program"], name="part", log=tmp_path / "log")

    once()
    before = psutil.Process().num_fds()
    for _ in range(3):
        once()
    assert psutil.Process().num_fds() == before
