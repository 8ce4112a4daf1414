"""How the learning goes: what comes, what was done, what was kept, and which topics are weak."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cnnkit.flashcards import scheduling
from cnnkit.flashcards.cards import Deck
from cnnkit.flashcards.store import Store

_INK, _FAINT, _BAR, _WEAK = "#22303c", "#8896a3", "#2f6f9f", "#d1495b"
#: The picture shows the weakest topics, as many as can be read.
_TOPICS_SHOWN = 12


@dataclass(frozen=True)
class Topic:
    """How well one topic is known.

    Attributes
    ----------
    strength : float
        0 to 1: the mean probability that its cards would be remembered now; a card that was never seen counts as 0.
    seen, cards : int
        How many of its cards were seen, and how many there are.
    """

    strength: float
    seen: int
    cards: int


@dataclass(frozen=True)
class Statistics:
    """One deck's numbers; a day is the learner's own, see :mod:`cnnkit.flashcards.scheduling`.

    Attributes
    ----------
    title : str
    forecast : tuple of int
        How many cards are due today (or overdue), tomorrow, and so on; new cards are not in it.
    done : tuple of int
        Reviews on each of the last days, today last.
    kept, asked : int
        In these days: how many reviews of learned cards there were, and how many succeeded; "hard" is a success.
    seen, cards : int
    leeches : tuple of str
        The ids of the cards that were forgotten too often.
    topics : mapping of str to Topic
        The weakest first.
    """

    title: str
    forecast: tuple[int, ...]
    done: tuple[int, ...]
    kept: int
    asked: int
    seen: int
    cards: int
    leeches: tuple[str, ...]
    topics: Mapping[str, Topic]

    @property
    def retention(self) -> float | None:
        """The share of reviews of learned cards that succeeded; None without any."""
        return self.kept / self.asked if self.asked else None


def gather(deck: Deck, store: Store, now: datetime, days: int = 30) -> Statistics:
    """Count.

    Parameters
    ----------
    deck : Deck
    store : Store
    now : datetime
        Aware, in the learner's time zone.
    days : int
        How far to look ahead and back.

    Returns
    -------
    Statistics

    Raises
    ------
    ValueError
        When days is less than 1.

    Examples
    --------
    >>> from datetime import UTC
    >>> from cnnkit.flashcards.cards import Card
    >>> card = Card("stride", "basic", "What is a stride?", "The step of the kernel.", "mine", ("conv",), "lesson 01")
    >>> store, now = Store(":memory:"), datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> after = scheduling.review(scheduling.new(now), 4, now, scheduling.make_scheduler())
    >>> review = store.record("stride", None, after, 4)
    >>> numbers = gather(Deck("mine", "Mine", (card,)), store, now, days=10)
    >>> numbers.forecast, numbers.done
    ((0, 0, 0, 0, 0, 0, 0, 0, 1, 0), (0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
    >>> numbers.topics
    {'conv': Topic(strength=1.0, seen=1, cards=1)}
    """
    if days < 1:
        raise ValueError(f"days={days} is less than 1")
    ids = {card.id for card in deck.cards}
    states = store.states(ids)
    today = scheduling.day_of(now)
    forecast, done = [0] * days, [0] * days
    for state in states.values():
        ahead = max(0, (scheduling.day_of(state.due, now) - today).days)
        if ahead < days:
            forecast[ahead] += 1
    kept = asked = 0
    for review in store.reviews(scheduling.day_begins(now) - timedelta(days=days - 1)):
        if review.card_id not in ids:
            continue
        back = (today - scheduling.day_of(review.at, now)).days
        if 0 <= back < days:
            done[days - 1 - back] += 1
            if review.was == "review":
                asked += 1
                kept += review.rating > 1
    return Statistics(
        title=deck.title,
        forecast=tuple(forecast),
        done=tuple(done),
        kept=kept,
        asked=asked,
        seen=len(states),
        cards=len(ids),
        leeches=tuple(card.id for card in deck.cards if card.id in states and states[card.id].leech),
        topics=_topics(deck, states, now),
    )


def _topics(deck: Deck, states: Mapping[str, scheduling.CardState], now: datetime) -> dict[str, Topic]:
    scheduler = scheduling.make_scheduler()
    by_tag: dict[str, list[float | None]] = {}
    for card in deck.cards:
        state = states.get(card.id)
        known = None if state is None else scheduling.recall(state, now, scheduler)
        for tag in card.tags:
            by_tag.setdefault(tag, []).append(known)
    topics = {}
    for tag, known in by_tag.items():
        seen = [value for value in known if value is not None]
        topics[tag] = Topic(sum(seen) / len(known), len(seen), len(known))
    return dict(sorted(topics.items(), key=lambda item: (item[1].strength, item[0])))


def picture(numbers: Statistics):
    """Four small charts: due forecast, reviews per day, true retention, strength per topic.

    Parameters
    ----------
    numbers : Statistics

    Returns
    -------
    cnnkit.plot.Picture
        A matplotlib figure that shows itself in a notebook.

    Examples
    --------
    >>> numbers = Statistics("Mine", (3, 1), (0, 5), 4, 5, 4, 9, (), {"conv": Topic(0.4, 4, 9)})
    >>> [axes.get_title() for axes in picture(numbers).axes]
    ['Due in the next 2 days', 'Reviews in the last 2 days', 'Retention: 80 %', 'Strength by topic']
    """
    from matplotlib.ticker import MaxNLocator

    from cnnkit.plot import Picture

    figure = Picture(figsize=(9, 6), dpi=72, layout="constrained")
    (ahead, back), (kept, topics) = figure.subplots(2, 2)
    ahead.bar(range(len(numbers.forecast)), numbers.forecast, color=_BAR)
    ahead.set_title(f"Due in the next {len(numbers.forecast)} days")
    ahead.set_xlabel("days from today")
    back.bar(range(1 - len(numbers.done), 1), numbers.done, color=_BAR)
    back.set_title(f"Reviews in the last {len(numbers.done)} days")
    back.set_xlabel("days from today")
    share = numbers.retention
    kept.set_title("Retention: no reviews of learned cards yet" if share is None else f"Retention: {100 * share:.0f} %")
    kept.bar(["remembered", "forgotten"], [numbers.kept, numbers.asked - numbers.kept], color=[_BAR, _WEAK])
    shown = list(numbers.topics.items())[:_TOPICS_SHOWN]
    topics.barh([tag for tag, _ in shown], [topic.strength for _, topic in shown], color=_BAR)
    for row, (_, topic) in enumerate(shown):
        topics.text(1.01, row, f"{topic.seen} of {topic.cards} seen", ha="left", va="center", fontsize=8, color=_INK)
    topics.set_xlim(0, 1)
    topics.invert_yaxis()
    topics.set_title("Strength by topic" if len(shown) == len(numbers.topics) else "Weakest topics")
    for axes in (ahead, back, kept):
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_ylim(bottom=0, top=None if any(p.get_height() for p in axes.patches) else 1)
    for axes in (ahead, back):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(_FAINT)
        axes.title.set_color(_INK)
        axes.title.set_fontsize(11)
        axes.tick_params(colors=_INK, labelsize=9)
    return figure
