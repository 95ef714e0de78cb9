"""The self-help site in a real browser, from a folder: searched, walked by keyboard, attacked.

Needs Debian's chromium and chromium-driver, and selenium (the extra `browser`); `make browser`
says so. With axe-core at hand (SDCLI_AXE names its axe.min.js) the pages are held against it too.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from msgspec.structs import replace

from sdcli.knowledge.articles import read_shelf
from sdcli.policy.scalars import Day
from sdcli.publish.chosen import choose
from sdcli.publish.pages import Site, pages
from sdcli.publish.put import put
from sdcli.publish.report import Report
from sdcli.results.callers import FrontPage, Notice
from tests.conftest import NOW, REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.knowledge.articles import Article
    from sdcli.policy.model import Policy

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

AXE = os.environ.get("SDCLI_AXE", "")
SHOTS = os.environ.get("SDCLI_SHOTS", "")
"""A folder to keep pictures of the pages in, for people to look at."""
WAIT_S = 10
EVIL = (
    "<script>window.hacked=1</script></title><img src=x onerror=window.hacked=1>"
    "\x00\u202eevil\u2028]]>{{7*7}}'\"--><svg onload=window.hacked=1>"
)


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


@pytest.fixture(name="site", scope="module")
def _site(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter's articles, one that attacks, and synonyms."""
    day = Day("2026-11-23")
    articles = choose(read_shelf(str(REPOSITORY), policy), day, with_expired=False).articles
    site = Site(
        name=policy.intake.mail.name,
        articles=[*articles, _hostile(articles[0])],
        services={id_: each.name for id_, each in policy.catalog.services.items()},
        bulletins=FrontPage(notices=[_bulletin()], form="html", zone="Europe/London", now=NOW),
        report=Report("desk@example.com"),
        synonyms={"handset": ("phone", "dial")},
        day=day,
    )
    return Path(put(pages(site), str(tmp_path_factory.mktemp("browser") / "www")).folder)


def _hostile(article: Article) -> Article:
    """An article that attacks in every field; even the desk's own reader would refuse it."""
    markdown = (
        f"{EVIL} [a](javascript:window.hacked=1) ![b](https://evil.example/b.png)"
        " <https://evil.example> [c](data:text/html,<script>window.hacked=1</script>)\n\n"
        "| wide | " + "table | " * 12 + "\n|" + "-|" * 13 + "\n| " + "cell | " * 13
    )
    return replace(
        article,
        id="MA-1",
        title=f"Quetzal {EVIL}",
        symptoms=(markdown,),
        cause=markdown,
        steps=(markdown, "`" + "x" * 300 + "`"),
        workaround=markdown,
        verification=markdown,
        vendor_link="https://vendor.example/page",
        keywords=("quetzal", EVIL),
        known_error=True,
    )


def _bulletin() -> Notice:
    return Notice(
        ref="SD-1",
        text=f"Mail is slow. {EVIL}\n\nNone is lost.",
        state=EVIL,
        services=("E-mail and calendar", EVIL),
        site=EVIL,
        until=NOW,
        next_update=None,
        overdue=False,
        updated_at=NOW,
    )


@pytest.fixture(name="browser")
def _browser(driver: Any, site: Path) -> Iterator[Browser]:
    """The browser on the front page, with nothing read yet; afterwards, no request went out."""
    browser = Browser(driver, site)
    browser.open("index.html")
    driver.execute_script("localStorage.clear()")
    driver.get_log("performance")
    driver.get_log("browser")
    browser.open("index.html")
    yield browser
    browser.require_quiet()


class Browser:
    """One tab, and what a person does in it."""

    def __init__(self, driver: Any, site: Path) -> None:
        self.driver = driver
        self._site = site

    def open(self, name: str) -> None:
        """Load a page of the site anew."""
        self.driver.get("about:blank")
        self.driver.get(self._site.joinpath(*name.split("/")).as_uri())

    def keys(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def until(self, what: Callable[[], Any]) -> Any:
        """Wait for something to become true, and give it."""
        return WebDriverWait(self.driver, WAIT_S, 0.02).until(lambda _: what())

    def search(self, text: str) -> list[str]:
        """The titles found for what was typed, once they have settled."""
        self.driver.find_element(By.ID, "query").send_keys(text)
        self.until(lambda: unquote(self.run("return location.hash")) == f"#q={text}")
        return [each.text for each in self.driver.find_elements(By.CSS_SELECTOR, "#results a")]

    def count(self) -> str:
        """What is announced about the results."""
        return str(self.driver.find_element(By.ID, "count").text)

    def focused(self) -> Any:
        """The element that has the focus."""
        return self.driver.switch_to.active_element

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

    def shot(self, name: str) -> bytes:
        """A picture of the whole page; kept where somebody wants to look at it."""
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        width = max(size["width"], self.run("return innerWidth"))
        clip = {"x": 0, "y": 0, "width": width, "height": min(size["height"], 2600)}
        told = self.cdp(
            "Page.captureScreenshot", captureBeyondViewport=True, clip={**clip, "scale": 1}
        )
        picture = base64.b64decode(told["data"])
        if SHOTS:
            Path(SHOTS, f"{name}.png").write_bytes(picture)
        return picture

    def require_quiet(self) -> None:
        """No request left the folder, no policy was broken, no script ran that is not ours."""
        for entry in self.driver.get_log("performance"):
            told = json.loads(entry["message"])["message"]
            if told["method"] == "Network.requestWillBeSent":
                url = told["params"]["request"]["url"]
                assert url.startswith((self._site.as_uri(), "about:", "data:")), url
        problems = [entry["message"] for entry in self.driver.get_log("browser")]
        assert not problems
        assert self.run("return window.hacked") is None


def test_a_typo_finds_the_article_and_the_keyboard_reads_it(browser: Browser) -> None:
    """Typed wrongly, found first; Tab and Enter open two, and the report names both (R1a.3c)."""
    browser.keys("/")
    assert browser.focused().get_attribute("id") == "query"
    assert browser.search("pritner ofline")[0].startswith("Printer shows")
    assert "fit" in browser.count()
    browser.keys(Keys.TAB, Keys.ENTER)
    browser.until(lambda: browser.driver.title.startswith("Printer shows"))
    first = browser.run("return document.body.dataset.use")
    assert first.startswith("KB-110@")

    browser.driver.back()
    browser.until(lambda: browser.driver.find_elements(By.CSS_SELECTOR, "#results a"))
    query = browser.driver.find_element(By.ID, "query")
    assert query.get_attribute("value") == "pritner ofline"
    browser.keys("/")
    browser.keys(Keys.ESCAPE)
    browser.until(lambda: not browser.count())
    assert browser.search("mfa phone stolen")[0].startswith("Phone for sign-in approval")
    browser.keys(Keys.TAB, Keys.ENTER)
    browser.until(lambda: browser.driver.title.startswith("Phone for sign-in approval"))
    second = browser.run("return document.body.dataset.use")

    href = unquote(browser.driver.find_element(By.CSS_SELECTOR, "a.button").get_attribute("href"))
    assert href.startswith("mailto:desk@example.com?subject=This did not help: Phone")
    assert f"\r\nArticles read: {first}, {second}\r\n" in href
    told = browser.driver.find_element(By.CSS_SELECTOR, ".along").text
    assert told == "Named in your message: KB-110, KB-102"
    browser.keys("/")
    browser.until(lambda: browser.focused().get_attribute("id") == "query")
    assert first in unquote(
        browser.driver.find_element(By.CSS_SELECTOR, "a.button").get_attribute("href")
    )


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("printer", "KB-110"),
        ("my printer is not printing", "KB-110"),
        ("wifi visitor", "KB-138"),
        ("outlok serach", "KB-114"),
        ("phishing", "KB-121"),
        ("handset", "KB-117"),  # a synonym
        ("laptop slow", "KB-108"),
        ("sotfware install", "KB-119"),
    ],
)
def test_the_right_article_comes_first(browser: Browser, query: str, page: str) -> None:
    """With typing errors, in a sentence, and by synonyms."""
    browser.search(query)
    href = browser.driver.find_element(By.CSS_SELECTOR, "#results a").get_attribute("href")
    assert href.endswith(f"/articles/{page}.html")


def test_what_is_not_there_is_said(browser: Browser) -> None:
    """No hit is a sentence with what to do, and not an empty page."""
    assert browser.search("zzzzqqqq") == []
    assert "ask us" in browser.count()
    assert browser.driver.find_element(By.ID, "count").get_attribute("aria-live") == "polite"


def test_a_hostile_article_is_only_text(browser: Browser, site: Path) -> None:
    """Its tags are shown and not run, in lists, in results and on its page (R3a.2)."""
    assert "<script>" in browser.search("quetzal")[0]
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    browser.open("articles/MA-1.html")
    heading = browser.driver.find_element(By.TAG_NAME, "h1").text
    assert "<script>window.hacked=1</script></title>" in heading
    assert "\u202e" not in heading
    assert not browser.driver.find_elements(By.CSS_SELECTOR, "main script, main img, main svg")
    hrefs = [each.get_attribute("href") for each in browser.driver.find_elements(By.TAG_NAME, "a")]
    assert not [href for href in hrefs if href.startswith(("javascript:", "data:"))]
    with pytest.raises(selenium.common.exceptions.JavascriptException):
        browser.run("document.body.innerHTML = '<b>x</b>'")  # the policy takes no text for a page
    browser.driver.get_log("browser")  # it said so
    assert site.is_dir()


def test_a_spoilt_memory_is_no_list(browser: Browser) -> None:
    """What lies in the browser's memory is looked at before it goes into a link."""
    key = browser.run("return 'sdcli read ' + new URL('.', location.href).pathname")
    now = int(time.time() * 1000) - 1000
    spoilt = [
        ["&bcc=eve@evil.example", now],
        ["KB-110@0123456789ab", now],
        7,
        None,
        ["KB-1@00", now],
    ]
    for value in (json.dumps(spoilt), "{", "null", '"x"'):
        browser.run("localStorage.setItem(arguments[0], arguments[1])", key, value)
        browser.open("articles/KB-102.html")
        link = browser.driver.find_element(By.CSS_SELECTOR, "a.button").get_attribute("href")
        assert "evil" not in link
        assert "KB-102@" in unquote(link)
        assert ("KB-110@0123456789ab" in unquote(link)) == (value == json.dumps(spoilt))
        browser.open("index.html")


def test_a_link_to_an_older_revision_says_so(browser: Browser) -> None:
    """Who was sent a link reads the newest, and is told if it was another then (R3a.2a)."""
    browser.open("articles/KB-110.html")
    revision = browser.run("return document.body.dataset.use").partition("@")[2]
    address = browser.driver.current_url
    shown = []
    for query in ("", f"?revision={revision}", "?revision=0123456789ab", "?revision=<x>"):
        browser.driver.get("about:blank")
        browser.driver.get(address + query)
        shown.append(browser.driver.find_element(By.ID, "changed").is_displayed())
    assert shown == [False, False, True, False]


@pytest.mark.parametrize("name", ["index.html", "articles/KB-110.html", "articles/MA-1.html"])
def test_a_narrow_window_needs_no_sideways_scrolling(browser: Browser, name: str) -> None:
    """320 pixels are enough, for a table and an endless word too; targets are large enough."""
    browser.look(width=320, height=640)
    browser.open(name)
    assert browser.run("return document.documentElement.scrollWidth") <= 320
    small = browser.run(
        "return [...document.querySelectorAll('header a, nav a, .button, summary, input')]"
        ".filter(each => each.getClientRects().length && each.getBoundingClientRect().height < 24)"
        ".map(each => each.outerHTML)"
    )
    assert [each for each in small if "skip" not in each] == []
    browser.shot(f"narrow-{Path(name).stem}")


def test_light_and_dark_differ(browser: Browser) -> None:
    """The colours follow the reader's system."""
    grounds = []
    for dark in (False, True):
        browser.look(dark=dark)
        browser.open("index.html")
        browser.shot("dark" if dark else "light")
        grounds.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
    assert len(set(grounds)) == 2


def test_it_can_be_printed(browser: Browser) -> None:
    """As a PDF; what is only of use on a screen is not on paper, and links tell where they lead."""
    browser.open("articles/MA-1.html")
    pdf = base64.b64decode(browser.cdp("Page.printToPDF")["data"])
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 5000
    browser.cdp("Emulation.setEmulatedMedia", media="print")
    for hidden in (".top nav", ".ask", ".skip"):
        assert not browser.driver.find_element(By.CSS_SELECTOR, hidden).is_displayed()
    vendor = "main a[href^='https://vendor']"
    shown = browser.run(
        f'return getComputedStyle(document.querySelector("{vendor}"), "::after").content'
    )
    assert "https://vendor.example/page" in shown
    browser.cdp("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("dark", [False, True])
def test_without_a_script_the_list_is_there(browser: Browser, dark: bool) -> None:
    """The search is hidden, the page says so, and every article can be reached."""
    browser.look(dark=dark)
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open("index.html")
        assert not browser.driver.find_element(By.ID, "search").is_displayed()
        assert browser.driver.find_element(By.CSS_SELECTOR, "noscript p").is_displayed()
        assert browser.driver.find_element(By.LINK_TEXT, "Mail and calendar on your company phone")
    finally:
        browser.cdp("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.skipif(not os.path.isfile(AXE), reason="SDCLI_AXE names no axe.min.js")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["index.html", "articles/KB-114.html", "articles/MA-1.html"])
def test_axe_finds_nothing(browser: Browser, name: str, dark: bool) -> None:
    """The accessibility checks of axe-core have nothing to say, in either scheme."""
    browser.look(dark=dark)
    browser.open(name)
    if name == "index.html":
        browser.search("mail")
        browser.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    browser.run(Path(AXE).read_text(encoding="utf-8"))
    found = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run().then(told => done(told.violations.map("
        "each => [each.id, each.help, each.nodes.map(node => node.html)])))"
    )
    assert found == []
    browser.driver.get_log("browser")  # axe tries what the policy forbids
