from __future__ import annotations

from pathlib import Path

import pytest

from redline.settings import Settings, as_env, load, no_settings, shown
from schemas.errors import SettingsError
from streams.consent import ConsentMode

SECRET = "hooks/T0/B0/XYZZY"  # noqa: S105 - made up


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "redline.toml"
    path.write_text('data = "from-file"\n[kafka]\npartitions = 8\nbootstrap = "file:1"\n[consent]\nmode = "opt-out"\n')
    return path


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(file: Path) -> None:
    environ = {"REDLINE_KAFKA_BOOTSTRAP": "env:1", "REDLINE_DATA": "from-env"}
    found = load(file, environ, {"data": "from-flag", "kafka.bootstrap": None})
    assert (found.data, found.kafka.bootstrap, found.kafka.partitions) == ("from-flag", "env:1", 8)
    assert (found.consent.mode, found.sink.rows) == (ConsentMode.OPT_OUT, Settings().sink.rows)


def test_without_any_of_them_the_defaults_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}, {}) == Settings()


def test_the_file_of_the_working_folder_is_read_without_being_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert load(None, {}, {}).data == "from-file"


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load(tmp_path / "other.toml", {}, {})


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f'[alerts]\nwebhok = "{SECRET}"', r"\$\.alerts"),
        (f'[kafka]\npartitions = "{SECRET}"', r"\$\.kafka\.partitions"),
        (f'[kafka.config]\n"sasl.password" = ["{SECRET}"]', r"\$\.kafka\.config"),
        (f'[consent]\nmode = "{SECRET}"', r"\$\.consent\.mode"),
        (f'kafka = "{SECRET}"', r"\$\.kafka"),
        ("[kafka]\npartitions = 0", r"\$\.kafka\.partitions: Expected `int` >= 1"),
        ("[join]\nwindow_hours = inf", r"\$\.join\.window_hours"),
        ("[join]\ngrace_s = nan", r"\$\.join\.grace_s"),
        (f'[alerts]\nwebhook = "{SECRET}', "readable TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_by_place_and_never_by_value(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "redline.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=where) as caught:
        load(path, {"REDLINE_KAFKA_HOME": "/k"}, {})
    assert "XYZZY" not in str(caught.value)
    assert "XYZZY" not in repr(caught.value.__cause__)


def test_a_wrong_value_of_the_environment_is_told_by_place_and_never_by_value() -> None:
    for name in ("REDLINE_SINK_ROWS", "REDLINE_KAFKA_CONFIG", "REDLINE_CONSENT_MODE", "REDLINE_WORKER_TICKS"):
        with pytest.raises(SettingsError) as caught:
            load(None, {name: SECRET}, {})
        assert "XYZZY" not in str(caught.value)
        assert name.removeprefix("REDLINE_").lower().replace("_", ".", 1) in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "redline.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="UnicodeDecodeError"):
        load(path, {}, {})
    with pytest.raises(SettingsError, match="IsADirectoryError"):
        load(tmp_path, {}, {})


def test_secrets_are_hidden_where_settings_are_shown() -> None:
    settings = load(None, {"REDLINE_ALERTS_WEBHOOK": SECRET, "REDLINE_KAFKA_CONFIG": '{"sasl.password":"XYZZY"}'}, {})
    lines = dict(shown(settings))
    assert settings.kafka.config == {"sasl.password": "XYZZY"}
    assert (lines["alerts.webhook"], lines["kafka.config"]) == ("(hidden)", "(hidden)")
    assert "XYZZY" not in str(lines)
    assert dict(shown(Settings()))["alerts.webhook"] == '""'


def test_settings_survive_the_way_to_a_child_process(file: Path) -> None:
    environ = {"REDLINE_KAFKA_CONFIG": '{"a":"b"}', "REDLINE_WORKER_TICKS": "false", "REDLINE_JOIN_GRACE_S": "0.5"}
    settings = load(file, environ, {})
    assert load(Path("/dev/null"), as_env(settings), {}) == settings


def test_variables_that_read_like_settings_and_are_none_are_found() -> None:
    environ = {
        "REDLINE_KAFKA_BOOTSTRAPS": "x",
        "REDLINE_KAFKA_BOOTSTRAP": "x",
        "REDLINE_CACHE": "x",
        "REDLINE_DATA": "x",
    }
    assert no_settings(environ) == ["REDLINE_KAFKA_BOOTSTRAPS"]
