"""Flashcards that schedule themselves.

Examples
--------
>>> from cnnkit import flashcards
>>> flashcards.decks()[0]
'01-convolution'
>>> flashcards.load_deck("01-convolution").title
'Convolution'
"""

from cnnkit.flashcards.cards import ALL, Card, CardError, Deck, deck_names, load_deck, read_deck

__all__ = ["Card", "CardError", "Deck", "decks", "drill", "load_deck", "progress", "read_deck"]


def decks() -> tuple[str, ...]:
    """The names of the decks that come with the course, ``"all"`` last.

    Examples
    --------
    >>> decks()[-1]
    'all'
    """
    return (*deck_names(), ALL)


def drill(name: str | Deck = ALL, **options):
    """Drill in a notebook.

    Parameters
    ----------
    name : str or Deck
        One of :func:`decks`, or a deck of your own from :func:`read_deck`.
    **options
        As in :class:`cnnkit.flashcards.session.Session`: ``new_per_day``, ``reviews_per_day``, ``exam_date``, ...

    Returns
    -------
    Drill or TextForm
        A widget; the progress is the same as in the terminal. Where the widget's libraries are not installed, the cards
        to read, so that a notebook runs to its end.

    Raises
    ------
    CardError
        When there is no such deck.
    ModuleNotFoundError
        When not even the decks can be read, without PyYAML.
    """
    deck = name if isinstance(name, Deck) else load_deck(name)
    try:
        from cnnkit.flashcards.widget import Drill
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("cnnkit"):
            raise
        from cnnkit.flashcards.text_form import TextForm

        return TextForm(deck, error.name)
    return Drill(deck, **options)


def progress(name: str | Deck = ALL, days: int = 30):
    """Four charts of how the learning goes: due forecast, reviews per day, retention, strength per topic.

    Parameters
    ----------
    name : str or Deck
    days : int
        How far to look ahead and back.

    Returns
    -------
    cnnkit.plot.Picture
        A matplotlib figure.
    """
    from cnnkit.flashcards import statistics
    from cnnkit.flashcards.session import local_now
    from cnnkit.flashcards.store import Store

    deck = name if isinstance(name, Deck) else load_deck(name)
    with Store() as store:
        return statistics.picture(statistics.gather(deck, store, local_now(), days))
