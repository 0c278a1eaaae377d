"""Mail addresses and URLs, whole."""

from __future__ import annotations

import pytest

from streams.privacy import addresses


def values(text: str, kind: str) -> list[str]:
    return [text[one.start : one.end] for one in addresses.find(text) if one.entity == kind]


@pytest.mark.parametrize("mail", ["jane@corp.com", "j.o'neil+x@mail.corp.internal", "a_b-c@x.co.uk", "jane%40corp.com"])
@pytest.mark.parametrize("around", ["{}", "'{}'", '"{}"', "<{}>", "to={}&x", "mailto:{}", "({}).", "{}, {}", "`{}`"])
def test_a_mail_address_is_found_without_what_is_around_it(mail: str, around: str) -> None:
    assert set(values(around.format(mail, mail), "EMAIL_ADDRESS")) == {mail}


@pytest.mark.parametrize(
    "text", ["logo@2x.png", "@app.route", "a@b.transpose(1)", "x@y", "pkg@1.2.3", "unit@1.service"]
)
def test_other_words_with_an_at_sign_are_none(text: str) -> None:
    assert values(text, "EMAIL_ADDRESS") == []


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("see https://a.corp.io/x?y=1.", "https://a.corp.io/x?y=1"),
        ("(https://a.corp.io/x_(y))", "https://a.corp.io/x_(y)"),
        ("go to www.corp.io!", "www.corp.io"),
        ("at Corp.COM/jobs now", "Corp.COM/jobs"),
    ],
)
def test_a_url_is_found_whole(text: str, url: str) -> None:
    assert values(text, "URL") == [url]


@pytest.mark.parametrize("text", ["self.name = os.path", "http://localhost:80/x", "main.py", "e.g. this.that"])
def test_names_in_code_are_no_urls(text: str) -> None:
    assert values(text, "URL") == []
