"""Pages in a real browser: no error, nothing from outside, readable by everybody, on a phone, in the dark, on paper.

Needs Chromium (`apt-get install chromium`) and what `tests/browser/requirements.txt` names; without them it is skipped.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pytest
from support import figures
from support.folder import day

from redline.report import docs, pdf
from redline.report.page import html
from redline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser
playwright = pytest.importorskip(
    "playwright.sync_api", reason="no playwright: uv pip install -r tests/browser/requirements.txt"
)
FLAGS = ["--disable-dev-shm-usage", *pdf.flags()]
PHONE, WALL = 360, 1440
LOOKS = [(PHONE, "dark"), (WALL, "light")]
SLOW_MS = 120_000  # a loaded machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = pdf.browser()
    if program is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        live = driver.chromium.launch(executable_path=program, args=FLAGS, timeout=SLOW_MS)
        yield live
        live.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with its Data Docs."""
    data = tmp_path_factory.mktemp("served")
    day(1, 40).publish(data)
    docs.write(Settings(data=str(data)))
    return data


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """What `redline serve` prints."""
    command = [sys.executable, "-m", "redline", "serve", "--data", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()
        assert server.wait(60) == 0


class Seen:
    """A page in a browser, and what it did on the way."""

    def __init__(self, browser: Any, width: int, scheme: str) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.context.set_default_timeout(SLOW_MS)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def faults(self) -> list[str]:
        """What axe-core finds, folded tables unfolded."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        self.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
        found = self.page.evaluate("axe.run()")
        assert found["passes"]
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]

    def too_wide(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("full", PHONE, "dark"), ("full", WALL, "light"), ("nothing", PHONE, "light")]
)
def test_a_report_in_a_file(browser: Any, tmp_path: Path, name: str, width: int, scheme: str) -> None:
    path = tmp_path / "report.html"
    path.write_text(html(getattr(figures, name)()), "utf-8")
    with Seen(browser, width, scheme) as seen:
        seen.page.goto(path.as_uri())
        assert not seen.too_wide()
        assert seen.faults() == []
        assert seen.errors == []
        assert seen.requests == [path.as_uri()]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_that_is_served(browser: Any, address: str, width: int, scheme: str) -> None:
    with Seen(browser, width, scheme) as seen:
        seen.page.goto(address)
        assert "token" not in seen.page.url
        base = seen.page.url
        assert seen.page.locator("h1").inner_text().startswith("What the model wrote")
        for place in ("", "status", "docs/", "docs/pairs.html", "none"):
            answer = seen.page.goto(base + place)
            assert answer.status == (404 if place == "none" else 200)
            # The style sheet is let in by the policy, or the page would be Times on white.
            assert seen.page.evaluate("getComputedStyle(document.body).marginTop") == "0px"
            assert not seen.too_wide(), place
            assert seen.faults() == [], place
        here = urlsplit(base).netloc
        assert {urlsplit(url).netloc for url in seen.requests} == {here}
        assert [text for text in seen.errors if "404" not in text] == []


def test_without_its_token_a_page_of_another_name_sees_nothing(browser: Any, address: str) -> None:
    bare = address.partition("?")[0]
    with Seen(browser, WALL, "light") as seen:
        assert seen.page.goto(bare).status == 401
        seen.page.goto(address)
        assert seen.page.goto(bare).status == 200
        assert seen.page.goto(bare.replace("127.0.0.1", "localhost")).status == 401  # another name, no cookie
        assert seen.context.cookies()[0]["httpOnly"]
        assert seen.page.evaluate("document.cookie") == ""


def test_on_paper(browser: Any, tmp_path: Path) -> None:
    page, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(html(figures.full()), "utf-8")
    pdf.printed(page, paper)
    assert paper.read_bytes().startswith(b"%PDF-")
    with Seen(browser, WALL, "dark") as seen:
        seen.page.goto(page.as_uri())
        seen.page.emulate_media(media="print")
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        table = seen.page.locator("details table").first
        assert table.bounding_box()["height"] > 0  # folded on a screen
