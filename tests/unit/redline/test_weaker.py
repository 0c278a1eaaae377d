from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from redline import fleet, weaker
from redline.cli import main
from redline.settings import Settings, as_env, load
from schemas.errors import SettingsError
from sinks import audit_table

WEAK: dict[str, Any] = {
    "consent.mode": "opt-out",
    "privacy.k": 9,
    "privacy.columns": "full",
    "scrub.threshold": 0.6,
    "keys.overlap_hours": 49.5,
}


def given(accept: str | None = None, **flags: Any) -> Settings:
    return load(Path("/dev/null"), {}, {"privacy.accept_weaker": accept} | flags)


def test_the_defaults_weaken_nothing() -> None:
    assert weaker.found(Settings()) == []
    assert (
        weaker.require_accepted(
            given(**{"privacy.k": 11, "privacy.columns": "coarse", "scrub.threshold": 0.4, "keys.overlap_hours": 1})
        )
        == []
    )


@pytest.mark.parametrize("name", WEAK)
def test_what_is_weaker_than_a_default_needs_its_name_said(name: str, tmp_path: Path) -> None:
    settings = given(**{name: WEAK[name], "data": str(tmp_path)})
    [one] = weaker.found(settings)
    assert (one.name, one.value) == (name, str(WEAK[name]))
    for accept in ("", "privacy.k" if name != "privacy.k" else "consent.mode"):
        with pytest.raises(SettingsError, match=f"--accept-weaker {name}"):
            weaker.begin(given(accept, **{name: WEAK[name], "data": str(tmp_path)}))
    assert list(tmp_path.iterdir()) == []
    weaker.begin(given(f" {name} ,", **{name: WEAK[name], "data": str(tmp_path)}))
    [entry] = audit_table.entries(tmp_path)
    assert (entry.action, json.loads(entry.details)) == ("settings.weaker", {name: str(WEAK[name])})


def test_every_start_of_a_run_is_recorded_and_one_by_the_promises_is_not(tmp_path: Path) -> None:
    weaker.begin(given(data=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []
    for _ in range(2):
        weaker.begin(given(",".join(WEAK), data=str(tmp_path), **WEAK))
    assert [set(json.loads(entry.details)) for entry in audit_table.entries(tmp_path)] == [set(WEAK)] * 2


def test_a_name_that_weakens_nothing_is_a_typing_error() -> None:
    with pytest.raises(SettingsError, match=r"privacy\.accept_weaker") as caught:
        weaker.require_accepted(given("consent.mood"))
    assert "mood" not in str(caught.value)


def test_what_was_accepted_reaches_the_processes_of_a_run() -> None:
    settings = given("consent.mode,privacy.k", **{"consent.mode": "opt-out", "privacy.k": 2})
    assert weaker.require_accepted(load(Path("/dev/null"), as_env(settings), {})) == weaker.found(settings)
    invented = weaker.accepting_all(given(**WEAK))
    assert [one.name for one in weaker.require_accepted(invented)] == list(WEAK)


@pytest.mark.parametrize("command", [("run", "/dev/null", "--out", "x"), ("up",), ("worker",)])
def test_commands_that_read_people_refuse_before_anything_starts(
    tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDLINE_CONSENT_MODE", "opt-out")
    done = CliRunner().invoke(main, list(command))
    assert done.exit_code == 2
    assert "--accept-weaker consent.mode" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_opt_out_that_is_typed_accepts_itself_and_nothing_else() -> None:
    typed = weaker.said(given(**{"consent.mode": "opt-out", "privacy.k": 2}), "opt-out")
    assert typed.privacy.accepted == ("consent.mode",)
    with pytest.raises(SettingsError, match=r"privacy\.k"):
        weaker.require_accepted(typed)
    assert weaker.said(given(**{"consent.mode": "opt-out"}), None).privacy.accepted == ()


def test_processes_of_a_run_do_not_record_its_start_again(tmp_path: Path) -> None:
    started = fleet.specs(given(data=str(tmp_path)), live=True)
    assert [fleet.belongs(spec.env) for spec in started] == [True] * len(started)
    assert not fleet.belongs(os.environ)


def test_small_cells_are_not_disclosed_unless_that_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDLINE_PRIVACY_K", "9")
    done = CliRunner().invoke(main, ["disclose", "--data", "x"])
    assert (done.exit_code, "--accept-weaker privacy.k" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
    done = CliRunner().invoke(main, ["disclose", "--data", "x", "--accept-weaker", "privacy.k"])
    assert done.exit_code == 0
    assert [entry.action for entry in audit_table.entries(tmp_path / "x")] == ["settings.weaker"]


def test_settings_and_doctor_tell_what_is_weaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDLINE_PRIVACY_K", "3")
    said = CliRunner().invoke(main, ["settings"]).stdout
    marked = [line for line in said.splitlines() if "WEAKER" in line]
    assert [line.split(" = ")[0] for line in marked] == ["privacy.k"]
    said = CliRunner().invoke(main, ["doctor"]).stdout
    assert any(line.startswith("MISSING") and "privacy.k" in line for line in said.splitlines())
    monkeypatch.setenv("REDLINE_PRIVACY_ACCEPT_WEAKER", "privacy.k")
    said = CliRunner().invoke(main, ["doctor"]).stdout
    assert any(line.startswith("ok") and "accepted" in line and "privacy.k" in line for line in said.splitlines())
