"""The drill in a real JupyterLab in Chromium: by keyboard, saved in the store, and without the notebook's shortcuts."""

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe

from cnnkit.flashcards.store import Store

SOURCE = 'from cnnkit.flashcards import drill\n\ndrill("01-convolution")'
#: Milliseconds: a kernel on a busy machine needs some.
PATIENCE = 60_000
WITHOUT_NEWS = [
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
]


def notebook() -> str:
    cells = [
        {"cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for name, source in (("drill", SOURCE), ("after", "1 + 1"))
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def wait_for(url: str, server: subprocess.Popen, log) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None:
                break
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab of its own, with an empty home: its address, and the folder of the learner's progress."""
    home = tmp_path_factory.mktemp("home")
    (home / "work").mkdir()
    (home / "work" / "drill.ipynb").write_text(notebook())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    places = {
        "HOME": home,
        "CNNKIT_HOME": home / "progress",
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }
    environment = os.environ | {name: str(place) for name, place in places.items()}
    log = home / "server.log"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    options = [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={home / 'work'}"]
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, *options, *WITHOUT_NEWS], cwd=home / "work", env=environment, stdout=output, stderr=output
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api?token={token}", server, log)
        yield f"{address}/lab/tree/drill.ipynb?reset&token={token}", home / "progress"
    finally:
        server.terminate()
        try:
            server.wait(6)  # seconds; its kernels end when they miss it
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="module")
def tab(browser, lab):
    """The notebook, its first cell run, the keyboard on the card; nothing may be fetched but from the server itself."""
    address, _ = lab
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    tab = context.new_page()
    tab.strangers = []

    def serve(route):
        if route.request.url.startswith((address.partition("/lab")[0], "data:", "blob:")):
            return route.continue_()
        tab.strangers.append(route.request.url)
        return route.abort()

    context.route("**/*", serve)
    tab.goto(address)
    run_the_cell(tab)
    yield tab
    context.close()


def run_the_first_cell(tab) -> None:
    """As soon as there is a kernel; while it starts, the page may put the keyboard elsewhere."""
    cell = tab.locator(".jp-Notebook .jp-CodeCell").first.locator(".cm-content")
    cell.click(timeout=PATIENCE)
    tab.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=PATIENCE, state="attached")
    cell.click(timeout=PATIENCE)
    tab.keyboard.press("Control+Enter")


def run_the_cell(tab) -> None:
    run_the_first_cell(tab)
    tab.locator(".drill-card").wait_for(timeout=PATIENCE)
    tab.keyboard.press("Escape")


def press(tab, key: str) -> None:
    """Press a key, and wait for the kernel's answer."""
    tab.keyboard.press(key)
    tab.wait_for_function("() => !document.querySelector('.drill[aria-busy]')")


def phase(tab) -> str:
    return tab.locator(".drill").get_attribute("data-phase")


def cells(tab) -> list[str]:
    kind = "it => it.className.match(/jp-(\\w+)Cell/)[1]"
    return tab.locator(".jp-Notebook .jp-Cell").evaluate_all(f"all => all.map({kind})")


def ratings(progress) -> list[int]:
    with Store(progress / "progress.sqlite") as store:
        return [review.rating for review in store.reviews()]


def test_a_drill_by_keyboard(tab, lab):
    _, progress = lab
    tab.locator(".drill-card").focus()
    first = tab.locator(".drill-front").inner_text()
    for rating in "3412":
        if phase(tab) == "front":
            press(tab, "Escape")
            press(tab, " ")
        assert phase(tab) == "back"
        assert tab.evaluate("document.activeElement.className").endswith("drill-suggested")
        press(tab, rating)
        assert tab.evaluate("document.querySelector('.drill').contains(document.activeElement)")
    assert ratings(progress) == [3, 4, 1, 2]
    for _ in range(4):
        press(tab, "Escape")
        press(tab, "u")
    assert tab.locator(".drill-front").inner_text() == first
    assert ratings(progress) == []


def test_a_typed_answer_proposes_a_rating(tab, lab):
    _, progress = lab
    tab.locator(".drill-card").focus()
    for _ in range(30):
        if tab.locator(".drill-input").count():
            break
        press(tab, " ")
        press(tab, "4")
    tab.locator(".drill-input").focus()
    tab.keyboard.type("xxyyzz dd")
    assert tab.locator(".drill-input").input_value() == "xxyyzz dd", "neither cut, nor a cell deleted"
    press(tab, "Enter")
    assert phase(tab) == "back"
    assert tab.locator(".drill-suggested").inner_text().startswith("Again")
    press(tab, "Enter")
    assert ratings(progress)[-1] == 1
    press(tab, "Escape")
    press(tab, "u")


def shortcuts_stay_quiet(tab) -> None:
    """Press what would, in command mode, insert, cut, delete, retype, merge, run or scroll cells."""
    number = tab.locator(".jp-InputPrompt").first.inner_text()
    tab.locator(".drill-card").focus()
    if phase(tab) == "back":
        press(tab, "3")
        press(tab, "Escape")
    for where in ("front", "back"):
        assert phase(tab) == where
        for key in (*"abxmyrddzj", "Shift+M", "Shift+Enter", "Control+Enter", "ArrowDown"):
            tab.keyboard.press(key)
        assert tab.evaluate("document.querySelector('.drill').contains(document.activeElement)")
        press(tab, " ")
    assert cells(tab) == ["Code", "Code"]
    assert tab.locator(".jp-InputPrompt").first.inner_text() == number, "not run again"
    assert tab.locator(".jp-mod-editMode").count() == 0


def test_the_notebooks_shortcuts_stay_quiet(tab):
    shortcuts_stay_quiet(tab)


def test_the_same_in_notebook_7(browser, lab):
    """It takes the keys before the page's own listeners do, unlike JupyterLab."""
    address, _ = lab
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    tab = context.new_page()
    tab.goto(address.replace("/lab/tree/", "/notebooks/"))
    run_the_cell(tab)
    shortcuts_stay_quiet(tab)
    context.close()


def test_tab_leaves_the_drill(tab):
    tab.locator(".drill-card").focus()
    for _ in range(15):
        tab.keyboard.press("Tab")
        if not tab.evaluate("document.querySelector('.drill').contains(document.activeElement)"):
            return
    pytest.fail("the keyboard is trapped in the drill")


@pytest.mark.parametrize("light", ["true", "false"])
def test_axe_finds_nothing_in_either_theme(tab, light):
    tab.evaluate("light => { document.body.dataset.jpThemeLight = light; }", light)
    tab.locator(".drill-card").focus()
    for _ in range(2):
        results = Axe().run(tab, context=".drill", options={"resultTypes": ["violations"]})
        assert not results.violations_count, results.generate_report()
        press(tab, "Escape")
        press(tab, " ")
    tab.evaluate("document.body.dataset.jpThemeLight = 'true'")


def test_a_reload_keeps_progress_and_nothing_came_from_elsewhere(tab, lab):
    _, progress = lab
    done = len(ratings(progress))
    assert done > 0
    tab.reload()
    run_the_cell(tab)
    tab.wait_for_function(
        "done => document.querySelector('.drill-progress').getAttribute('aria-valuenow') === String(done)", arg=done
    )
    assert not tab.strangers
