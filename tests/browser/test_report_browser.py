"""The report in a real browser: formulas laid out, pictures there, failures seen, nothing fetched.

Needs Chromium, its driver and selenium (the extra `browser`); skips where one is missing.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from polytheory import CATALOGUE, Law, verify
from polytheory.report import write_report

pytestmark = pytest.mark.browser

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
NAMES = ("carrier_amplitude_expansion", "critical_l1", "l1_speed", "paper_l1_norm")
WRONG = "wrong_threshold"
#: A law of each look, and what is drawn: words of a plot and formula that must be visible.
TEXT_HEIGHT_RATIO = 1.3  # a fraction is taller than a line of text, by more than rounding


def named(name: str) -> Law:
    return next(law for law in CATALOGUE if law.name == name)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    right = named("growth_threshold")
    wrong = replace(right, name=WRONG, predict=lambda **given: 1.01 * right.predict(**given))
    result = verify([*map(named, NAMES), wrong])
    assert [each.holds for each in result.reports] == [True] * len(NAMES) + [False]
    return write_report(result, tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., Any]]:
    """Return a function that starts a browser; all are closed at the end."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("Chromium or chromedriver is not installed")
    browsers = []

    def started(*, javascript: bool = True) -> Any:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for argument in (
            "--headless=new",
            "--no-sandbox",  # root has none
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--window-size=1000,1400",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        if not javascript:
            forbidden = {"profile.managed_default_content_settings.javascript": 2}
            options.add_experimental_option("prefs", forbidden)
        browsers.append(webdriver.Chrome(options, webdriver.ChromeService(driver)))
        return browsers[-1]

    yield started
    for browser in browsers:
        browser.quit()


@pytest.fixture(scope="module")
def page(start: Callable[..., Any], report: Path) -> Any:
    browser = start()
    browser.get(report.as_uri())
    return browser


BOXES = """
return [...document.querySelectorAll(arguments[0])].map(each => {
  const box = each.getBoundingClientRect();
  return {width: box.width, height: box.height, left: box.left, right: box.right};
});
"""


def boxes(page: Any, selector: str) -> list[dict[str, float]]:
    return list(page.execute_script(BOXES, selector))


def style(page: Any, selector: str, name: str) -> str:
    script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    return str(page.execute_script(script, selector, name))


def scheme(page: Any, value: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": value}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def luminance(color: str) -> float:
    """Return the relative luminance of `rgb(…)`, as the accessibility guidelines define it."""
    channels = [float(x) / 255 for x in color[color.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_the_measure_of_contrast() -> None:
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21.0)
    assert contrast("rgb(9, 9, 9)", "rgb(9, 9, 9)") == pytest.approx(1.0)


# --- what is there --------------------------------------------------------------------------------


def test_formulas_are_laid_out(page: Any) -> None:
    formulas = boxes(page, ".formula math")
    assert len(formulas) == len(NAMES) + 1
    assert all(box["width"] > 20 and box["height"] > 10 for box in formulas)
    namespace = "return document.querySelector('math').namespaceURI"
    assert page.execute_script(namespace).endswith("/MathML")
    letter = boxes(page, "#critical_l1 .formula mi")[0]["height"]
    fraction = boxes(page, "#critical_l1 .formula mfrac")[0]["height"]
    assert fraction > TEXT_HEIGHT_RATIO * letter
    above, below = boxes(page, "#critical_l1 .formula mfrac > *")
    assert above["height"] > 0
    assert below["height"] > 0


def test_the_check_of_fractions_sees_a_browser_without_mathml(page: Any) -> None:
    """The same content in elements that no browser knows has no taller fraction."""
    page.execute_script(
        "const p = document.createElement('p'); p.id = 'flat';"
        "p.innerHTML = '<x-mi>λ</x-mi><x-mfrac><x-mi>a</x-mi><x-mi>b</x-mi></x-mfrac>';"
        "document.body.append(p)"
    )
    letter = boxes(page, "#flat x-mi")[0]["height"]
    assert boxes(page, "#flat x-mfrac")[0]["height"] <= TEXT_HEIGHT_RATIO * letter
    page.execute_script("document.getElementById('flat').remove()")


def test_pictures_are_drawn(page: Any) -> None:
    pictures = boxes(page, "figure svg")
    assert len(pictures) == len(NAMES) + 1
    assert all(box["width"] > 400 and box["height"] > 150 for box in pictures)
    marks = boxes(page, f"#{WRONG} figure svg use")
    assert sum(box["width"] > 0 and box["height"] > 0 for box in marks) > 8
    said = page.execute_script(f"return document.querySelector('#{WRONG} figure svg').textContent")
    for words in ("predicted", "observed", "difference / tolerance", "outside"):
        assert words in said


def test_pictures_have_names_for_a_screen_reader(page: Any) -> None:
    page.execute_cdp_cmd("Accessibility.enable", {})
    nodes = page.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [(n.get("role", {}).get("value"), n.get("name", {}).get("value", "")) for n in nodes]
    pictures = [name for role, name in roles if role in {"image", "img"}]
    assert len(pictures) == len(NAMES) + 1
    assert all("theory against simulation" in name for name in pictures)


def test_links_lead_to_their_sections(page: Any) -> None:
    page.execute_script(f"document.querySelector('table a[href=\"#{WRONG}\"]').click()")
    top = f"return document.getElementById('{WRONG}').getBoundingClientRect().top"
    assert page.execute_script("return location.hash") == f"#{WRONG}"
    assert page.execute_script(top) < 200


# --- how it looks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["light", "dark"])
def test_a_failure_looks_like_one(page: Any, value: str) -> None:
    scheme(page, value)
    paper = style(page, "body", "backgroundColor")
    assert (luminance(paper) < 0.1) == (value == "dark")
    good, bad = "#l1_speed", f"#{WRONG}"
    assert style(page, bad, "borderLeftWidth") == "6px"
    assert style(page, good, "borderLeftWidth") == "0px"
    for name in ("color", "backgroundColor"):
        assert style(page, f"{bad} .word", name) != style(page, f"{good} .word", name)
    for law in (good, bad):
        word = f"{law} .word"
        assert contrast(style(page, word, "color"), style(page, word, "backgroundColor")) > 4.5
    row = f"{bad} tr.row-no td"
    assert contrast(style(page, row, "color"), style(page, row, "backgroundColor")) > 4.5


@pytest.mark.parametrize("value", ["light", "dark"])
def test_texts_and_pictures_can_be_read(page: Any, value: str) -> None:
    scheme(page, value)
    paper = style(page, "body", "backgroundColor")
    for selector in ("body", ".soft", "figcaption", "a[href='#l1_speed']", "dl.facts dt"):
        assert contrast(style(page, selector, "color"), paper) > 4.5
    assert contrast(style(page, "figure svg text", "fill"), paper) > 4.5
    marks = "#l1_speed figure svg use[style*='--seen']"
    assert contrast(style(page, marks, "stroke"), paper) > 3.0  # graphics need less than text


def test_it_fits_a_narrow_window(page: Any) -> None:
    scheme(page, "light")
    narrow = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    try:
        assert page.execute_script("return document.documentElement.scrollWidth") <= 400
        assert all(
            box["right"] <= 400 for box in boxes(page, "figure, figcaption, .formula, pre, h3")
        )
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_keyboard_reaches_links_and_tables_and_shows_where_it_is(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    page.execute_script("history.replaceState(null, '', location.pathname); scrollTo(0, 0)")
    page.refresh()
    page.switch_to.active_element.send_keys(Keys.TAB)
    active = page.switch_to.active_element
    assert active.text == "Skip to the summary"
    assert style(page, ":focus", "outlineStyle") == "solid"
    assert boxes(page, ":focus")[0]["left"] >= 0  # it was hidden outside the page


# --- nothing is fetched ---------------------------------------------------------------------------


def requests(browser: Any) -> list[str]:
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [each for each in events if each["method"] == "Network.requestWillBeSent"]
    return [each["params"]["request"]["url"] for each in sent]


def test_nothing_is_fetched(start: Callable[..., Any], report: Path) -> None:
    browser = start()
    browser.get("about:blank")
    requests(browser)
    browser.get(report.as_uri())
    assert requests(browser) == [report.as_uri()]
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.get_log("browser") == []


def test_the_log_sees_what_is_fetched(start: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "x.css").write_text("p { color: red }", "utf-8")
    page = "<!DOCTYPE html><title>t</title><link rel=stylesheet href=x.css>"
    (tmp_path / "page.html").write_text(page, "utf-8")
    browser = start()
    browser.get((tmp_path / "page.html").as_uri())
    assert (tmp_path / "x.css").as_uri() in requests(browser)


def test_it_reads_without_scripts(start: Callable[..., Any], report: Path, tmp_path: Path) -> None:
    browser = start(javascript=False)
    probe = tmp_path / "probe.html"
    probe.write_text("<!DOCTYPE html><title>off</title><script>document.title='on'</script>")
    browser.get(probe.as_uri())
    assert browser.title == "off"
    browser.get(report.as_uri())
    assert browser.title.endswith(f"{len(NAMES)} of {len(NAMES) + 1} laws hold")
    for selector in (".formula math", "figure svg", "table", "pre"):
        found = browser.find_elements("css selector", selector)
        assert found
        assert all(each.size["width"] > 0 and each.size["height"] > 0 for each in found)


def test_it_prints(page: Any) -> None:
    printed = page.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"]
    assert len(printed) > 20_000
