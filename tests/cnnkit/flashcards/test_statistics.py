"""The numbers of how the learning goes, and their picture."""

from datetime import timedelta

import pytest

from cnnkit import flashcards
from cnnkit.flashcards import scheduling
from cnnkit.flashcards.statistics import Statistics, Topic, gather, picture
from cnnkit.flashcards.store import Store

from .helpers import MONDAY, card, deck_of

FSRS = scheduling.make_scheduler()
DECK = deck_of(card("a", tags=("conv", "stride")), card("b", tags=("conv",)), card("c", tags=("pool",)))


@pytest.fixture
def store():
    with Store(":memory:") as store:
        yield store


def rate(store, card_id, rating, now):
    before = store.state(card_id)
    after = scheduling.review(before or scheduling.new(now), rating, now, FSRS)
    return store.record(card_id, before, after, rating)


def test_what_is_due_and_what_was_done(store):
    rate(store, "a", 4, MONDAY)  # due in eight days
    rate(store, "b", 4, MONDAY + timedelta(days=1))
    rate(store, "other deck", 4, MONDAY + timedelta(days=1))
    numbers = gather(DECK, store, MONDAY + timedelta(days=2), days=10)
    assert numbers.forecast == (0, 0, 0, 0, 0, 0, 1, 1, 0, 0)
    assert numbers.done == (0, 0, 0, 0, 0, 0, 0, 1, 1, 0)
    assert (numbers.seen, numbers.cards) == (2, 3)
    late = gather(DECK, store, MONDAY + timedelta(days=30), days=3)
    assert late.forecast == (2, 0, 0), "what is overdue is due today"
    assert late.done == (0, 0, 0)


def test_retention_is_of_learned_cards_only_and_hard_is_a_success(store):
    rate(store, "a", 1, MONDAY)  # a new card that was not known is no lapse
    rate(store, "a", 4, MONDAY)
    assert gather(DECK, store, MONDAY).retention is None
    for days, rating in ((3, 2), (9, 3), (20, 1)):
        rate(store, "a", rating, MONDAY + timedelta(days=days))
    numbers = gather(DECK, store, MONDAY + timedelta(days=20))
    assert (numbers.kept, numbers.asked) == (2, 3)
    assert numbers.retention == pytest.approx(2 / 3)


def test_an_undone_review_does_not_count(store):
    rate(store, "a", 4, MONDAY)
    store.undo()
    numbers = gather(DECK, store, MONDAY)
    assert (numbers.done[-1], numbers.seen) == (0, 0)


def test_topics_from_the_weakest_on(store):
    rate(store, "a", 4, MONDAY)
    numbers = gather(DECK, store, MONDAY)
    assert dict(numbers.topics) == {"pool": Topic(0, 0, 1), "conv": Topic(0.5, 1, 2), "stride": Topic(1.0, 1, 1)}
    assert list(numbers.topics) == ["pool", "conv", "stride"]
    later = gather(DECK, store, MONDAY + timedelta(days=100))
    assert later.topics["stride"].strength < 0.9


def test_leeches_are_listed(store, monkeypatch):
    monkeypatch.setattr(scheduling, "LEECH_LAPSES", 1)
    rate(store, "a", 4, MONDAY)
    rate(store, "b", 4, MONDAY)
    rate(store, "b", 1, MONDAY + timedelta(days=8))
    assert gather(DECK, store, MONDAY + timedelta(days=8)).leeches == ("b",)


def test_a_bad_number_of_days_is_named(store):
    with pytest.raises(ValueError, match="days=0 is less than 1"):
        gather(DECK, store, MONDAY, days=0)


@pytest.mark.parametrize("days", [1, 30, 365])
def test_the_picture_shows_the_numbers(days):
    topics = {f"topic {number}": Topic(number / 20, number, 20) for number in range(20)}
    numbers = Statistics("Mine", tuple(range(days)), (3,) * days, 9, 10, 5, 9, (), topics)
    drawn = picture(numbers)
    ahead, back, kept, strength = drawn.axes
    assert [bar.get_height() for bar in ahead.patches] == list(range(days))
    assert [bar.get_height() for bar in back.patches] == [3] * days
    assert [bar.get_height() for bar in kept.patches] == [9, 1]
    assert kept.get_title() == "Retention: 90 %"
    assert strength.get_title() == "Weakest topics"
    assert len(strength.patches) == 12
    assert drawn._repr_png_().startswith(b"\x89PNG")


def test_a_picture_of_nothing_is_drawn_too(store):
    assert picture(gather(deck_of(), store, MONDAY))._repr_png_()
    assert picture(gather(DECK, store, MONDAY)).axes[2].get_title() == "Retention: no reviews of learned cards yet"


def test_progress_in_a_notebook(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNKIT_HOME", str(tmp_path))
    assert flashcards.progress("01-convolution", days=7).axes[0].get_title() == "Due in the next 7 days"
    assert flashcards.progress(DECK)._repr_png_()
