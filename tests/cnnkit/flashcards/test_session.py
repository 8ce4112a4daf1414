"""A drill, from the first card to the last."""

import base64
import json
import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cnnkit.flashcards import scheduling
from cnnkit.flashcards.cards import Matrix
from cnnkit.flashcards.session import Session
from cnnkit.flashcards.store import Store, StoreError

from .helpers import MONDAY, Clock, card, deck_of


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    with Store(":memory:", clock) as store:
        yield store


def start(deck, store, clock, **options) -> Session:
    return Session(deck, store, clock, random.Random(1), **options)


def rate(session: Session, rating: int = 3) -> str:
    """Rate what is shown; returns its id."""
    card_id = session.card.id
    session.flip()
    session.rate(rating)
    return card_id


def test_a_first_drill(store, clock):
    session = start(deck_of("a", "b"), store, clock)
    assert (session.phase, session.card.id, session.counts) == ("front", "a", (2, 0, 0))
    session.flip()
    assert session.phase == "back"
    session.rate(3)
    assert (session.card.id, session.counts) == ("b", (1, 1, 0))
    rate(session, 4)
    assert session.card.id == "a", "nothing else is left: ten minutes are not waited for"
    assert rate(session) == "a"
    assert (session.phase, session.current, session.card, session.counts) == ("done", None, None, (0, 0, 0))
    assert session.snapshot()["done_today"] == 3


def test_cards_in_their_first_minutes_come_when_their_time_has_come(store, clock):
    session = start(deck_of("a", "b", "c"), store, clock)
    rate(session, 1)
    assert session.card.id == "b"
    clock.forward(minutes=2)
    rate(session, 4)
    assert session.card.id == "a", "its minute is over, before the next new card"


def test_due_cards_come_before_new_ones_and_the_oldest_day_first(store, clock):
    first = start(deck_of("a", "b"), store, clock)
    rate(first, 4)
    clock.forward(days=2)
    rate(start(deck_of("a", "b"), store, clock), 4)
    clock.forward(days=30)
    session = start(deck_of("b", "new", "a"), store, clock)
    assert session.counts == (1, 0, 2)
    assert [rate(session, 4) for _ in range(3)] == ["a", "b", "new"]


def test_without_learning_ahead_a_drill_ends(store, clock):
    session = start(deck_of("a"), store, clock, learn_ahead=timedelta(0))
    rate(session)
    assert (session.phase, session.next_in) == ("done", "10 min")
    clock.forward(minutes=10)
    session.flip()
    assert (session.phase, session.card.id) == ("front", "a")


def test_daily_limits(store, clock):
    deck = deck_of(*(f"card-{number}" for number in range(9)))
    session = start(deck, store, clock, new_per_day=4)
    assert session.counts == (4, 0, 0)
    for _ in range(2):
        rate(session, 4)
    session = start(deck, store, clock, new_per_day=4)
    assert session.counts == (2, 0, 0), "what was met today counts in every drill of the day"
    for _ in range(2):
        rate(session, 4)
    assert (session.phase, session.next_in) == ("done", "19 h")
    clock.forward(days=12)
    session = start(deck, store, clock, new_per_day=0, reviews_per_day=3)
    assert session.counts == (0, 0, 3)
    for _ in range(3):
        rate(session)
    assert session.phase == "done"
    assert session.next_in == "19 h", "the fourth comes tomorrow"


def test_a_day_is_the_learners_own(store, clock):
    clock.now = datetime(2026, 3, 3, 1, tzinfo=UTC)  # still Monday night
    session = start(deck_of("a", "b"), store, clock, new_per_day=1)
    rate(session, 4)
    clock.forward(hours=2)
    assert start(deck_of("a", "b"), store, clock, new_per_day=1).phase == "done"
    clock.forward(hours=2)
    assert start(deck_of("a", "b"), store, clock, new_per_day=1).card.id == "b"


def test_a_learned_card_is_due_on_all_of_its_day(store, clock):
    rate(start(deck_of("a"), store, clock), 4)
    due = store.state("a").due
    clock.now = due.replace(hour=4, minute=1)
    assert start(deck_of("a"), store, clock).card.id == "a"


def test_the_button_says_what_it_does(store, clock):
    session = start(deck_of("a"), store, clock)
    rate(session, 4)
    for rating in (3, 2, 1, 1, 2, 3, 4):
        clock.now = max(clock.now, store.state("a").due)
        session.flip()
        if session.phase == "front":
            session.flip()
        shown = session.preview[rating]
        session.rate(rating)
        assert scheduling.interval_text(store.state("a").due - clock.now) == shown


def test_typed_answers_propose_and_the_learner_decides(store, clock):
    number = card("n", "numeric", answers=("26",), feedback={"28": "You forgot the kernel."})
    session = start(deck_of(number), store, clock)
    clock.forward(seconds=40)
    said = session.answer("28")
    assert (said.right, said.proposed, session.phase) == (False, 1, "back")
    assert session.snapshot()["judgement"]["message"] == "You forgot the kernel."
    assert session.snapshot()["typed"] == "28"
    clock.forward(seconds=5)
    session.rate(3)
    (review,) = store.reviews()
    assert (review.rating, review.answer, review.seconds) == (3, "28", 45.0)


def test_a_long_break_is_not_thinking(store, clock):
    session = start(deck_of("a"), store, clock)
    session.flip()
    clock.forward(hours=3)
    session.rate(3)
    assert store.reviews()[0].seconds == 600


def test_choices_do_not_always_stand_in_the_same_place(store, clock):
    options = ("one", "two", "three", "four")
    deck = deck_of(card("c", "choice", answers=("two",), choices=options))
    orders = set()
    for seed in range(20):
        session = Session(deck, store, clock, random.Random(seed))
        assert sorted(session.current.choices) == sorted(options)
        orders.add(session.current.choices)
        assert session.answer("two").right
    assert len(orders) > 5


def test_generated_cards_have_fresh_numbers_each_time_and_the_same_after_undo(store, clock):
    from cnnkit.flashcards.generated import TEMPLATES, draw

    name = next(iter(TEMPLATES))
    session = start(deck_of(card("g", "generated", front="", back="", template=name)), store, clock)
    fronts = []
    for seed in range(3):
        clock.now = max(clock.now, session.store.states().get("g", scheduling.new(clock.now)).due)
        session.flip() if session.phase == "done" else None
        assert session.current.front == draw(name, seed).front
        fronts.append(session.current.front)
        assert session.answer(session.current.answers[0]).right
        session.rate(3)
    assert len(set(fronts)) > 1
    session.undo()
    assert session.current.front == fronts[-1]


def test_undo_goes_back_step_by_step(store, clock):
    session = start(deck_of("a", "b", "c"), store, clock)
    assert not session.can_undo
    assert not session.undo()
    rate(session, 1)
    session.skip()
    rate(session, 4)
    assert session.counts == (0, 1, 0)
    assert [session.undo() and session.card.id for _ in range(3)] == ["c", "b", "a"]
    assert session.phase == "front"
    assert session.counts == (3, 0, 0)
    assert store.states() == {}
    assert not session.undo()
    assert rate(session) == "a"


def test_undo_takes_back_a_lapse(store, clock):
    session = start(deck_of("a"), store, clock)
    rate(session, 4)
    clock.forward(days=20)
    session.flip()
    before = store.state("a")
    rate(session, 1)
    assert store.state("a").lapses == 1
    session.undo()
    assert store.state("a") == before
    assert session.snapshot()["done_today"] == 0


def test_undo_leaves_other_drills_alone(store, clock):
    here, there = start(deck_of("a", "b"), store, clock), start(deck_of("b"), store, clock)
    rate(here)
    rate(there)
    here.undo()
    assert set(store.states()) == {"b"}


def test_a_skipped_card_comes_in_the_next_drill(store, clock):
    session = start(deck_of("a"), store, clock)
    session.skip()
    assert (session.phase, session.counts) == ("done", (0, 0, 0))
    assert start(deck_of("a"), store, clock).card.id == "a"


def test_leeches_are_shown(store, clock):
    session = start(deck_of("a"), store, clock)
    rate(session, 4)
    for _ in range(8):
        assert not session.leech
        clock.now = store.state("a").due
        session.flip()
        rate(session, 1)
        clock.now = store.state("a").due
        session.flip() if session.phase == "done" else None
        rate(session, 4)
    clock.now = store.state("a").due
    session.flip()
    assert session.leech
    assert session.snapshot()["leech"]
    assert session.snapshot()["card"]["lesson"] == "mine"


def test_before_an_exam_every_card_comes_once_more(store, clock):
    deck = deck_of(*(f"card-{number}" for number in range(30)))
    exam = date(2026, 3, 16)
    session = start(deck, store, clock, exam_date=exam, new_per_day=0)
    assert session.counts[0] == 3, "thirty new cards in thirteen days, though the limit is 0"
    last = {}
    while scheduling.day_of(clock.now) < exam:
        session = start(deck, store, clock, exam_date=exam, new_per_day=0)
        while session.phase != "done":
            card_id = rate(session, 4)
            last[card_id] = clock.now
            on_the_eve = scheduling.day_of(clock.now) == exam - timedelta(days=1)
            assert on_the_eve or scheduling.day_of(store.state(card_id).due) < exam
        clock.forward(days=1)
    assert len(last) == 30
    assert min(last.values()) >= MONDAY + timedelta(days=10)


def test_an_exam_brings_back_what_was_put_off_past_it(store, clock):
    deck = deck_of("a")
    rate(start(deck, store, clock), 4)
    clock.now = store.state("a").due
    rate(start(deck, store, clock), 4)
    put_off = store.state("a").due
    exam = scheduling.day_of(clock.now) + timedelta(days=10)
    assert scheduling.day_of(put_off) > exam
    seen = []
    for _ in range(9):
        clock.forward(days=1)
        seen.append(start(deck, store, clock, exam_date=exam).phase)
    assert seen[0] == "done"
    assert seen[-1] == "front"


def test_another_session_is_noticed(tmp_path, clock):
    deck = deck_of("a", "b")
    with Store(tmp_path / "p", clock) as one, Store(tmp_path / "p", clock) as two:
        here, there = start(deck, one, clock), start(deck, two, clock)
        here.flip()
        rate(there, 4)  # the card that is open here
        here.rate(1)
        assert one.state("a").reviews == 2
        assert one.state("a").lapses == 1
        rate(there, 4)
        clock.forward(minutes=1)
        here.skip()
        assert here.snapshot()["done_today"] == 3
        assert here.snapshot()["counts"]["new"] == 0


def test_a_rating_that_cannot_be_written_keeps_the_card(store, clock, monkeypatch):
    session = start(deck_of("a", "b"), store, clock)
    session.flip()

    def full(*_):
        raise StoreError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "record", full)
        with pytest.raises(StoreError):
            session.rate(3)
    assert (session.phase, session.card.id, session.can_undo) == ("back", "a", False)
    session.rate(3)
    assert session.card.id == "b"


def test_editing_a_card_keeps_its_history(store, clock):
    rate(start(deck_of(card("a", front="old words")), store, clock), 4)
    clock.forward(days=30)
    session = start(deck_of(card("a", front="new words", tags=("other",))), store, clock)
    assert (session.current.front, session.counts) == ("new words", (0, 0, 1))


def test_an_empty_deck_is_done(store, clock):
    session = start(deck_of(), store, clock)
    snapshot = session.snapshot()
    assert (snapshot["phase"], snapshot["card"], snapshot["intervals"], snapshot["next_in"]) == ("done", None, {}, "")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.rate(3), r"rate\(3\) in phase 'front': turn the card over first"),
        (lambda s: (s.flip(), s.answer("x")), r"answer\('x'\) in phase 'back': only the front"),
        (lambda s: (s.flip(), s.rate(0)), "rating=0 is not one of 1"),
        (lambda s: s.answer("x"), "a basic card cannot be judged"),
        (lambda s: Session(s.deck, s.store, new_per_day=-1), "new_per_day=-1 is not a whole number"),
        (lambda s: Session(s.deck, s.store, reviews_per_day=1.5), "reviews_per_day=1.5 is not a whole number"),
        (lambda s: Session(s.deck, s.store, Clock(), exam_date=date(2026, 3, 2)), "exam_date=2026-03-02 is not in"),
    ],
)
def test_bad_calls_say_what_is_wrong_and_change_nothing(store, clock, call, message):
    session = start(deck_of("a"), store, clock)
    with pytest.raises(ValueError, match=message):
        call(session)
    assert session.card.id == "a"
    assert store.reviews() == []


def test_the_snapshot_is_plain_data_with_the_agreed_names(store, clock):
    image = Matrix("image", ((1, 2), (3, "?")), mark=((1, 1),))
    drawn = card("m", "numeric", answers=("4",), unit="cells", matrices=(image,))
    session = start(deck_of(drawn), store, clock)
    session.answer("4")
    snapshot = session.snapshot()
    assert json.loads(json.dumps(snapshot)) == snapshot
    assert set(snapshot) == {
        *("phase", "card", "typed", "judgement", "intervals", "counts", "done_today", "can_undo", "leech"),
        *("deck", "title", "next_in"),
    }
    assert snapshot["card"] == {
        "id": "m",
        "kind": "numeric",
        "front": "front of m",
        "back": "back of m",
        "choices": [],
        "matrices": [{"name": "image", "rows": [[1, 2], [3, "?"]], "mark": [[1, 1]]}],
        "picture": "",
        "alt": "",
        "lesson": "mine",
        "tags": ["topic"],
        "unit": "cells",
    }
    assert set(snapshot["judgement"]) == {"right", "close", "message", "proposed"}
    assert set(snapshot["intervals"]) == {"1", "2", "3", "4"}
    assert (snapshot["deck"], snapshot["title"]) == ("mine", "My deck")


def test_a_picture_travels_in_the_snapshot(store, clock):
    session = start(deck_of(card("p", picture="filter:top_sobel:camera")), store, clock)
    view = session.snapshot()["card"]
    assert base64.b64decode(view["picture"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert "camera" in view["alt"]


class AnyDrill(RuleBasedStateMachine):
    """Whatever a learner does, in whatever order: what is shown agrees with what is written."""

    @initialize(seed=st.integers(0, 99), new=st.integers(0, 5), exam=st.booleans())
    def begin(self, seed, new, exam):
        self.clock = Clock()
        self.store = Store(":memory:", self.clock)
        self.deck = deck_of(*(f"card-{n}" for n in range(5)), card("t", "text", answers=("stride",)))
        self.options = {"new_per_day": new, "exam_date": date(2026, 4, 1) if exam else None}
        self.session = Session(self.deck, self.store, self.clock, random.Random(seed), **self.options)
        self.live = []

    @rule()
    def flip(self):
        self.session.flip()

    @precondition(lambda self: self.session.phase == "front" and self.session.card.kind == "text")
    @rule(typed=st.sampled_from(("stride", "strid", "", "7")))
    def answer(self, typed):
        self.session.answer(typed)

    @precondition(lambda self: self.session.phase == "back")
    @rule(rating=st.integers(1, 4))
    def rate(self, rating):
        self.live.append((self.session.card.id, rating))
        self.session.rate(rating)

    @rule()
    def skip(self):
        self.session.skip()

    @rule()
    def undo(self):
        count = len(self.store.reviews())
        if self.session.undo() and len(self.store.reviews()) < count:
            assert self.live.pop()[0] == self.session.card.id
        assert self.session.phase != "done" or not self.live or not self.session.can_undo

    @rule(minutes=st.sampled_from((1, 10, 60, 60 * 24, 60 * 24 * 9)))
    def wait(self, minutes):
        if self.options["exam_date"] and scheduling.day_of(self.clock.now) > date(2026, 3, 20):
            minutes = 1
        self.clock.forward(minutes=minutes)

    @rule()
    def again(self):
        self.session = Session(self.deck, self.store, self.clock, random.Random(0), **self.options)

    @invariant()
    def agrees(self):
        snapshot = self.session.snapshot()
        json.dumps(snapshot)
        # Sorted: reviews of the same microsecond have no order.
        assert sorted((review.card_id, review.rating) for review in self.store.reviews()) == sorted(self.live)
        for card_id, state in self.store.states().items():
            assert state.reviews == sum(name == card_id for name, _ in self.live)
        assert (snapshot["phase"] == "done") == (snapshot["card"] is None) == (snapshot["intervals"] == {})
        assert all(count >= 0 for count in snapshot["counts"].values())
        today = self.session._today
        if not self.session._skipped and today.begin <= self.clock.now < today.end:
            fresh = Session(self.deck, self.store, self.clock, random.Random(0), **self.options)
            assert fresh.counts == self.session.counts, "a drill that has just begun counts the same"
            assert fresh.snapshot()["done_today"] == snapshot["done_today"]

    def teardown(self):
        self.store.close()


AnyDrill.TestCase.settings = settings(max_examples=30, stateful_step_count=25)
test_any_drill = AnyDrill.TestCase
