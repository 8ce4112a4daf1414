"""Cards and decks, and how they are read from their YAML files.

A deck is one file: a title and a list of cards. Nothing in it is ever executed, and a file with a defect is refused
with a message that names the file, the card and the fix; :func:`check` lists all defects at once.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

#: The folder of the decks that come with the course.
DECKS = Path(__file__).parent / "decks"
#: The union of all decks of the course; it has no file.
ALL = "all"
KINDS = ("basic", "cloze", "choice", "text", "numeric", "generated")


class CardError(ValueError):
    """A deck that cannot be used; the message names the file, the card, the defect and the fix."""


@dataclass(frozen=True)
class Matrix:
    """A small matrix that is drawn under the front of a card.

    Parameters
    ----------
    name : str
        What stands above it, such as ``"image"``.
    rows : tuple of tuple of int, float or str
        All of one length; a text such as ``"?"`` stands for a number that is asked for.
    mark : tuple of (row, column), optional
        The cells to stress, counted from 0.

    Examples
    --------
    >>> Matrix("kernel", ((0, 1), (2, 3)), mark=((0, 1),)).rows
    ((0, 1), (2, 3))
    """

    name: str
    rows: tuple[tuple[float | int | str, ...], ...]
    mark: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Card:
    """One flashcard.

    Parameters
    ----------
    id : str
        Unique over all decks, in small letters with hyphens, and never reused: a learner's progress hangs on it.
    kind : str
        One of ``KINDS``.
    front, back : str
        A small part of Markdown: paragraphs, lists, ``**bold**``, ```code``` and ``$maths$`` in plain Unicode.
        The front of a cloze holds one ``{{hidden text}}`` or ``{{hidden text::hint}}``; its back may be empty.
    deck : str
        The name of the deck, which is the name of its lesson.
    tags : tuple of str
        The topics, for the statistics.
    source : str
        Where the fact comes from.
    answers : tuple of str, optional
        Text: the accepted forms, the best first. Numeric: the number as a text, or several, such as ``"28 x 28 x 6"``.
        Choice: the right one of `choices`.
    tolerance : float, optional
        Numeric: how far from the answer is still right, in the unit of the answer.
    unit : str, optional
        Numeric: such as ``"weights"``; it need not be typed.
    choices : tuple of str, optional
        Choice: all options, in the order of the file.
    feedback : mapping of str to str, optional
        A typical wrong answer, and what it means.
    matrices : tuple of Matrix, optional
    picture : str, optional
        ``"filter:top_sobel:camera"`` is a photo before and after a named filter;
        see :func:`cnnkit.flashcards.pictures.picture_of`.
    template : str, optional
        Generated: a key of ``cnnkit.flashcards.generated.TEMPLATES``.

    Examples
    --------
    >>> card = Card("relu-of-minus-three", "numeric", "What is $relu(-3)$?", "Negative numbers become 0.",
    ...             "03-activation-and-pooling", ("relu",), "lesson 03", answers=("0",))
    >>> card.lesson
    '03-activation-and-pooling'
    """

    id: str
    kind: str
    front: str
    back: str
    deck: str
    tags: tuple[str, ...]
    source: str
    answers: tuple[str, ...] = ()
    tolerance: float = 0.0
    unit: str = ""
    choices: tuple[str, ...] = ()
    feedback: Mapping[str, str] = field(default_factory=dict, hash=False)
    matrices: tuple[Matrix, ...] = ()
    picture: str = ""
    template: str = ""

    @property
    def lesson(self) -> str:
        """The lesson to go back to: the name of its file in ``lessons/``, without the ending."""
        return self.deck


@dataclass(frozen=True)
class Deck:
    """Cards under one title.

    Examples
    --------
    >>> deck = load_deck("01-convolution")
    >>> deck.title
    'Convolution'
    >>> deck.card(deck.cards[0].id) is deck.cards[0]
    True
    """

    name: str
    title: str
    cards: tuple[Card, ...]

    def card(self, card_id: str) -> Card:
        """The card with this id.

        Raises
        ------
        KeyError
            When the deck has no such card.
        """
        for card in self.cards:
            if card.id == card_id:
                return card
        raise KeyError(f"deck {self.name!r} has no card {card_id!r}")


def deck_names() -> tuple[str, ...]:
    """The decks of the course, in the order of the lessons; ``"all"``, their union, is not among them.

    Examples
    --------
    >>> deck_names()[0], len(deck_names())
    ('01-convolution', 7)
    """
    return tuple(sorted(path.stem for path in DECKS.glob("*.yaml")))


def load_deck(name: str) -> Deck:
    """Read a deck of the course.

    Parameters
    ----------
    name : str
        One of :func:`deck_names`, or ``"all"``.

    Returns
    -------
    Deck
        Read once; the same object each time.

    Raises
    ------
    CardError
        When there is no such deck, or its file has a defect.

    Examples
    --------
    >>> load_deck("all").title
    'All lessons'
    >>> load_deck("convolution")
    Traceback (most recent call last):
        ...
    cnnkit.flashcards.cards.CardError: there is no deck 'convolution'; fix: take '01-convolution'
    """
    if name not in (names := deck_names()) and name != ALL:
        like = [known for known in names if isinstance(name, str) and name and name.lower() in known]
        fix = f"take {like[0]!r}" if like else f"take one of {', '.join((*names, ALL))}"
        raise CardError(f"there is no deck {name!r}; fix: {fix}")
    return _course_deck(name)


@functools.cache
def _course_deck(name: str) -> Deck:
    if name != ALL:
        return read_deck(DECKS / f"{name}.yaml")
    decks = [_course_deck(part) for part in deck_names()]
    return Deck(ALL, "All lessons", tuple(card for deck in decks for card in deck.cards))


def read_deck(path: Path | str) -> Deck:
    """Read a deck from a file of your own, in the format of the course's decks.

    Parameters
    ----------
    path : Path or str
        The deck gets the file's name, without the ending.

    Returns
    -------
    Deck

    Raises
    ------
    CardError
        When the file cannot be read or has a defect; the message is the first line of :func:`check`.
    """
    from cnnkit.flashcards import defects

    path = Path(path)
    content, found = defects.examine(path)
    if found:
        raise CardError(found[0])
    return Deck(path.stem, content["title"].strip(), tuple(_card(entry, path.stem) for entry in content["cards"]))


def check(path: Path | str) -> list[str]:
    """List all defects of a deck file, or of all deck files of a folder.

    Parameters
    ----------
    path : Path or str
        A folder is searched for ``*.yaml``; its files must not share a card id.

    Returns
    -------
    list of str
        One line per defect: file, card, defect, fix. Empty when there is none.

    Examples
    --------
    >>> check(DECKS)
    []
    >>> check("no-such-deck.yaml")
    ["no-such-deck.yaml: cannot be read (No such file or directory); fix: check the file's name and folder"]
    """
    from cnnkit.flashcards import defects

    path = Path(path)
    return defects.examine_folder(path) if path.is_dir() else defects.examine(path)[1]


def to_yaml(deck: Deck) -> str:
    """A deck as the text of a deck file; :func:`read_deck` gives the same cards back.

    Parameters
    ----------
    deck : Deck

    Returns
    -------
    str

    Examples
    --------
    >>> card = Card("relu-of-minus-three", "numeric", "What is $relu(-3)$?", "", "mine", ("relu",), "lesson 03",
    ...             answers=("0",))
    >>> print(to_yaml(Deck("mine", "My cards", (card,))))
    title: My cards
    cards:
    - id: relu-of-minus-three
      kind: numeric
      front: What is $relu(-3)$?
      tags:
      - relu
      source: lesson 03
      answer:
      - '0'
    <BLANKLINE>
    """
    import yaml

    content = {"title": deck.title, "cards": [_entry(card) for card in deck.cards]}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=118)


def _card(entry: Mapping, deck: str) -> Card:
    """A card from an entry without defects."""
    answer = entry.get("answer", ())
    return Card(
        id=entry["id"],
        kind=entry["kind"],
        front=entry.get("front", "").strip(),
        back=entry.get("back", "").strip(),
        deck=deck,
        tags=tuple(entry["tags"]),
        source=entry["source"].strip(),
        answers=tuple(str(form).strip() for form in (answer if isinstance(answer, list) else (answer,)))
        if answer != ()
        else (),
        tolerance=float(entry.get("tolerance", 0)),
        unit=entry.get("unit", ""),
        choices=tuple(entry.get("choices", ())),
        feedback={str(wrong): text.strip() for wrong, text in entry.get("feedback", {}).items()},
        matrices=tuple(
            Matrix(
                matrix["name"],
                tuple(tuple(row) for row in matrix["rows"]),
                tuple((row, column) for row, column in matrix.get("mark", ())),
            )
            for matrix in entry.get("matrices", ())
        ),
        picture=entry.get("picture", ""),
        template=entry.get("template", ""),
    )


def _entry(card: Card) -> dict:
    """A card as it stands in a file: what is empty is left out."""
    entry = {}
    for name in (part.name for part in fields(Card)):
        value = getattr(card, name)
        if name == "deck" or (not value and name != "tags"):
            continue
        if name == "matrices":
            value = [
                {"name": matrix.name, "rows": [list(row) for row in matrix.rows]}
                | ({"mark": [list(cell) for cell in matrix.mark]} if matrix.mark else {})
                for matrix in value
            ]
        elif isinstance(value, Mapping):
            value = dict(value)
        elif isinstance(value, tuple):
            value = list(value)
        entry["answer" if name == "answers" else name] = value
    return entry
