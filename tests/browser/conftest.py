"""Chromium, once for all tests in a browser."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.fail("these tests need Chromium; type: sudo apt-get install chromium (as root, `make test` does it)")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start as root, nor in most containers; the pages are our own.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
