"""The page of a report in a real browser, from a file: by keyboard, in the dark, on paper, attacked.

Needs Debian's chromium and chromium-driver, and the extra `browser`; `make browser` says so.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.render.report_page import page, save
from tests.render import reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

selenium = pytest.importorskip(
    "selenium", reason="selenium is not installed: pip install '.[browser]'"
)
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if not (CHROMIUM and DRIVER):
    pytest.skip("there is no chromium with its driver", allow_module_level=True)

from selenium import webdriver  # noqa: E402 - only where there is one
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402

SHOTS = os.environ.get("SDCLI_SHOTS", "")
"""A folder to keep pictures of the pages in, for people to look at."""
WAIT_S = 10
KINDS = ("rich", "sparse", "hostile")


@pytest.fixture(name="driver", scope="module")
def _driver() -> Iterator[Any]:
    """A browser without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for option in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(option)
    if os.geteuid() == 0:  # its sandbox refuses root
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, each in a file."""
    folder = tmp_path_factory.mktemp("pages")
    for kind in KINDS:
        save(str(folder / f"{kind}.html"), page(getattr(reported, kind)()))
    return folder


@pytest.fixture(name="browser")
def _browser(driver: Any, folder: Path) -> Iterator[Browser]:
    """The browser, with nothing remembered; afterwards, no request went out and nothing failed."""
    browser = Browser(driver, folder)
    browser.look()
    browser.open("rich")
    driver.execute_script("localStorage.clear()")
    driver.get_log("performance")
    driver.get_log("browser")
    yield browser
    browser.require_quiet()


class Browser:
    """One tab, and what a person does in it."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver = driver
        self._folder = folder

    def open(self, kind: str) -> None:
        """Load a page anew."""
        self.driver.get("about:blank")
        self.driver.get((self._folder / f"{kind}.html").as_uri())

    def keys(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def until(self, what: Callable[[], Any]) -> Any:
        """Wait for something to become true, and give it."""
        return WebDriverWait(self.driver, WAIT_S, 0.02).until(lambda _: what())

    def until_drawn(self, place: Any) -> None:
        """Wait for a chart."""
        self.until(lambda: place.find_elements(By.CSS_SELECTOR, "svg.plot"))

    def all(self, selector: str) -> list[Any]:
        """The elements of a selector."""
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def one(self, selector: str) -> Any:
        """The first element of a selector."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def run(self, script: str, *args: Any) -> Any:
        """The value of a script."""
        return self.driver.execute_script(script, *args)

    def cdp(self, command: str, **arguments: Any) -> dict[str, Any]:
        """A command of the browser's own protocol."""
        found: dict[str, Any] = self.driver.execute_cdp_cmd(command, arguments)
        return found

    def look(self, *, dark: bool = False, width: int = 1280, height: int = 900) -> None:
        """Take a colour scheme and a size of the window."""
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.cdp("Emulation.setEmulatedMedia", features=features)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.cdp("Emulation.setDeviceMetricsOverride", **size)

    def tab_to(self, selector: str, most: int = 60) -> Any:
        """Go on with Tab until the focus is on an element of a selector."""
        for _ in range(most):
            self.keys(Keys.TAB)
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return self.driver.switch_to.active_element
        raise AssertionError(f"Tab does not reach {selector}")

    def shot(self, name: str) -> None:
        """A picture of the top of the page, where somebody wants to look at it."""
        if SHOTS:
            told = self.cdp("Page.captureScreenshot")
            Path(SHOTS, f"{name}.png").write_bytes(base64.b64decode(told["data"]))

    def require_quiet(self) -> None:
        """No request left the folder, no policy was broken, no script ran that is not ours."""
        for entry in self.driver.get_log("performance"):
            told = json.loads(entry["message"])["message"]
            if told["method"] == "Network.requestWillBeSent":
                url = told["params"]["request"]["url"]
                assert url.startswith((self._folder.as_uri(), "about:", "data:")), url
        assert [entry["message"] for entry in self.driver.get_log("browser")] == []
        assert self.run("return window.hacked") is None


@pytest.mark.parametrize("kind", KINDS)
def test_charts_are_drawn_when_they_come_into_view(browser: Browser, kind: str) -> None:
    """Each is one picture with words, as wide as its place, and none is cut."""
    browser.open(kind)
    places = browser.all(".chart")
    for place in places[:6]:
        browser.run("arguments[0].scrollIntoView({block: 'center'})", place)
        browser.until_drawn(place)
        image = place.find_element(By.CSS_SELECTOR, "[role=img]")
        assert image.get_attribute("aria-label").endswith(".")
        inside = browser.run(
            "const svg = arguments[0].querySelector('svg.plot'), room = svg.getBoundingClientRect();"
            "return [...svg.querySelectorAll('text')].every(text => {"
            "  const box = text.getBoundingClientRect();"
            "  return box.left >= room.left - 1 && box.right <= room.right + 1"
            "    && box.bottom <= room.bottom + 1 && box.top >= room.top - 1; })",
            place,
        )
        assert inside


def test_axis_labels_do_not_overlap(browser: Browser) -> None:
    """However wide or narrow the window is, each label has room."""
    for width in (360, 700, 1280, 2000):
        browser.look(width=width)
        browser.open("rich")
        for place in browser.all(".chart")[:3]:
            browser.run("arguments[0].scrollIntoView({block: 'center'})", place)
            browser.until_drawn(place)
            gaps = browser.run(
                "const boxes = [...arguments[0].querySelectorAll("
                "  '[data-part=\"x-axis tick label\"] text')].map(t => t.getBoundingClientRect());"
                "return boxes.slice(1).map((box, at) => box.left - boxes[at].right)",
                place,
            )
            assert gaps
            assert min(gaps) > 2


def test_the_keyboard_reads_a_chart(browser: Browser) -> None:
    """Tab reaches it, arrows go from slot to slot and say the number, Enter says how to audit it."""
    cursor = browser.tab_to(".cursor")
    assert cursor.get_attribute("aria-valuetext").startswith("Dec 2025: ")
    browser.keys(Keys.HOME, Keys.ARROW_RIGHT)
    said = cursor.get_attribute("aria-valuetext")
    assert said.startswith("Feb 2025: ")
    assert browser.one(".read").text == said
    assert browser.one(".cross").is_displayed()
    browser.keys(Keys.ENTER)
    drill = browser.one(".drill")
    assert drill.get_attribute("aria-live") == "polite"
    assert (
        "sdcli report audit opened --since 2025-02-01T00:00:00Z --until 2025-03-01T00:00:00Z "
        "--query 'unit:Finance OR -channel:monitoring' --as-of 2026-01-04T09:30:00Z" in drill.text
    )
    given = reported.rich()
    for ref in given.report.rows[0].slot_refs[1]:
        assert ref in drill.text
        assert given.tickets[ref].summary in drill.text
    assert browser.run("return getComputedStyle(document.querySelector('.picture')).outlineStyle")
    browser.shot("keyboard")


def test_the_mouse_reads_a_chart(browser: Browser) -> None:
    """Where it points the number is told; a click says how to audit it."""
    cursor = browser.one(".cursor")
    browser.run("arguments[0].scrollIntoView({block: 'center'})", cursor)
    browser.until_drawn(browser.one(".chart"))
    wide = cursor.size["width"]
    move = webdriver.ActionChains(browser.driver).move_to_element_with_offset(
        cursor, -wide // 2 + 5, 0
    )
    move.perform()
    assert browser.one(".read").text.startswith("Jan 2025: ")
    move.click().perform()
    assert "--since 2025-01-01T00:00:00Z --until 2025-02-01T00:00:00Z" in browser.one(".drill").text


def test_a_part_shows_its_tickets(browser: Browser) -> None:
    """By Tab and Enter, and taken back by the same; another one takes its place."""
    given = reported.rich()
    parts = given.report.rows[0].by["type"]
    browser.tab_to(".part")
    browser.keys(Keys.ENTER)
    drill = browser.one(".drill")
    for ref in parts[0].refs:
        assert ref in drill.text
        assert given.tickets[ref].summary in drill.text
    assert browser.one(".part").get_attribute("aria-pressed") == "true"
    browser.keys(Keys.TAB, Keys.SPACE)
    assert parts[1].refs[0] in drill.text
    assert parts[0].refs[0] not in drill.text
    assert browser.one(".part").get_attribute("aria-pressed") == "false"
    browser.keys(Keys.SPACE)
    assert drill.text == ""


def test_the_keyboard_opens_what_is_folded(browser: Browser) -> None:
    """Definition, numbers, further splits and receipts open by Enter."""
    for selector in (".head summary", ".trend summary", ".splits summary", ".receipts > summary"):
        browser.open("rich")
        summary = browser.tab_to(selector)
        before = browser.run("return arguments[0].parentElement.open", summary)
        browser.keys(Keys.ENTER)
        assert browser.run("return arguments[0].parentElement.open", summary) != before


def test_the_skip_link_leads_to_the_figures(browser: Browser) -> None:
    """It is the first stop, and is seen when it is reached."""
    browser.keys(Keys.TAB)
    link = browser.driver.switch_to.active_element
    assert link.get_attribute("class") == "skip"
    assert link.location["y"] >= 0
    browser.keys(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "main"


def test_light_and_dark(browser: Browser) -> None:
    """As the system says, until the reader chooses; the choice is remembered, where it can be."""
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(ground)
    browser.look(dark=True)
    dark = browser.run(ground)
    assert light != dark
    browser.tab_to("#scheme")
    assert browser.one("#scheme").text == "Light colours"
    browser.keys(Keys.ENTER)
    assert browser.run(ground) == light
    browser.open("sparse")
    assert browser.run(ground) == light
    browser.keys(Keys.TAB)
    browser.tab_to("#scheme")
    browser.keys(Keys.SPACE)
    assert browser.run(ground) == dark
    browser.shot("dark")


def test_a_browser_without_a_memory_is_no_error(browser: Browser) -> None:
    """The scheme can be changed all the same."""
    script = (
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden') }})"
    )
    added = browser.cdp("Page.addScriptToEvaluateOnNewDocument", source=script)
    try:
        browser.open("rich")
        browser.one("#scheme").click()
        assert browser.run("return document.documentElement.dataset.scheme") == "dark"
        assert browser.all(".cursor")
    finally:
        browser.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [360, 768, 2000])
def test_no_width_needs_sideways_scrolling(browser: Browser, kind: str, width: int) -> None:
    """From a telephone to a wall; what a finger is meant for is large enough."""
    browser.look(width=width, height=800)
    browser.open(kind)
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    small = browser.run(
        "return [...document.querySelectorAll('nav a, button, summary, .tiles a')]"
        ".filter(each => each.getClientRects().length && each.getBoundingClientRect().height < 24)"
        ".map(each => each.outerHTML)"
    )
    assert small == []
    browser.shot(f"{kind}-{width}")


def test_it_can_be_printed(browser: Browser) -> None:
    """On paper all is open and drawn; afterwards it is as it was."""
    closed = browser.run("return document.querySelectorAll('details:not([open])').length")
    browser.run(
        "window.addEventListener('beforeprint', () => { window.printed = ["
        "document.querySelectorAll('svg.plot').length,"
        "document.querySelectorAll('details:not([open])').length] })"
    )
    told = browser.cdp("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
    assert base64.b64decode(told["data"]).startswith(b"%PDF-")
    charts = len(browser.all(".chart"))
    assert browser.run("return window.printed") == [charts, 0]
    assert browser.run("return document.querySelectorAll('details:not([open])').length") == closed


def test_without_scripts_all_numbers_are_there(browser: Browser) -> None:
    """Tables, bars, small pictures, definitions and receipts; nothing that does nothing."""
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open("rich")
        assert not browser.one("#scheme").is_displayed()
        assert browser.one(".splits table").is_displayed()
        assert browser.one(".splits .bar").is_displayed()
        assert browser.one(".chart .spark").size["height"] > 50
        assert not browser.all(".part, .cursor")
        browser.one(".trend summary").click()
        assert browser.one(".trend table").is_displayed()
        browser.one(".receipts > summary").click()
        assert browser.one(".receipts .ref").is_displayed()
    finally:
        browser.cdp("Emulation.setScriptExecutionDisabled", value=False)


def test_a_year_of_everything_is_there_at_once(browser: Browser) -> None:
    """The page is ready in a second or two, on a machine with other things to do."""
    browser.open("rich")
    ready = browser.run(
        "const told = performance.getEntriesByType('navigation')[0]; return told.domComplete"
    )
    assert ready < 5000


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(browser: Browser, kind: str, dark: bool) -> None:
    """The accessibility checks of axe-core have nothing to say, in either scheme, all opened."""
    pytest.importorskip(
        "axe_core_python", reason="axe-core is not installed: pip install '.[browser]'"
    )
    browser.look(dark=dark)
    browser.open(kind)
    browser.run(
        "const seen = new Set();"
        "document.querySelectorAll('article').forEach(each => {"  # one of each kind is enough
        "  const kind = data.textContent && JSON.parse(data.textContent).figures["
        "    each.querySelector('[data-figure]').dataset.figure].kind;"
        "  if (seen.has(kind)) each.remove(); else seen.add(kind) });"
        "document.querySelector('.part').click();"
        "document.querySelectorAll('details').forEach(each => { each.open = true })"
    )
    browser.until(lambda: browser.all("svg.plot"))
    browser.run((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    browser.driver.set_script_timeout(120)
    found = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run().then(told => done(told.violations.map("
        "each => [each.id, each.help, each.nodes.slice(0, 3).map(node => node.html)])))"
    )
    assert found == []
    browser.driver.get_log("browser")  # axe tries what the policy forbids
