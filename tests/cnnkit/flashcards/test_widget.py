"""The widget's Python side, without a browser; tests/browser/test_drill_in_jupyterlab.py clicks on it."""

import random
from datetime import UTC, datetime

import pytest

from cnnkit import flashcards
from cnnkit.flashcards.cards import Card, Deck
from cnnkit.flashcards.store import Store, StoreError
from cnnkit.flashcards.widget import Drill

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARDS = (
    Card("stride", "basic", "What is a stride?", "The step.", "mine", ("a",), "lesson 01"),
    Card("blur", "choice", "Which blurs?", "", "mine", ("a",), "s", answers=("Box",), choices=("Box", "Sobel")),
    Card("seen", "basic", "What?", "That.", "mine", ("a",), "s", picture="filter:top_sobel:camera"),
)


@pytest.fixture
def drill():
    deck = Deck("mine", "Mine", CARDS)
    with Store(":memory:") as store:
        yield Drill(deck, store=store, clock=lambda: NOON, rng=random.Random(1))


def do(drill: Drill, what: str, **more) -> dict:
    """As the view does it: over the message that the front end sends."""
    drill._handle_custom_msg({"do": what, "serial": drill.snapshot["serial"], **more}, [])
    return drill.snapshot


def test_the_view_is_sent_what_the_session_shows(drill):
    assert drill.snapshot == drill.session.snapshot() | {"serial": 0, "notice": ""}
    assert do(drill, "flip")["phase"] == "back"
    assert do(drill, "rate", rating=4)["done_today"] == 1
    assert "answer" not in drill.snapshot["card"], "told when the card is turned over, not before"
    answered = do(drill, "answer", typed="Sobel")
    assert (answered["card"]["answer"], answered["judgement"]["proposed"]) == ("Box", 1)
    assert do(drill, "rate", rating=4)["card"]["alt"].startswith("Two pictures side by side")
    assert do(drill, "skip")["phase"] == "done"
    assert [do(drill, "undo")["card"]["id"] for _ in range(3)] == ["seen", "blur", "stride"]
    assert not drill.snapshot["can_undo"]


def test_a_key_pressed_twice_counts_once(drill):
    do(drill, "flip")
    command = {"do": "rate", "rating": 3, "serial": drill.snapshot["serial"]}
    drill.obey(command)
    shown = drill.snapshot
    drill.obey(command)
    assert drill.snapshot == shown
    assert len(drill.session.store.reviews()) == 1


def test_a_command_that_does_not_fit_changes_nothing_but_is_answered(drill):
    assert do(drill, "rate", rating=3)["phase"] == "front"
    do(drill, "flip")
    assert do(drill, "answer", typed="x")["phase"] == "back"
    assert drill.snapshot["serial"] == 3
    assert not drill.session.store.reviews()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ({"do": "erase"}, "do='erase' is not"),
        ({"do": "_next"}, "do='_next' is not"),
        ({}, "do=None is not"),
        ({"do": "answer", "typed": 5}, "typed=5 is not a text"),
    ],
)
def test_nonsense_is_refused(drill, command, message):
    with pytest.raises(ValueError, match=message):
        drill.obey(command | {"serial": 0})


def test_what_could_not_be_saved_is_said_and_the_card_stays(drill, monkeypatch):
    def full(*_args, **_kwargs):
        raise StoreError("progress.sqlite: disk is full")

    do(drill, "flip")
    monkeypatch.setattr(drill.session.store, "record", full)
    shown = do(drill, "rate", rating=3)
    assert (shown["notice"], shown["phase"]) == ("This was not saved: progress.sqlite: disk is full", "back")
    monkeypatch.undo()
    assert do(drill, "rate", rating=3)["notice"] == ""


def test_without_the_widget_a_notebook_shows_what_to_do(drill):
    bundle = drill._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"].endswith("type in a terminal: cnnkit drill mine")


def test_drill_makes_the_widget(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNKIT_HOME", str(tmp_path))
    drill = flashcards.drill("01-convolution", new_per_day=3)
    assert isinstance(drill, Drill)
    assert drill.snapshot["counts"]["new"] == 3
    drill.session.store.close()
