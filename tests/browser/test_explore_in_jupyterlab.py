"""The kernel explorer in a real JupyterLab and Notebook 7: what is typed is in Python, what Python sets is seen."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_drill_in_jupyterlab import PATIENCE, lab, run_the_first_cell  # noqa: F401  a fixture

SOURCES = {
    "explorer": 'from cnnkit import explore\n\nit = explore.explore("counting", [[0, 0], [0, 0]])\nit',
    "asked": "print(it.kernel.tolist(), it.feature_map.tolist())",
    "set": 'it.image = "chelsea"\nit.kernel = "sharpen"\nit.level = "emboss"',
}


@pytest.fixture(scope="module")
def address(lab):  # noqa: F811
    address, progress = lab
    cells = [
        {"cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for name, source in SOURCES.items()
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (progress.parent / "work" / "explore.ipynb").write_text(json.dumps(book))
    return address.replace("drill.ipynb", "explore.ipynb")


@pytest.mark.parametrize("place", ["lab", "notebook"])
def test_view_and_python_agree(browser, address, place):
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    tab = context.new_page()
    strangers = []

    def serve(route):
        if route.request.url.startswith((address.partition("/lab")[0], "data:", "blob:")):
            return route.continue_()
        strangers.append(route.request.url)
        return route.abort()

    context.route("**/*", serve)
    tab.goto(address if place == "lab" else address.replace("/lab/tree/", "/notebooks/"))
    run_the_first_cell(tab)
    tab.locator(".explore-weights").wait_for(timeout=PATIENCE)
    first = tab.get_by_label("row 0, column 0")
    first.focus()
    # Among these are, in command mode, keys that insert, cut, delete, retype and scroll cells.
    for key in (*"abddx", "Escape", "m", "0", "ArrowRight", "1", "ArrowDown", "3", "ArrowLeft", "ArrowLeft", "2"):
        tab.keyboard.press(key)
    tab.get_by_role("application", name="Feature map").focus()
    for key in (*"abdd", "ArrowDown", "End"):
        tab.keyboard.press(key)
    assert tab.locator(".jp-Notebook .jp-CodeCell").count() == 3
    assert tab.evaluate("document.querySelector('.explore').contains(document.activeElement)")
    tab.get_by_text("The sum of 4 products: 43", exact=True).wait_for(timeout=PATIENCE)
    if place == "lab":  # whose style sheets are those of Notebook 7 too
        results = Axe().run(tab, context=".explore", options={"resultTypes": ["violations"]})
        assert not results.violations_count, results.generate_report()
    tab.wait_for_timeout(300)  # what was typed is sent a moment after the last key
    run(tab, 1)
    answer = tab.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output")
    answer.get_by_text("[[0, 1], [2, 3]] [[19.0, 25.0], [37.0, 43.0]]").wait_for(timeout=PATIENCE)
    run(tab, 2)
    tab.locator(".explore-task", has_text="pressed into metal").wait_for(timeout=PATIENCE)
    assert first.input_value() == "0"
    context.close()
    assert not strangers


def run(tab, number: int) -> None:
    tab.locator(".jp-Notebook .jp-CodeCell").nth(number).locator(".cm-content").click()
    tab.keyboard.press("Control+Enter")
