"""The report in a real browser, at 500 strata; skipped where there is no Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from evaluation.clusters import Interval
from evaluation.metrics.floors import CEILINGS, FLOORS
from evaluation.pages.page import page
from evaluation.pages.strata import strata_section
from evaluation.stratum_rows import StratumRow

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; on Debian: apt-get install -y chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


def row(number: int) -> StratumRow:
    gain = Interval(0.001 * (number - 250), 0.001 * (number - 270), 0.001 * (number - 230), 0.01, 0.5, 40, 9, "cluster-t")
    means = {"old": 0.5, **dict.fromkeys((*FLOORS, *CEILINGS), 0.4)}
    return StratumRow(f"class=thing-{number:03d}", number, 9, gain, means, dict.fromkeys(FLOORS, gain), gain)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outcomes = {f"class=thing-{number:03d}": ("FAIL" if number % 50 == 0 else "PASS", "why <b>", 0.02) for number in range(500)}
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page("t", "s", [strata_section([row(n) for n in range(500)], "iou", "old", outcomes)], key="k"), encoding="utf-8")
    return path


def test_500_strata_can_be_searched_narrowed_and_sorted_offline(browser: Browser, document: Path) -> None:
    sheet = browser.new_page(viewport={"width": 1280, "height": 800})
    faults: list[str] = []
    requests: list[str] = []
    sheet.on("pageerror", lambda error: faults.append(str(error)))
    sheet.on("request", lambda request: requests.append(request.url))
    sheet.goto(document.as_uri())
    shown = sheet.locator("#strata-rows tbody tr:visible")
    assert shown.count() == 500
    sheet.get_by_label("Find a stratum").fill("thing-12")
    assert shown.count() == 10
    sheet.get_by_label("Find a stratum").fill("")
    sheet.get_by_label("not passing only").check()
    assert shown.count() == 10
    assert sheet.locator("[data-count=strata-rows]").inner_text() == "10 strata"
    sheet.get_by_label("not passing only").uncheck()
    sheet.locator("#strata-rows th", has_text="crops").click()
    assert shown.first.locator("td").nth(4).inner_text() == "499"
    sheet.locator("#strata-rows th", has_text="points").click()
    sheet.locator("#strata-rows th", has_text="points").click()
    assert shown.first.locator("td").first.inner_text() == "class=thing-000"
    assert faults == []
    assert requests == [document.as_uri()]
    sheet.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_light_and_dark_and_keeps_inside_the_window(browser: Browser, document: Path, scheme: str) -> None:
    sheet = browser.new_page(viewport={"width": 900, "height": 700}, color_scheme="dark" if scheme == "dark" else "light")
    sheet.goto(document.as_uri())
    paper = sheet.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(20, 23, 26)" if scheme == "dark" else "rgb(255, 255, 255)")
    assert sheet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    sheet.close()
