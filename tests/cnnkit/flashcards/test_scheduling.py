"""When cards come back."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnkit.flashcards import scheduling
from cnnkit.flashcards.scheduling import CardState, interval_text, new, preview, review

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FSRS = scheduling.make_scheduler()


def learned(now: datetime = MONDAY) -> CardState:
    return review(new(now), 4, now, FSRS)


def test_a_review_is_pure():
    state = learned()
    assert review(state, 3, state.due, FSRS) == review(state, 3, state.due, FSRS)
    assert state == learned()


def test_better_ratings_wait_longer():
    for state in (new(MONDAY), learned()):
        waits = preview(state, state.due, FSRS)
        assert waits[1] < waits[2] < waits[3] < waits[4]


@given(st.lists(st.tuples(st.sampled_from((1, 2, 3, 4)), st.floats(0, 0.999), st.integers(0, 90 * 24)), max_size=25))
def test_any_life_of_a_card_keeps_its_promises(steps):
    state, now, lapses = new(MONDAY), MONDAY, 0
    for count, (rating, draw, hours) in enumerate(steps, 1):
        shown = preview(state, now, FSRS, draw=draw)[rating]
        lapses += state.state == "review" and rating == 1
        state = review(state, rating, now, FSRS, draw=draw)
        assert state.due == now + shown, "the button's interval is the one that it sets"
        assert state.due > now
        assert state.due.tzinfo is UTC
        assert (state.reviews, state.lapses, state.last_review) == (count, lapses, now)
        assert 1 <= state.difficulty <= 10
        assert (state.step is None) == (state.state == "review")
        now += timedelta(hours=hours)


def test_a_lapse_is_counted_only_for_a_learned_card():
    forgotten = review(learned(), 1, MONDAY + timedelta(days=8), FSRS)
    assert (forgotten.lapses, forgotten.state) == (1, "relearning")
    again = review(forgotten, 1, forgotten.due, FSRS)
    assert again.lapses == 1
    assert review(new(MONDAY), 1, MONDAY, FSRS).lapses == 0


def test_eight_lapses_make_a_leech():
    assert not CardState(MONDAY, lapses=7).leech
    assert CardState(MONDAY, lapses=8).leech


def test_the_draw_moves_long_waits_a_little_and_keeps_their_order():
    state = learned()
    exact = preview(state, state.due, FSRS)
    moved = [preview(state, state.due, FSRS, draw=draw) for draw in (0.0, 0.3, 0.6, 0.999)]
    assert len({waits[3] for waits in moved}) > 1
    for waits in moved:
        assert abs(waits[3] - exact[3]) <= 0.3 * exact[3]
        assert waits[1] == exact[1], "minutes are not moved"
        assert waits[2] < waits[3] < waits[4]


def test_a_night_counts_as_a_day_however_short():
    evening = datetime(2026, 3, 2, 20, tzinfo=UTC)
    first = review(review(new(evening), 3, evening, FSRS), 3, evening + timedelta(minutes=10), FSRS)
    same_day = review(first, 3, evening + timedelta(hours=2), FSRS)
    next_day = review(first, 3, evening + timedelta(hours=23), FSRS)
    assert next_day.stability > 1.5 * same_day.stability


def test_days_begin_at_four_in_the_learners_zone():
    home = timezone(timedelta(hours=9))
    assert scheduling.day_of(datetime(2026, 3, 3, 3, 59, tzinfo=home)) == date(2026, 3, 2)
    assert scheduling.day_of(datetime(2026, 3, 2, 19, 0, tzinfo=UTC), datetime.now(home)) == date(2026, 3, 3)
    tonight = CardState(datetime(2026, 3, 3, 3, 30, tzinfo=home), state="review")
    assert scheduling.is_due(tonight, datetime(2026, 3, 2, 5, tzinfo=home))
    assert not scheduling.is_due(tonight, datetime(2026, 3, 2, 3, tzinfo=home))


def test_minutes_are_due_to_the_second():
    state = CardState(MONDAY + timedelta(minutes=1), state="learning")
    assert not scheduling.is_due(state, MONDAY)
    assert scheduling.is_due(state, MONDAY + timedelta(minutes=1))


@given(st.integers(0, 400), st.integers(1, 400), st.floats(0, 0.999))
def test_no_card_is_put_off_past_the_exam(wait, days, place):
    exam = date(2026, 3, 2) + timedelta(days=days)
    due = scheduling.before_exam(MONDAY + timedelta(days=wait), MONDAY, exam, place)
    assert due <= MONDAY + timedelta(days=wait)
    if days > 1:
        assert scheduling.day_of(due) < exam
        assert wait == 0 or due > MONDAY
    else:  # tomorrow is the exam: there is no day left to move a card to
        assert due == MONDAY + timedelta(days=wait)


def test_the_exam_shortens_what_the_buttons_show():
    state, exam = learned(), date(2026, 3, 20)
    waits = preview(state, state.due, FSRS, exam_date=exam)
    assert scheduling.day_of(state.due + waits[4]) == date(2026, 3, 19)
    assert waits[1] == timedelta(minutes=10)


def test_cards_of_one_exam_do_not_all_come_on_its_eve():
    exam = date(2026, 4, 20)
    days = {scheduling.before_exam(MONDAY + timedelta(days=99), MONDAY, exam, place / 10).date() for place in range(10)}
    assert days == {date(2026, 4, 17), date(2026, 4, 18), date(2026, 4, 19)}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: review(new(MONDAY), 5, MONDAY, FSRS), r"rating=5 is not one of 1 \(again\)"),
        (lambda: review(new(MONDAY), True, MONDAY, FSRS), "rating=True"),
        (lambda: review(new(MONDAY), 3, datetime(2026, 3, 2), FSRS), "has no time zone: use"),
        (lambda: scheduling.make_scheduler(1.0), "retention=1.0 is not between 0.7 and 0.97"),
    ],
)
def test_bad_calls_say_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_recall_falls_with_time():
    state = learned()
    ahead = [scheduling.recall(state, MONDAY + timedelta(days=days), FSRS) for days in (0, 8, 80)]
    assert ahead[0] == 1.0
    assert ahead[0] > ahead[1] > ahead[2] > 0
    assert scheduling.recall(new(MONDAY), MONDAY, FSRS) == 0


@given(st.floats(0, 40000))
def test_intervals_are_short_and_never_zero(days):
    number, unit = interval_text(timedelta(days=days)).split(" ")
    assert float(number) >= 1
    assert unit.rstrip("s") in ("min", "h", "day", "month", "year")
    assert unit.endswith("s") == (float(number) != 1 and unit not in ("min", "h"))
