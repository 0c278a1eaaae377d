"""The guardian by itself, as any parent could use it; what it does for ours is in test_processes.py."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

GUARDIAN = [sys.executable, "-m", "redline.guardian"]
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def guarded(*argv: str, grace_s: float = 10.0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*GUARDIAN, f"--grace={grace_s}", "--", *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 5", 5), ("kill -9 $$", -9), ("kill -15 $$", -15)])
def test_it_ends_as_its_command_does(script: str, code: int) -> None:
    with guarded("sh", "-c", script) as guardian:
        assert guardian.wait(20) == code


def test_end_of_its_input_ends_the_command() -> None:
    with guarded("sleep", "60") as guardian:
        assert guardian.stdin is not None
        guardian.stdin.close()
        assert guardian.wait(20) == -signal.SIGTERM


def test_sigterm_to_it_ends_the_command() -> None:
    with guarded("sh", "-c", "echo up; exec sleep 60") as guardian:
        assert guardian.stdout is not None
        guardian.stdout.readline()
        guardian.terminate()
        assert guardian.wait(20) == -signal.SIGTERM


def test_the_shorter_of_two_graces_holds() -> None:
    with guarded(sys.executable, "-c", STUBBORN, grace_s=60) as guardian:
        assert guardian.stdin is not None
        assert guardian.stdout is not None
        guardian.stdout.readline()
        before = time.monotonic()
        guardian.stdin.write(b"stop 60\nstop 0.2\n")
        guardian.stdin.flush()
        assert guardian.wait(20) == -signal.SIGKILL
        assert time.monotonic() - before >= 0.2


def test_arguments_that_look_like_its_own_belong_to_the_command() -> None:
    with guarded("echo", "--grace", "--", "-x") as guardian:
        assert guardian.stdout is not None
        assert guardian.stdout.read() == b"--grace -- -x\n"


def test_without_a_parent_that_keeps_its_input_open_the_command_is_stopped() -> None:
    done = subprocess.run([*GUARDIAN, "--", "sleep", "60"], stdin=subprocess.DEVNULL, check=False, timeout=20)
    assert done.returncode == -signal.SIGTERM


def test_a_command_is_needed() -> None:
    done = subprocess.run([*GUARDIAN, "--"], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 2
    assert "a command after -- is needed" in done.stderr


def test_a_command_that_does_not_exist_is_127() -> None:
    with guarded("/no/such/program") as guardian:
        assert guardian.wait(20) == 127
