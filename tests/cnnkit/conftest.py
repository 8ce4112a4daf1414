"""No test depends on how busy the machine is."""

import pytest


@pytest.fixture(autouse=True)
def all_the_time_in_the_world(monkeypatch):
    """A check tries all its examples, however long they take."""
    monkeypatch.setattr("cnnkit.checking.BUDGET", 300.0)
    monkeypatch.setattr("cnnkit.checking.SHRINKING", 0.5)
