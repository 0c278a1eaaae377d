"""Cues find who is announced, and nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.privacy import cues


def found(text: str) -> set[str]:
    return {text[one.start : one.end] for one in cues.people(text)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Signed-off-by: Lena Okoro <lena@example.org>", {"Lena Okoro"}),
        ("Reviewed-by: lena o", {"lena o"}),
        ("Co-authored-by: octolena", {"octolena"}),
        ("Reviewed-by: @lokoro", {"lokoro"}),
        ("4f1a2b3c (Lena Okoro 2024-01-05 10:00:00 +0100 12) x = 1", {"Lena Okoro"}),
        (" * @author Lena Okoro", {"Lena Okoro"}),
        ('__author__ = "Lena Okoro"', {"Lena Okoro"}),
        ("# TODO(lokoro): drop it", {"lokoro"}),
        ("my name is lena okoro, and I file a bug", {"lena okoro"}),
        ("My name is Lena.", {"Lena"}),
        ("Hi, I'm Lena Okoro from support", {"Lena Okoro"}),
        ("Dear Dr. Okoro,", {"Okoro"}),
        ("Hello Lena!", {"Lena"}),
        ("Thanks Lena for the fix", {"Lena"}),
        ("Best regards,\nLena", {"Lena"}),
        ("Best regards,\\nLena", {"Lena"}),
        ("Frau van der Berg ist da", set()),
        ("Frau Okoro, bitte", {"Okoro"}),
        ("[10:32] Lena: merged", {"Lena"}),
        ("Lena Okoro  10:32 AM\nmerged", {"Lena Okoro"}),
        ("cc @lokoro, @jo-ann and @max", {"lokoro", "jo-ann", "max"}),
        ("Reviewers: @lokoro", {"lokoro"}),
        ("Patient name: Lena B. Okoro", {"Lena B. Okoro"}),
        ("From: Lena Okoro", {"Lena Okoro"}),
        ('"Lena Okoro" <x@example.org>', {"Lena Okoro"}),
        ('{"assignee": "lokoro"}', {"lokoro"}),
        ("cd /home/lokoro/src", {"lokoro"}),
        (r"open C:\Users\lokoro\x.txt", {"lokoro"}),
        (r"open C:\\Users\\lokoro\\x.txt", {"lokoro"}),
        ("file:///c%3A/Users%2Flokoro%2Fx", {"lokoro"}),
        (r"open C:\Users\Lena Okoro\x.txt or C:/Users/Lena Okoro/x", {"Lena Okoro", "Lena"}),
        (r"copy C:\Users\lokoro D:\x", {"lokoro"}),
        (r'{"cwd": "\/home\/lokoro\/src"}', {"lokoro"}),
        ("/mnt/c/Users/lokoro/x, file:///C:/Users/lokoro/x, /home2/users/lokoro/x", {"lokoro"}),
        (r"\\wsl$\Ubuntu\home\lokoro\x", {"lokoro"}),
        (r"\\fs01\homes$\lokoro\Desktop", {"lokoro"}),
        (r"\\\\corp\\share\\profiles\\lokoro\\x", {"lokoro"}),
        ("~/.claude/projects/-home-lokoro-work-billing/a.jsonl", {"lokoro-work-billing"}),
        ("ls projects/-mnt-c-Users-lokoro-src", {"lokoro-src"}),
        (r"dir projects\C--Users-lena-okoro-app", {"lena-okoro-app"}),
        ("cp x ~lokoro/public_html", {"lokoro"}),
        ("cat /var/spool/mail/lokoro /run/media/lokoro/usb", {"lokoro"}),
        ("ssh -p 22 lokoro@host", {"lokoro"}),
        ("Lena Okoro will review it", {"Lena Okoro"}),
        ("Lena Okoro said no", {"Lena Okoro"}),
        ("Finance Minister Lena Okoro said no", {"Lena Okoro"}),
        ("Ask BBC\u2019s Lena Okoro", {"Lena Okoro"}),
        ("he saw Kim. Lena Okoro said no", {"Lena Okoro"}),
        ("my name is Zo\u00eb M\u00fcller. Jane", {"Zo\u00eb M\u00fcller. Jane"}),  # too much rather than too little
        ("Mrs. Okoro's keys", {"Okoro"}),
    ],
)
def test_who_is_announced_is_found(text: str, names: set[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Hi team,",
        "Hi all, thanks everyone",
        "Thanks,\nEngineering Team",
        "Dear Hiring Manager,",
        "Author: The Apache Software Foundation",
        "Regards,\nCustomer Support",
        "npm i @angular/core by @scope/name",
        "10:32:05 ERROR: no such file",
        "my name is on the list",
        "/home/ubuntu/app /home/runner/work /Users/Shared/x",
        "projects/-home-runner-work-app, C--Users-Public-x, my-home-office-setup, a --home-dir flag",
        r"\\server\share\x, d:\home\site\wwwroot, HEAD~main/x, ~/src, a~b/c",
        "TODO(user): later",
        "def author(self): return self.name",
        "Thanks again",
        "the Lower Valley said no",
        "Amnesty International says no",
    ],
)
def test_what_names_nobody_is_left_alone(text: str) -> None:
    assert found(text) == set()


@given(st.text(max_size=200))
def test_findings_lie_in_the_text(text: str) -> None:
    for one in cues.people(text):
        assert 0 <= one.start < one.end <= len(text)
        assert text[one.start : one.end].strip() == text[one.start : one.end]


PIECES = (
    "from:",
    "author",
    "Hi",
    "Lena",
    "Dear",
    ",",
    "@lena",
    "name",
    "is",
    "'",
    '"',
    "/home/",
    "\\",
    "by:",
    "TODO(",
    "\n",
)


@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_pieces_of_cues_never_raise_and_never_leave_the_text(pieces: list[str]) -> None:
    text = " ".join(pieces)
    for one in cues.people(text):
        assert 0 <= one.start < one.end <= len(text)


def test_every_gate_lets_its_own_examples_through() -> None:
    assert all(cue.words or cue.parts for cue in cues.CUES)
    for cue in cues.CUES:
        assert all(word == word.lower() and word.isalpha() for word in cue.words)
        assert all(part == part.lower() for part in cue.parts)
