"""One drill, from the first card to the last: the state machine behind the widget, the terminal and any other view.

A view shows what :meth:`Session.snapshot` says and calls one method for each thing the learner does. Nothing here
waits, prints or draws, and the clock and the random source are arguments.

The order: cards in their first minutes as soon as their time has come, then what is due, oldest day first, then
new cards in the order of the deck; when nothing else is left, first-minutes cards that are nearly due.
"""

import base64
import bisect
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from cnnkit.flashcards import scheduling
from cnnkit.flashcards.cards import Card, Deck
from cnnkit.flashcards.scheduling import CardState
from cnnkit.flashcards.store import Stale, Store

#: Whoever takes longer than this for a card was not thinking about it all the time.
_LONGEST_SECONDS = 600.0


def local_now() -> datetime:
    """The time, in the time zone of this machine."""
    return datetime.now().astimezone()


@dataclass
class _Today:
    """The cards that may be shown today, each list in the order in which they are, and what was done already."""

    begin: datetime
    end: datetime
    learning: list[tuple[datetime, str]] = field(default_factory=list)
    due: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    most_due: int = 0
    most_new: int = 0
    done: int = 0

    @property
    def due_left(self) -> int:
        return max(0, min(self.most_due, len(self.due)))

    @property
    def new_left(self) -> int:
        return max(0, min(self.most_new, len(self.new)))


class Session:
    """A drill on one deck.

    Parameters
    ----------
    deck : Deck
    store : Store
    clock : callable, optional
        Gives the current time, aware, in the learner's time zone.
    rng : random.Random, optional
        For the order of what is due and of choices, and for moving long intervals a little.
    new_per_day : int
        How many cards of this deck may be met for the first time in a day.
    reviews_per_day : int
        How many due cards of this deck may be seen in a day.
    exam_date : date, optional
        No card is put off past the day before; cards due later come back before it; and there are at least as many new
        cards in a day as it takes to have met all of them by then.
    learn_ahead : timedelta
        With nothing else left, a card in its first minutes is shown this much early.
    scheduler : fsrs.Scheduler, optional

    Raises
    ------
    ValueError
        When a limit is negative, or the exam is not in the future.

    Examples
    --------
    >>> from cnnkit.flashcards.store import Store
    >>> card = Card("stride", "basic", "What is a stride?", "The step of the kernel.", "mine", ("conv",), "lesson 01")
    >>> now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> session = Session(Deck("mine", "Mine", (card,)), Store(":memory:"), clock=lambda: now, rng=random.Random(3))
    >>> session.flip()
    >>> session.preview
    {1: '1 min', 2: '6 min', 3: '10 min', 4: '8 days'}
    >>> session.rate(4)
    >>> session.snapshot()["phase"], session.snapshot()["done_today"]
    ('done', 1)
    """

    def __init__(
        self,
        deck: Deck,
        store: Store,
        clock: Callable[[], datetime] = local_now,
        rng: random.Random | None = None,
        new_per_day: int = 20,
        reviews_per_day: int = 200,
        exam_date: date | None = None,
        learn_ahead: timedelta = timedelta(minutes=20),
        scheduler=None,
    ):
        for name, limit in (("new_per_day", new_per_day), ("reviews_per_day", reviews_per_day)):
            if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
                raise ValueError(f"{name}={limit!r} is not a whole number of 0 or more")
        if isinstance(exam_date, datetime):
            exam_date = exam_date.date()
        if exam_date is not None and exam_date <= scheduling.day_of(clock()):
            raise ValueError(f"exam_date={exam_date} is not in the future (today is {scheduling.day_of(clock())})")
        self.deck, self.store = deck, store
        self.new_per_day, self.reviews_per_day = new_per_day, reviews_per_day
        self.exam_date, self.learn_ahead = exam_date, learn_ahead
        self.scheduler = scheduler or scheduling.make_scheduler()
        self._clock, self._rng = clock, rng or random.Random()
        self._cards = {card.id: card for card in deck.cards}
        self._shuffled = {card_id: self._rng.random() for card_id in self._cards}
        self._steps: list[tuple[str, str | None]] = []  # what undo goes back over: card, and review or (skipped) None
        self._skipped: set[str] = set()
        self._states: dict[str, CardState] = {}
        self._version: int | None = None
        self._next()

    # -- what a view shows

    @property
    def current(self):
        """What is shown (a ``Shown``: front, back, choices, ...), or None when there is nothing left for now."""
        return self._shown

    @property
    def card(self) -> Card | None:
        """The card behind :attr:`current`."""
        return self._card

    @property
    def phase(self) -> str:
        """``"front"``, ``"back"`` or ``"done"``."""
        return self._phase

    @property
    def judgement(self):
        """What was said about the typed answer, or None."""
        return self._judgement

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many cards are left today: new, in their first minutes, due; the current one is among them."""
        return self._today.new_left, len(self._today.learning), self._today.due_left

    @property
    def preview(self) -> dict[int, str]:
        """How long each rating puts the current card off, as text; empty when there is none."""
        if self._card is None:
            return {}
        waits = scheduling.preview(self._state, self._clock(), self.scheduler, **self._options())
        return {rating: scheduling.interval_text(wait) for rating, wait in waits.items()}

    @property
    def leech(self) -> bool:
        """Whether the current card was forgotten so often that its lesson helps more than another drill."""
        return self._card is not None and self._state.leech

    @property
    def can_undo(self) -> bool:
        """Whether :meth:`undo` has something to take back."""
        return bool(self._steps)

    @property
    def next_in(self) -> str:
        """How long until the next card, as text, when there is none now; empty when there is one, or never will be."""
        if self._card is not None:
            return ""
        now = self._clock()
        end = scheduling.day_ends(now)
        times = [end] if any(card_id not in self._states for card_id in self._cards) else []  # held back by the limit
        for card_id, state in self._states.items():
            if card_id in self._skipped:
                continue
            if state.state == "review":
                due = self._due(card_id, state, now).astimezone(now.tzinfo)
                times.append(max(end, scheduling.day_begins(due)))
            else:
                times.append(max(now, state.due))
        return scheduling.interval_text(min(times) - now) if times else ""

    def snapshot(self) -> dict:
        """Everything that a view shows, as plain JSON-able data.

        Returns
        -------
        dict
            ``phase``, ``card`` (None when done), ``typed``, ``judgement``, ``intervals`` (by rating as text),
            ``counts``, ``done_today``, ``can_undo``, ``leech``, ``deck``, ``title``, ``next_in``.
        """
        new, learning, due = self.counts
        said = self._judgement
        return {
            "phase": self._phase,
            "card": None if self._card is None else self._card_data(),
            "typed": self._typed or "",
            "judgement": said
            and {"right": said.right, "close": said.close, "message": said.message, "proposed": said.proposed},
            "intervals": {str(rating): text for rating, text in self.preview.items()},
            "counts": {"new": new, "learning": learning, "due": due},
            "done_today": self._today.done,
            "can_undo": self.can_undo,
            "leech": self.leech,
            "deck": self.deck.name,
            "title": self.deck.title,
            "next_in": self.next_in,
        }

    # -- what a learner does

    def flip(self) -> None:
        """Turn the card over; at the end of a drill, look whether a card has become due since."""
        if self._phase == "front":
            self._phase = "back"
        elif self._phase == "done":
            self._next()

    def answer(self, typed: str):
        """Judge a typed answer, or the text of a choice, and turn the card over.

        Returns
        -------
        Judgement

        Raises
        ------
        ValueError
            When no front is shown.
        """
        from cnnkit.flashcards.answering import judge

        if self._phase != "front":
            raise ValueError(f"answer({typed!r}) in phase {self._phase!r}: only the front of a card can be answered")
        self._judgement = judge(self._shown, typed, self._seconds())
        self._typed, self._phase = typed, "back"
        return self._judgement

    def rate(self, rating: int) -> None:
        """Record how well the card was known, and go to the next.

        Parameters
        ----------
        rating : int
            1 again, 2 hard, 3 good, 4 easy; after a typed answer, ``judgement.proposed`` is a proposal only.

        Raises
        ------
        ValueError
            When the back is not shown, or the rating is not one of the four.
        StoreError
            When it cannot be written down; the card stays.
        """
        if self._phase != "back":
            raise ValueError(f"rate({rating!r}) in phase {self._phase!r}: turn the card over first")
        card_id, seconds = self._card.id, self._seconds()
        while True:
            before = self._states.get(card_id)
            now = self._clock()
            state = before or scheduling.new(now)
            after = scheduling.review(state, rating, now, self.scheduler, **self._options())
            try:
                review = self.store.record(card_id, before, after, rating, seconds, self._typed)
            except Stale:  # another session rated it meanwhile: this rating comes on top
                self._reload([card_id])
                continue
            break
        self._states[card_id] = after
        self._steps.append((card_id, review.uid))
        self._move(card_id, review.was, after)
        self._next()

    def skip(self) -> None:
        """Put the card away until the next drill, without a rating."""
        if self._card is not None:
            self._skipped.add(self._card.id)
            self._steps.append((self._card.id, None))
            self._sort()
            self._next()

    def undo(self) -> bool:
        """Take back the last rating or skip of this drill; its card is shown again.

        Returns
        -------
        bool
            False when there is nothing to take back.
        """
        while self._steps:
            card_id, uid = self._steps.pop()
            if uid is None:
                self._skipped.discard(card_id)
            elif self.store.undo(uid) is None:  # someone else took it back
                continue
            self._reload([card_id])
            self._sort()
            self._show(card_id)
            return True
        return False

    # -- inside

    def _options(self) -> dict:
        return {"draw": self._draw, "exam_date": self.exam_date}

    def _seconds(self) -> float:
        return min(_LONGEST_SECONDS, max(0.0, (self._clock() - self._shown_at).total_seconds()))

    def _reload(self, card_ids) -> None:
        for card_id in card_ids:
            self._states.pop(card_id, None)
        self._states.update(self.store.states(card_ids))

    def _next(self) -> None:
        now, version = self._clock(), self.store.version()
        if version != self._version:  # at the start, and when another session has written
            self._version = version
            self._reload(list(self._cards))
            self._sort()
        elif not self._today.begin <= now < self._today.end:
            self._sort()
        today = self._today
        if today.learning and today.learning[0][0] <= now:
            self._show(today.learning[0][1])
        elif today.due_left:
            self._show(today.due[0])
        elif today.new_left:
            self._show(today.new[0])
        elif today.learning and today.learning[0][0] <= now + self.learn_ahead:
            self._show(today.learning[0][1])
        else:
            self._show(None)

    def _sort(self) -> None:
        now = self._clock()
        today = _Today(scheduling.day_begins(now).astimezone(UTC), scheduling.day_ends(now).astimezone(UTC))
        due = []
        for card_id, state in self._states.items():
            if card_id in self._skipped:
                continue
            if state.state != "review":
                if state.due < today.end:
                    today.learning.append((state.due, card_id))
            else:
                when = self._due(card_id, state, now)
                if when < today.end:
                    due.append(((when - today.begin).days, self._shuffled[card_id], card_id))
        today.learning.sort()
        today.due = [card_id for *_, card_id in sorted(due)]
        today.new = [card_id for card_id in self._cards if card_id not in self._states and card_id not in self._skipped]
        done = [review.was for review in self.store.reviews(today.begin) if review.card_id in self._cards]
        met = done.count("new")
        today.done = len(done)
        today.most_due = self.reviews_per_day - done.count("review")
        today.most_new = self._new_today(len(today.new) + met, now) - met
        self._today = today

    def _move(self, card_id: str, was: str, after: CardState) -> None:
        """Put one rated card where it belongs: to sort ten thousand after each would be felt."""
        today = self._today
        if after.state == "review" and after.due < today.end:
            self._sort()
            return
        today.done += 1
        today.most_due -= was == "review"
        today.most_new -= was == "new"
        today.learning = [entry for entry in today.learning if entry[1] != card_id]
        for waiting in (today.due, today.new):
            if card_id in waiting:
                waiting.remove(card_id)
        if after.due < today.end:
            bisect.insort(today.learning, (after.due, card_id))

    def _new_today(self, unseen: int, now: datetime) -> int:
        if self.exam_date is None:
            return self.new_per_day
        days = max(1, (self.exam_date - scheduling.day_of(now)).days - 1)  # the last day is for reviews
        return max(self.new_per_day, -(-unseen // days))

    def _due(self, card_id: str, state: CardState, now: datetime) -> datetime:
        if self.exam_date is None or state.last_review is None:
            return state.due
        place = zlib.crc32(card_id.encode()) / 2**32  # the same day for the same card, in every drill
        last = state.last_review.astimezone(now.tzinfo)
        return scheduling.before_exam(state.due, last, self.exam_date, place)

    def _show(self, card_id: str | None) -> None:
        self._typed: str | None = None
        self._judgement = None
        self._shown_at = now = self._clock()
        self._draw = self._rng.random()
        if card_id is None:
            self._card = self._shown = None
            self._phase = "done"
            return
        from cnnkit.flashcards.generated import shown

        self._card = self._cards[card_id]
        self._state = self._states.get(card_id) or scheduling.new(now)
        # A generated card has fresh numbers in every review; where the right choice stands must not be learned either.
        fresh = shown(self._card, self._state.reviews)
        self._shown = replace(fresh, choices=tuple(self._rng.sample(fresh.choices, len(fresh.choices))))
        self._phase = "front"

    def _card_data(self) -> dict:
        shown, card = self._shown, self._card
        return {
            "id": card.id,
            "kind": shown.kind,
            "front": shown.front,
            "back": shown.back,
            "choices": list(shown.choices),
            "matrices": [
                {"name": m.name, "rows": [list(row) for row in m.rows], "mark": [list(cell) for cell in m.mark]}
                for m in shown.matrices
            ],
            **_picture(card),
            "lesson": card.lesson,
            "tags": list(card.tags),
            "unit": shown.unit,
        }


def _picture(card: Card) -> dict[str, str]:
    """A picture that a view can show without asking for it, and what it shows in words."""
    if not card.picture:
        return {"picture": "", "alt": ""}
    from cnnkit.flashcards.pictures import alternative_text, picture_of

    data = base64.b64encode(picture_of(card)).decode()
    return {"picture": f"data:image/png;base64,{data}", "alt": alternative_text(card)}
