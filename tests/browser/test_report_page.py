"""The class report in Chromium: it sorts by keyboard, works offline and on paper, and runs nothing of a student's."""

import pytest

from autograder import report, report_page
from tests.autograder.test_report import HOSTILE, NOON, hostile_class, outcome, result


@pytest.fixture(scope="module")
def report_file(tmp_path_factory):
    """A report of a class of nine, as `autograder report` writes it."""
    scores = [1.0, 0.25, 0.5, 0.0, 1.0, 0.75, 0.0, 1.0, 0.5]
    flipped = {"misconception": "kernel flipped", "hint": "Look at the first product."}
    results = [
        result(f"student-{n}", outcome("conv2d", score, **({} if score == 1 else flipped)), outcome("relu", 1 - n / 10))
        for n, score in enumerate(scores)
    ]
    path = tmp_path_factory.mktemp("report") / "report.html"
    report_page.write(report.Class("01-convolution", {"conv2d": 2.0, "relu": 2.0}, results), path)
    return path


@pytest.fixture
def page(browser, report_file):
    """The report in a browser that fails on any error and any request but the file itself."""
    page = browser.new_page()
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text))
    page.on("request", lambda request: request.url.startswith("file:") or troubles.append(request.url))
    page.goto(report_file.as_uri())
    yield page
    page.close()
    assert not troubles


def column(page, table: str, number: int) -> list[str]:
    return page.locator(f"#table-{table} tbody tr > :nth-child({number})").all_inner_texts()


def test_a_header_sorts_its_table_and_says_so(page):
    header = page.locator("#table-students th", has_text="points").first
    header.get_by_role("button").click()
    points = [float(text) for text in column(page, "students", 2)]
    assert points == sorted(points, reverse=True)
    assert header.get_attribute("aria-sort") == "descending"
    assert page.get_by_role("status").inner_text() == "Sorted by points, descending."
    header.get_by_role("button").click()
    points = [float(text) for text in column(page, "students", 2)]
    assert points == sorted(points)
    assert header.get_attribute("aria-sort") == "ascending"
    page.locator("#table-students th button", has_text="student").first.click()
    assert column(page, "students", 1) == [f"student-{n}" for n in range(9)]
    assert header.get_attribute("aria-sort") is None


def test_everything_is_reached_by_keyboard(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0, "seen when it has the focus"
    button = page.locator("#table-students th button", has_text="points").first
    for _ in range(200):
        page.keyboard.press("Tab")
        if button.evaluate("it => it === document.activeElement"):
            break
    else:
        pytest.fail("the button in the header is not reached with the tab key")
    assert button.evaluate("it => getComputedStyle(it).outlineStyle") == "solid", "the focus is seen"
    page.keyboard.press("Enter")
    first = column(page, "students", 2)
    page.keyboard.press("Space")
    assert column(page, "students", 2) == first[::-1] != first


def test_a_filter_shows_some_students_and_a_link_finds_the_others(page):
    page.get_by_label("Show only rows with").fill("STUDENT-3")
    assert page.locator("#table-students tbody tr:visible").count() == 1
    page.locator("#misconceptions details summary").first.click()
    page.locator("#misconceptions a", has_text="student-5").first.click()
    assert page.locator("#table-students tbody tr:visible").count() == 9
    assert page.locator("#table-students tr:target th").inner_text() == "student-5"


@pytest.mark.parametrize("width", [360, 1280])
def test_only_tables_scroll_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(page, theme):
    """Contrast of at least 4.5, as WCAG asks, for every colour of text."""
    page.emulate_media(color_scheme=theme)
    contrasts = page.evaluate(
        """() => {
          const light = (text) => {
            const parts = text.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255);
            const [r, g, b] = parts.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const behind = (it) => {
            for (; it; it = it.parentElement) {
              const colour = getComputedStyle(it).backgroundColor;
              if (colour !== "rgba(0, 0, 0, 0)") return colour;
            }
          };
          return Array.from(document.querySelectorAll("p, a, h1, td, th, .state, .note, summary, svg text"), (it) => {
            const style = getComputedStyle(it);
            const pair = [light(it.closest("svg") ? style.fill : style.color), light(behind(it))].sort((a, b) => b - a);
            return (pair[0] + 0.05) / (pair[1] + 0.05);
          });
        }"""
    )
    assert len(contrasts) > 100
    assert min(contrasts) >= 4.5


def test_paper_gets_every_list_and_no_controls(page):
    details = page.locator("#misconceptions details").first
    assert details.get_attribute("open") is None
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert details.get_attribute("open") is not None
    page.emulate_media(media="print")
    for hidden in ("nav", ".filter", ".skip"):
        assert not page.locator(hidden).first.is_visible()
    # Chromium leaves buttons out of the headers that it repeats on each sheet.
    assert page.locator("th button").first.evaluate("it => getComputedStyle(it).display") == "contents"
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert details.get_attribute("open") is None
    assert page.pdf().startswith(b"%PDF")


def test_without_javascript_everything_is_there(browser, report_file):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report_file.as_uri())
    assert page.locator("#table-students tbody tr").count() == 9
    assert page.locator("button").count() == 0, "none that does nothing"
    context.close()


def test_no_script_of_a_students_runs(browser, tmp_path):
    """Escaped, it is text; and were something not escaped, the page's policy would stop it."""
    path = tmp_path / "report.html"
    report_page.write(hostile_class(), path)
    page = browser.new_page()
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    assert page.title().startswith(HOSTILE), "its name, as text"
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert HOSTILE in page.locator("#table-students").inner_text()
    text = report_page.page(hostile_class("plain"), NOON)
    assert text.count("<h1>plain") == 1
    path.write_text(text.replace("<h1>plain", f"<h1>{HOSTILE}"))
    page.goto(path.as_uri())
    page.wait_for_timeout(200)
    assert page.locator("script").count() == 2
    assert page.title().startswith("plain")
    assert page.locator("th button").count() > 10, "the page's own script runs"
    assert not dialogs
    page.close()
