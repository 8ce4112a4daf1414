"""When a card comes back: pure steps over the FSRS scheduler.

Nothing here reads a clock or draws a number: the time and the draw are arguments, so a review gives the same state
everywhere, and the interval that a button shows is the one it sets.

A day is the learner's own: it begins at four in the morning, and a card that is due on a day is due on all of it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from fsrs import Card as FsrsCard
from fsrs import Rating, Scheduler, State
from fsrs.scheduler import FUZZ_RANGES

#: The four buttons, by number.
RATINGS = {1: "again", 2: "hard", 3: "good", 4: "easy"}
#: A card that was forgotten this many times is a leech: better read its lesson than drill it on.
LEECH_LAPSES = 8
#: A day begins at this hour, for those who learn past midnight.
DAY_BEGINS = timedelta(hours=4)
#: Before an exam, the last reviews are spread over at most this many days.
_EXAM_SPREAD = 3

_STATES = {"learning": State.Learning, "review": State.Review, "relearning": State.Relearning}
_NAMES = {state: name for name, state in _STATES.items()}


@dataclass(frozen=True)
class CardState:
    """What is known about one learner's memory of one card.

    Attributes
    ----------
    due : datetime
        When it should be seen again; aware, in UTC.
    stability, difficulty : float or None
        FSRS's two numbers: days until recall falls to 90 %, and 1 (easy) to 10. None before the first review.
    state : str
        ``"learning"`` (in its first minutes), ``"review"`` or ``"relearning"`` (after a lapse).
    step : int or None
        Which of the first minutes' steps; None in review.
    last_review : datetime or None
    lapses : int
        How often it was forgotten after it had been learned.
    reviews : int
        How often it was rated; also the seed of a generated card's next numbers.
    """

    due: datetime
    stability: float | None = None
    difficulty: float | None = None
    state: str = "learning"
    step: int | None = 0
    last_review: datetime | None = None
    lapses: int = 0
    reviews: int = 0

    @property
    def leech(self) -> bool:
        """Whether it was forgotten so often that drilling does not help."""
        return self.lapses >= LEECH_LAPSES


def new(now: datetime) -> CardState:
    """The state of a card that was never seen.

    Examples
    --------
    >>> new(datetime(2026, 3, 2, 9, tzinfo=UTC)).reviews
    0
    """
    return CardState(due=_utc(now))


def make_scheduler(retention: float = 0.9) -> Scheduler:
    """FSRS as the drills use it.

    Parameters
    ----------
    retention : float
        The share of reviews, 0.7 to 0.97, that should succeed; a larger one costs more reviews.

    Raises
    ------
    ValueError
        When the share is outside that range.

    Examples
    --------
    >>> make_scheduler().learning_steps
    (datetime.timedelta(seconds=60), datetime.timedelta(seconds=600))
    """
    if not 0.7 <= retention <= 0.97:
        raise ValueError(f"retention={retention} is not between 0.7 and 0.97: 0.9 suits most learners")
    # Its own fuzz draws from the global random source after the button was shown; ours is in `review`.
    return Scheduler(desired_retention=retention, enable_fuzzing=False)


def review(
    state: CardState,
    rating: int,
    now: datetime,
    scheduler: Scheduler,
    *,
    draw: float | None = None,
    exam_date: date | None = None,
) -> CardState:
    """The state after a rating; the given one is not changed.

    Parameters
    ----------
    state : CardState
    rating : int
        1 again, 2 hard, 3 good, 4 easy.
    now : datetime
        Aware; its time zone decides where the learner's day begins.
    scheduler : fsrs.Scheduler
    draw : float, optional
        A number in 0..1 that moves a long interval a little, so that cards learned together part. None moves nothing.
    exam_date : date, optional
        No card is put off past the day before.

    Returns
    -------
    CardState

    Raises
    ------
    ValueError
        When the rating is not one of the four, or the time has no zone.

    Notes
    -----
    FSRS counts whole periods of 24 hours. Whoever learns at 20:00 one day and at 19:00 the next would have a day less
    than they slept, so it is told the number of midnights (at four o'clock) between.

    Examples
    --------
    >>> monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> once = review(new(monday), 3, monday, make_scheduler())
    >>> once.state, interval_text(once.due - monday)
    ('learning', '10 min')
    >>> twice = review(once, 3, once.due, make_scheduler())
    >>> twice.state, interval_text(twice.due - once.due)
    ('review', '2 days')
    """
    if rating not in RATINGS or isinstance(rating, bool):
        raise ValueError(f"rating={rating!r} is not one of 1 (again), 2 (hard), 3 (good), 4 (easy)")
    moment = _utc(now)
    last = None
    if state.last_review is not None:
        last = moment - timedelta(days=max(0, (day_of(now) - day_of(state.last_review, now)).days))
    before = FsrsCard(
        card_id=0,  # otherwise it sleeps for a millisecond to make one up
        state=_STATES[state.state],
        step=state.step,
        stability=state.stability,
        difficulty=state.difficulty,
        due=state.due,
        last_review=last,
    )
    after, _ = scheduler.review_card(before, Rating(rating), moment)
    due = after.due
    if after.state == State.Review:
        if draw is not None:
            due = moment + _moved(due - moment, draw)
        if exam_date is not None:
            due = before_exam(due, now, exam_date, 0.0 if draw is None else draw)
    return CardState(
        due=due,
        stability=after.stability,
        difficulty=after.difficulty,
        state=_NAMES[after.state],
        step=after.step,
        last_review=moment,
        lapses=state.lapses + (state.state == "review" and rating == 1),
        reviews=state.reviews + 1,
    )


def preview(state: CardState, now: datetime, scheduler: Scheduler, **options) -> dict[int, timedelta]:
    """How long each button would put the card off; options as in :func:`review`.

    Examples
    --------
    >>> monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> {rating: interval_text(wait) for rating, wait in preview(new(monday), monday, make_scheduler()).items()}
    {1: '1 min', 2: '6 min', 3: '10 min', 4: '8 days'}
    """
    return {rating: review(state, rating, now, scheduler, **options).due - _utc(now) for rating in RATINGS}


def recall(state: CardState, now: datetime, scheduler: Scheduler) -> float:
    """The probability, 0 to 1, that the card would be remembered now; 0 when it was never seen.

    Examples
    --------
    >>> monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> seen = review(new(monday), 4, monday, make_scheduler())
    >>> round(recall(seen, seen.due, make_scheduler()), 2)
    0.9
    """
    card = FsrsCard(card_id=0, stability=state.stability, due=state.due, last_review=state.last_review)
    return float(scheduler.get_card_retrievability(card, _utc(now)))


def before_exam(due: datetime, now: datetime, exam_date: date, place: float = 0.0) -> datetime:
    """The due time, brought forward to a day before the exam if it lies later.

    Parameters
    ----------
    due, now : datetime
    exam_date : date
    place : float
        In 0..1: where in the last days before the exam, 0 for the very last, so that not all cards fall on one day.

    Returns
    -------
    datetime
        The same ``due`` when it is early enough already, or when no day is left between now and the exam.

    Examples
    --------
    >>> now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> str(before_exam(now + timedelta(days=90), now, date(2026, 3, 20)))
    '2026-03-19 09:00:00+00:00'
    """
    days = (exam_date - day_of(now)).days - 1
    if days < 1 or day_of(due, now) < exam_date:
        return due
    spread = min(_EXAM_SPREAD, max(1, days // 4))
    return _utc(now) + timedelta(days=days - int(place * spread))


def day_of(moment: datetime, zone_of: datetime | None = None) -> date:
    """The learner's day that a moment falls in.

    Parameters
    ----------
    moment : datetime
        Aware.
    zone_of : datetime, optional
        Take the time zone of this one instead of the moment's own.

    Examples
    --------
    >>> str(day_of(datetime(2026, 3, 3, 1, 30, tzinfo=UTC)))
    '2026-03-02'
    """
    if zone_of is not None:
        moment = moment.astimezone(zone_of.tzinfo)
    return (moment - DAY_BEGINS).date()


def day_begins(now: datetime) -> datetime:
    """When the learner's day that ``now`` falls in began.

    Examples
    --------
    >>> str(day_begins(datetime(2026, 3, 3, 1, 30, tzinfo=UTC)))
    '2026-03-02 04:00:00+00:00'
    """
    return datetime.combine(day_of(now), time(), now.tzinfo) + DAY_BEGINS


def day_ends(now: datetime) -> datetime:
    """When the next day of the learner's begins.

    Examples
    --------
    >>> str(day_ends(datetime(2026, 3, 2, 9, tzinfo=UTC)))
    '2026-03-03 04:00:00+00:00'
    """
    return day_begins(now) + timedelta(days=1)


def is_due(state: CardState, now: datetime) -> bool:
    """Whether a card is due: one in its first minutes to the second, a learned one to the day.

    Examples
    --------
    >>> is_due(CardState(datetime(2026, 3, 2, 20, tzinfo=UTC), state="review"), datetime(2026, 3, 2, 9, tzinfo=UTC))
    True
    """
    return state.due < day_ends(now) if state.state == "review" else state.due <= now


def interval_text(wait: timedelta) -> str:
    """A wait in few letters, for a button.

    Examples
    --------
    >>> [interval_text(timedelta(minutes=m)) for m in (0.2, 5.5, 60, 1440, 2900, 60_000, 800_000)]
    ['1 min', '6 min', '1 h', '1 day', '2 days', '1.4 months', '1.5 years']
    """
    minutes = wait / timedelta(minutes=1)
    days = wait / timedelta(days=1)
    if minutes < 59.5:
        return f"{max(1, int(minutes + 0.5))} min"
    if days < 0.98:
        return f"{max(1, round(minutes / 60))} h"
    if days < 30.5:
        return "1 day" if days < 1.5 else f"{round(days)} days"
    if days < 360:
        return _plural(days / 30.44, "month")
    return _plural(days / 365.25, "year")


def _plural(count: float, unit: str) -> str:
    text = f"{count:.1f}".removesuffix(".0")
    return f"{text} {unit}" if text == "1" else f"{text} {unit}s"


def _moved(wait: timedelta, draw: float) -> timedelta:
    """The wait, moved by at most FSRS's own share of it: some days where it is weeks, none below 2.5 days."""
    if wait.days < 2.5:
        return wait
    reach = 1.0 + sum(
        band["factor"] * max(min(float(wait.days), band["end"]) - band["start"], 0.0) for band in FUZZ_RANGES
    )
    shortest, longest = max(2, round(wait.days - reach)), round(wait.days + reach)
    return timedelta(days=min(longest, shortest + int(draw * (longest - shortest + 1))))


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: use datetime.now().astimezone()")
    return moment.astimezone(UTC)
