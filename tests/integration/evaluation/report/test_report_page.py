"""The report in a real browser, at 500 strata and with hostile names; skipped where there is no Chromium."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from evaluation.gate.registry import Event
from tests.support.pages import CANDIDATE, CHAMPION, VERDICT_ID, invented_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
LARGEST_PAGE = 4_000_000
"""Bytes of a page with 500 strata, without images."""

HOSTILE = (
    "class=<script>window.pwned = 1</script>",
    "class=<img src=x onerror='window.pwned = 1'>",
    "class=\"' onmouseover='window.pwned = 1' x=\"",
    "class=</title></style></table><h1>out</h1>",
    "class=שלום \u202e gnirts desrever \u202d",
    f"class={'w' * 400}",
    f"class={'many words ' * 60}",
    "class=a\u0000b\nc\td&amp;",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; on Debian: apt-get install -y chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    names = [f"{'class' if number % 2 else 'domain=a/class'}=thing-{number:03d}" for number in range(500)]
    path.write_text(invented_page(names), encoding="utf-8")
    return path


def opened(browser: Browser, document: Path, **options: object) -> tuple[Page, list[str]]:
    sheet = browser.new_page(**options)  # type: ignore[arg-type]
    heard: list[str] = []
    sheet.on("pageerror", lambda error: heard.append(str(error)))
    sheet.on("console", lambda message: heard.append(message.text))
    sheet.on("request", lambda request: heard.append(request.url) if not request.url.startswith("data:") else None)
    sheet.goto(document.as_uri())
    return sheet, heard


def test_500_strata_can_be_searched_narrowed_sorted_and_folded_offline(browser: Browser, document: Path) -> None:
    assert document.stat().st_size < LARGEST_PAGE
    sheet, heard = opened(browser, document, viewport={"width": 1280, "height": 800})
    tools, shown = sheet.locator("#strata .tools"), sheet.locator("#strata-rows tbody tr:visible")
    assert shown.count() == 501
    tools.get_by_label("Find a stratum").fill("thing-12")
    assert shown.count() == 10
    tools.get_by_label("Sliced by").select_option("domain/class")
    assert shown.count() == 5
    tools.get_by_label("Find a stratum").fill("")
    tools.get_by_label("Sliced by").select_option("")
    tools.get_by_label("not passing only").check()
    assert shown.count() == 10
    assert sheet.locator("[data-count=strata-rows]").inner_text() == "10 strata"
    tools.get_by_label("not passing only").uncheck()
    sheet.locator("#strata-rows thead button", has_text="crops").click()
    assert shown.nth(1).locator("td").nth(4).inner_text() == "499"
    points = sheet.locator("#strata-rows thead button", has_text="points").first
    points.focus()
    sheet.keyboard.press("Enter")
    sheet.keyboard.press("Enter")
    assert shown.first.locator("th").inner_text() == "domain=a/class=thing-000"
    assert sheet.locator("#strata-rows thead th[aria-sort=ascending]").inner_text().startswith("points")
    robust = sheet.locator("#robust-rows tbody tr:visible")
    sheet.locator("#robustness .tools").get_by_label("Find a stratum").fill("thing-499")
    assert (robust.count(), shown.count()) == (1, 501)
    sheet.locator("#strata > details > summary").press("Enter")
    assert shown.count() == 0
    sheet.get_by_role("link", name="Scores by stratum").click()
    assert shown.count() == 501
    assert heard == [document.as_uri()]
    sheet.close()


def test_a_promoted_model_is_called_the_champion_since_when_and_as_which_version(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    at = datetime(2026, 3, 2, 4, 5, tzinfo=UTC)
    promoted = [Event(at, "promote", CHAMPION, None, "w" * 64, None), Event(at, "promote", CANDIDATE, CHAMPION, VERDICT_ID, None)]
    path.write_text(invented_page(["class=cat"], passes=True, history=promoted), encoding="utf-8")
    sheet, _ = opened(browser, path)
    head = sheet.locator("#verdict .verdict").inner_text()
    assert "passed every gate" in head and "can be promoted" not in head
    assert "It is the champion: it became version 2 on 2026-03-02 at 04:05 UTC, in place of model oooo" in head
    sheet.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_light_and_dark_and_keeps_inside_a_narrow_window(browser: Browser, document: Path, scheme: str) -> None:
    sheet, _ = opened(browser, document, viewport={"width": 390, "height": 700}, color_scheme=scheme)
    paper = sheet.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(20, 23, 26)" if scheme == "dark" else "rgb(255, 255, 255)")
    assert sheet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    sheet.close()


def test_everything_shown_has_a_name_for_those_who_do_not_see_it(browser: Browser, document: Path) -> None:
    sheet, _ = opened(browser, document)
    nameless = """() => [...document.querySelectorAll('svg[role=img], img, input, select, .scroll, table')].filter((e) =>
        !(e.getAttribute('aria-label') || e.getAttribute('alt') || e.closest('label') || e.querySelector('title, caption'))).length"""
    assert sheet.evaluate(nameless) == 0
    assert sheet.evaluate("document.querySelectorAll('img').length") >= 8
    assert sheet.evaluate("document.querySelectorAll('h1').length") == 1
    sheet.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_names_run_nothing_and_break_no_layout(browser: Browser, tmp_path: Path, width: int) -> None:
    path = tmp_path / "report.html"
    path.write_text(invented_page(HOSTILE), encoding="utf-8")
    sheet, heard = opened(browser, path, viewport={"width": width, "height": 800})
    sheet.locator("#strata-rows tbody th .name").nth(3).hover()
    assert sheet.evaluate("window.pwned") is None
    assert sheet.evaluate("document.querySelectorAll('main script, h1 ~ h1, main h1').length") == 0
    assert sheet.locator("#strata-rows tbody tr").count() == 1 + len(HOSTILE)
    assert sheet.locator("#strata-rows tbody th").nth(1).inner_text() == HOSTILE[0]
    assert sheet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    heights = sheet.evaluate("[...document.querySelectorAll('#strata-rows tbody tr')].map((row) => row.offsetHeight)")
    assert max(heights) < 60
    assert heard == [path.as_uri()]
    sheet.close()
