from __future__ import annotations

import re

import pytest

from streams.privacy.versions import is_version

QUAD = re.compile(r"\d+\.\d+\.\d+\.\d+")


@pytest.mark.parametrize(
    "text",
    [
        "Version=4.0.0.0, Culture=neutral",
        'Version="12.0.3.1"',
        "version: 3.2.1.0",
        '"version": "3.2.1.0"',
        "Mozilla/5.0 Chrome/120.0.0.0 Safari",
        "requires >=10.4.2.1",
        "~> 3.2.1.0",
        "upgraded to 3.2.1.0",
        "v1.2.3.4",
        "app-1.2.3.4-SNAPSHOT.jar",
        "build 6.3.9600.17415",
    ],
)
def test_what_is_called_a_version_is_one(text: str) -> None:
    found = QUAD.search(text)
    assert found is not None
    assert is_version(text, *found.span())


@pytest.mark.parametrize(
    "text",
    [
        "ssh root@10.20.30.40",
        "https://10.20.30.40/x",
        "connect to 10.20.30.40",
        "host version 10.20.30.40",
        "/mnt/10.20.30.40",
        "10.20.30.40",
        "ping 10.20.30.40 -c 3",
        "10.20.30.40-10.20.30.50",
        "server: 10.20.30.40",
        "from 10.20.30.40 to 10.20.30.41",
        "10.20.30.40 - - [06/Oct/2025]",
        "10.20.30.40-50",
        "Router/10.20.30.40",
        "IPv4 10.20.30.40",
    ],
)
def test_an_address_stays_one(text: str) -> None:
    found = QUAD.search(text)
    assert found is not None
    assert not is_version(text, *found.span())
