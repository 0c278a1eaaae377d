from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from redline.capture import append, install
from redline.capture.spool import config
from redline.cli import main
from schemas.errors import InputError

FOLDER = Path("/home/me/my spool")
THEIRS = {
    "model": "opus",
    "hooks": {
        "PostToolUse": [{"matcher": "Edit", "hooks": [{"type": "command", "command": "prettier --write"}]}],
        "Stop": [{"hooks": [{"type": "command", "command": "say done"}]}],
        "Notification": [],
    },
    "permissions": {"allow": ["Bash(ls:*)"]},
}


def test_hooks_are_added_once_and_what_was_there_stays() -> None:
    old = json.dumps(THEIRS, indent=4)
    new = install.claude_code(old, FOLDER)
    assert install.claude_code(new, FOLDER) == new
    tree = json.loads(new)
    assert list(tree) == list(THEIRS)
    assert "\n    " in new
    for event in install.EVENTS:
        ours = [h for g in tree["hooks"][event] for h in g["hooks"] if append.__file__ in h["command"]]
        assert len(ours) == 1
        assert ("--ship" in ours[0]["command"]) == (event in {"Stop", "SessionEnd"})
    for event, groups in THEIRS["hooks"].items():  # type: ignore[attr-defined]
        assert tree["hooks"][event][: len(groups)] == groups


@pytest.mark.parametrize("old", ["", "{}\n", json.dumps(THEIRS, indent=2) + "\n"])
def test_removing_gives_back_what_was_there(old: str) -> None:
    assert json.loads(install.claude_code(install.claude_code(old, FOLDER), FOLDER, remove=True) or "{}") == json.loads(
        old or "{}"
    )


@pytest.mark.parametrize("old", ["[]", "{", '{"hooks": []}', '{"hooks": {"Stop": {}}}', "// note\n{}"])
def test_settings_that_are_none_are_left_alone(old: str) -> None:
    with pytest.raises(InputError):
        install.claude_code(old, FOLDER)


def test_the_hook_command_that_is_written_works_in_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    subprocess.run(install.hook_command(folder), shell=True, input=b"{}", check=True)  # noqa: S602 - as the tool does
    assert [path.suffix for path in folder.iterdir()] == [append.SUFFIX]


@pytest.mark.parametrize("old", ["", "#!/bin/sh\necho hello\nexit 0\n", "#!/usr/bin/env bash\nset -e\n"])
def test_the_git_hook_keeps_what_is_there_and_goes_again(old: str) -> None:
    new = install.post_commit(old, FOLDER)
    assert install.post_commit(new, FOLDER) == new
    assert new.index("redline capture git") < new.find("exit 0") or "exit 0" not in old
    assert install.post_commit(new, FOLDER, remove=True) == old
    subprocess.run(["sh", "-n"], input=new.encode(), check=True)


def test_a_git_hook_that_is_no_shell_script_is_left_alone() -> None:
    with pytest.raises(InputError):
        install.post_commit("#!/usr/bin/env python3\nprint()\n", FOLDER)


def run(*arguments: str, answer: str = "") -> str:
    result = CliRunner().invoke(main, ["capture", *arguments], input=answer)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_install_shows_the_change_and_asks_first(tmp_path: Path) -> None:
    file, folder = tmp_path / "settings.json", tmp_path / "spool"
    file.write_text(json.dumps(THEIRS, indent=2))
    file.chmod(0o644)
    common = ["claude-code", "--folder", str(folder), "--settings", str(file)]
    shown = run("install", *common, "--subject", "anna", "--gateway", "http://127.0.0.1:9", answer="n\n")
    assert "+" in shown
    assert "append.py" in shown
    assert json.loads(file.read_text()) == THEIRS
    assert not (folder / append.CONFIG).exists()
    run("install", *common, "--subject", "anna", "--gateway", "http://127.0.0.1:9", "--yes")
    assert append.__file__ in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o644
    assert config(folder).subject == "anna"
    run("install", *common, "--yes")
    assert config(folder).subject == "anna"
    run("remove", *common, "--yes")
    assert json.loads(file.read_text()) == THEIRS


def test_install_git_respects_hooks_path_and_a_linked_file(tmp_path: Path) -> None:
    repository, elsewhere = tmp_path / "repo", tmp_path / "hooks"
    elsewhere.mkdir()
    environment = {**os.environ, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", str(repository)], check=True, env=environment)
    subprocess.run(["git", "-C", str(repository), "config", "core.hooksPath", str(elsewhere)], check=True)
    target = tmp_path / "real-hook"
    target.write_text("#!/bin/sh\necho mine\n")
    (elsewhere / "post-commit").symlink_to(target)
    run("install", "git", "--folder", str(tmp_path / "spool"), "--repository", str(repository), "--yes")
    assert (elsewhere / "post-commit").is_symlink()
    assert "redline capture git" in target.read_text()
    assert target.stat().st_mode & 0o111
    run("remove", "git", "--folder", str(tmp_path / "spool"), "--repository", str(repository), "--yes")
    assert target.read_text() == "#!/bin/sh\necho mine\n"
