"""The kernel explorer in Chromium: played by keyboard alone, with the numbers of cnnkit, sent nowhere."""

import base64
import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from cnnkit import ops
from cnnkit.explore import levels, page, pictures
from tests.cnnkit.explore import vectors

#: Where the tests' own module page is; no such host exists.
ORIGIN = "http://explorer.invalid"


@pytest.fixture(scope="module")
def explorer_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    path.write_text(page.build(), encoding="utf-8")
    return path


@pytest.fixture
def tab(browser, explorer_file):
    """The page in a fresh browser profile that fails on any error and any request but the file itself."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
    tab = context.new_page()
    tab.troubles = []
    tab.on("pageerror", lambda error: tab.troubles.append(str(error)))
    tab.on("console", lambda message: tab.troubles.append(message.text))
    own = ("file:", "blob:")
    context.on("request", lambda request: request.url.startswith(own) or tab.troubles.append(request.url))
    tab.goto(explorer_file.as_uri())
    tab.locator(".explore-weights").wait_for()
    yield tab
    context.close()
    assert not tab.troubles


def press(tab, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def tab_to(tab, name: str) -> None:
    """Press the Tab key until the part of that name has the focus, and see that it shows."""
    named = """name => {
      const it = document.activeElement;
      const text = it.getAttribute("aria-label") ?? it.labels?.[0]?.textContent ?? it.textContent;
      return text.startsWith(name);
    }"""
    for _ in range(60):
        press(tab, "Tab")
        if tab.evaluate(named, name):
            assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", "the focus is seen"
            return
    pytest.fail(f"the Tab key does not reach {name!r}")


def settled(tab) -> None:
    """Until the next frame, when what was changed is drawn."""
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def write_kernel(tab, rows) -> None:
    """From the first cell, type the weights; arrows go from cell to cell."""
    for number, row in enumerate(rows):
        for weight in row:
            tab.keyboard.type(str(weight))
            press(tab, "ArrowRight")
        if number + 1 < len(rows):
            press(tab, *["ArrowDown"], *["ArrowLeft", "ArrowLeft"] * len(row))
    settled(tab)


def total(tab) -> str:
    settled(tab)
    return tab.locator(".explore-total").inner_text()


def violations(tab) -> str:
    results = Axe().run(tab, options={"resultTypes": ["violations"]})
    return results.generate_report() if results.violations_count else ""


def test_the_view_computes_what_cnnkit_computes(browser):
    context = browser.new_context()
    view = (page._STATIC / "explore.js").read_text(encoding="utf-8")
    context.route(
        "**/*",
        lambda route: route.fulfill(
            content_type="text/javascript" if route.request.url.endswith(".js") else "text/html",
            body=view if route.request.url.endswith(".js") else "<!doctype html>",
        ),
    )
    tab = context.new_page()
    tab.goto(f"{ORIGIN}/empty.html")
    known = json.loads(vectors.PATH.read_text(encoding="utf-8"))
    found = tab.evaluate(
        """async (runs) => {
          const { decoded, run } = await import("/explore.js");
          const plain = (map) => map && { rows: map.rows, columns: map.columns, values: Array.from(map.values) };
          return runs.map(({ picture, numbers, settings }) => {
            const values = picture.type === "uint8" ? Uint8Array.from(numbers) : Float64Array.from(numbers);
            const { input, map, pooled, trouble } = run(decoded({ ...picture, data: values }), settings);
            return trouble ? null : { padded: [input.rows, input.columns], map: plain(map), pooled: plain(pooled) };
          });
        }""",
        known["runs"],
    )
    assert [each is not None for each in found] == [each["fits"] for each in known["runs"]]
    for got, wanted in zip(found, known["runs"], strict=True):
        if got is None:
            continue
        assert got["padded"] == wanted["padded"]
        for name in ("map", "pooled"):
            if wanted[name] is None:
                assert got.get(name) is None
                continue
            assert (got[name]["rows"], got[name]["columns"]) == (wanted[name]["rows"], wanted[name]["columns"])
            np.testing.assert_allclose(got[name]["values"], wanted[name]["values"], rtol=1e-12, atol=1e-10)
    photos = {one.photo: {**pictures.take(one.photo).message(), "data": None} for one in levels.LEVELS}
    for name, photo in photos.items():
        photo["numbers"] = base64.b64encode(pictures.take(name).array.tobytes()).decode()
    shares = tab.evaluate(
        """async ([tries, levels, photos]) => {
          const { decoded, madeBy, likeness } = await import("/explore.js");
          const deep = (cells) => cells.map((row) => row.map((weight) => [weight]));
          const images = {};
          for (const [name, it] of Object.entries(photos)) {
            const data = Uint8Array.from(atob(it.numbers), (letter) => letter.charCodeAt(0));
            images[name] = decoded({ ...it, data });
          }
          return tries.map((each) => {
            const one = levels[each.level];
            const image = images[one.photo];
            const made = madeBy(image, deep(each.cells), each.divisor);
            return Math.max(0, likeness(one.keeps, made, madeBy(image, deep(one.cells), one.divisor), image));
          });
        }""",
        [
            known["likeness"],
            {
                one.name: {"photo": one.photo, "keeps": one.keeps, "cells": one.cells, "divisor": one.divisor}
                for one in levels.LEVELS
            },
            photos,
        ],
    )
    np.testing.assert_allclose(shares, [each["share"] for each in known["likeness"]], rtol=1e-9, atol=1e-9)
    context.close()


def test_explored_by_keyboard(tab):
    """The worked example of lesson 01: numbers, a kernel of 2 × 2, cell by cell; then a border, a ReLU, a pooling."""
    tab_to(tab, "Picture")
    tab.keyboard.type("0 to 8")
    tab_to(tab, "row 0, column 0")
    tab_to(tab, "Kernel rows")
    press(tab, "ArrowDown", "Tab", "ArrowDown")
    press(tab, "Shift+Tab", "Shift+Tab")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "row 0, column 0"
    write_kernel(tab, [[0, 1], [2, 3]])
    assert total(tab) == "The sum of 4 products: 19"
    tab_to(tab, "Feature map, 2 rows, 2 columns")
    sums = []
    for key in ("Home", "ArrowRight", "ArrowDown", "ArrowLeft"):
        press(tab, key)
        sums.append(total(tab).rpartition(" ")[2])
    assert sums == ["19", "25", "43", "37"]
    assert tab.locator(".explore-windows td").all_inner_texts()[3].split() == ["7", "×", "3", "is", "21"]
    tab.get_by_role("status").get_by_text("Row 1, column 0. The sum of 4 products: 37.").wait_for()
    press(tab, "Control+Home", " ")  # slides to the end by itself
    tab.get_by_role("status").get_by_text("The map is complete.").wait_for()
    assert total(tab).endswith("43")
    tab.get_by_label("Border", exact=True).focus()
    tab.keyboard.type("zeros")
    tab_to(tab, "ReLU")
    press(tab, " ")
    tab_to(tab, "Pooling")
    tab.keyboard.type("max")
    settled(tab)
    assert tab.locator(".explore-formula dd").all_inner_texts()[:4] == [
        "(3 + 2·1 − 2) // 1 + 1 = 4", "(3 + 2·1 − 2) // 1 + 1 = 4", "(4 − 2) // 2 + 1 = 2", "(4 − 2) // 2 + 1 = 2",
    ]  # fmt: skip
    tab_to(tab, "Pooled map, 2 rows, 2 columns")
    press(tab, "End", "ArrowDown")
    padded = ops.conv2d(ops.pad2d(np.arange(9).reshape(3, 3), 1), [[0, 1], [2, 3]])
    assert total(tab) == f"The largest of 4 numbers: {ops.max_pool2d(padded)[1, 1]}"


def test_a_level_is_found_by_keyboard(tab):
    tab_to(tab, "Find the kernel")
    press(tab, "Enter")
    tab.locator(".explore-task").wait_for()
    tab_to(tab, "Hint 1 of 3")
    press(tab, "Enter")
    settled(tab)
    assert "add up to 0" in tab.locator(".explore-hints").inner_text()
    tab_to(tab, "row 0, column 0")
    write_kernel(tab, [[2, 0, -2]] * 3)
    assert "negative: turn the signs around" in tab.locator(".explore-verdict").inner_text()
    tab_to(tab, "± Signs")
    press(tab, "Enter")
    settled(tab)
    assert tab.locator(".explore-verdict").inner_text() == "Found: 100 % alike.", "twice the weights, the same picture"
    assert not violations(tab)
    tab.get_by_role("status").get_by_text("Found: Vertical edges, 100 per cent alike. 1 of 6 levels.").wait_for()
    while not tab.evaluate("document.activeElement.textContent.startsWith('Next level')"):
        press(tab, "Shift+Tab")
    press(tab, "Enter")
    tab.locator(".explore-task", has_text="top to bottom").wait_for()
    settled(tab)
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "row 0, column 0", "the focus goes on"
    tab.reload()
    assert tab.get_by_role("button", name="Find the kernel · 1 of 6").is_visible(), "kept in the browser"


def test_a_photo_with_a_kernel_three_deep_and_one_of_your_own(tab, tmp_path):
    tab.get_by_label("Picture", exact=True).select_option("chelsea")
    tab.get_by_label("Colours").select_option("rgb")
    settled(tab)
    tab.get_by_role("application", name="Feature map").focus()
    press(tab, "Control+Home")
    kernel = np.repeat(np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])[:, :, np.newaxis], 3, axis=2)
    expected = ops.conv2d_channels(pictures.take("chelsea").array, kernel)[0, 0]
    assert total(tab).startswith(f"The sum of 27 products: {str(expected).replace('-', '−')}, divided by 3: ")
    path = tmp_path / "own.png"
    Image.fromarray(np.full((40, 600, 3), (255, 0, 0), dtype=np.uint8)).save(path)
    tab.get_by_label("Your own photo").set_input_files(path)
    tab.get_by_role("status").get_by_text("Your photo, 17 rows, 256 columns.").wait_for()
    settled(tab)
    assert tab.get_by_label("Picture", exact=True).input_value() == "yours"
    assert "255 × 1" in tab.locator(".explore-windows td").first.inner_text()
    (tmp_path / "text.png").write_text("no picture")
    tab.get_by_label("Your own photo").set_input_files(tmp_path / "text.png")
    tab.get_by_role("alert").get_by_text("text.png is not a picture that this browser can read.").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(tab, theme):
    tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
    assert not violations(tab)
    tab.get_by_label("Pooling", exact=True).select_option("average")
    tab.get_by_label("Picture", exact=True).select_option("stripe")
    tab.get_by_label("Kernel", exact=True).select_option("box_blur")
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.get_by_text("Keys", exact=True).click()
    settled(tab)
    assert not violations(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.get_by_label("Border", exact=True).select_option("zero")
    tab.get_by_label("Kernel columns", exact=True).fill("15")
    press(tab, "Enter")
    settled(tab)
    assert not violations(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360, "a wide kernel scrolls in its own place"
    tab.get_by_role("button", name="Find the kernel").click()
    tab.locator(".explore-task").wait_for()
    tab.get_by_role("button", name="Hint 1").click()
    settled(tab)
    assert not violations(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
