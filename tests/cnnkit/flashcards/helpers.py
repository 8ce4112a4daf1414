"""Small decks, and a clock that a test moves."""

from datetime import UTC, datetime, timedelta

from cnnkit.flashcards.cards import Card, Deck

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Clock:
    """The time stands still until it is moved."""

    def __init__(self, now: datetime = MONDAY):
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time) -> None:
        self.now += timedelta(**time)


def card(card_id: str, kind: str = "basic", **values) -> Card:
    return Card(
        id=card_id,
        kind=kind,
        front=values.pop("front", f"front of {card_id}"),
        back=values.pop("back", f"back of {card_id}"),
        deck=values.pop("deck", "mine"),
        tags=values.pop("tags", ("topic",)),
        source="lesson 01",
        **values,
    )


def deck_of(*cards: Card | str) -> Deck:
    return Deck("mine", "My deck", tuple(card(one) if isinstance(one, str) else one for one in cards))
