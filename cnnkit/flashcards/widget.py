"""The drill in a notebook: an anywidget whose state is a session in Python and whose view is ``static/drill.js``.

The view draws the snapshot it is sent and answers with commands. Each snapshot has a serial number, and a command names
the one it was given for: a key that is pressed twice before the kernel has answered counts once.
"""

from pathlib import Path

import anywidget
import traitlets

from cnnkit.flashcards.cards import Deck
from cnnkit.flashcards.session import Session
from cnnkit.flashcards.store import Store, StoreError

_STATIC = Path(__file__).parent / "static"


class Drill(anywidget.AnyWidget):
    """A drill on a deck, as a widget.

    Parameters
    ----------
    deck : Deck
    store : Store, optional
        Where the progress is kept; the learner's own by default.
    **options
        As in :class:`cnnkit.flashcards.session.Session`.

    Raises
    ------
    StoreError
        When the progress cannot be opened.
    ValueError
        When an option is not a good one.

    Examples
    --------
    >>> from cnnkit.flashcards import load_deck
    >>> drill = Drill(load_deck("01-convolution"), store=Store(":memory:"))
    >>> drill.snapshot["phase"]
    'front'
    >>> drill.obey({"do": "flip", "serial": drill.snapshot["serial"]})
    >>> drill.obey({"do": "rate", "rating": 3, "serial": drill.snapshot["serial"]})
    >>> drill.snapshot["done_today"]
    1
    """

    _esm = _STATIC / "drill.js"
    _css = _STATIC / "drill.css"

    #: What the view shows: the session's snapshot, the right answer once the card is turned over, and a serial number.
    snapshot = traitlets.Dict().tag(sync=True)

    def __init__(self, deck: Deck, store: Store | None = None, **options):
        self.session = Session(deck, Store() if store is None else store, **options)
        super().__init__(snapshot=self._look(0))
        self.on_msg(self._receive)

    def obey(self, command: dict) -> None:
        """Do what the view asks for.

        Parameters
        ----------
        command : dict
            ``do`` is ``"flip"``, ``"answer"`` (with ``typed``), ``"rate"`` (with ``rating``), ``"skip"`` or ``"undo"``;
            ``serial`` is that of the snapshot the learner saw. An outdated command is dropped, and so is one that does
            not fit what is shown.

        Raises
        ------
        ValueError
            When it is not a command.
        """
        what = command.get("do")
        if what not in ("flip", "answer", "rate", "skip", "undo"):
            raise ValueError(f"do={what!r} is not flip, answer, rate, skip or undo")
        if command.get("serial") != self.snapshot["serial"]:
            return
        notice = ""
        try:
            self._act(what, command)
        except StoreError as error:
            notice = f"This was not saved: {error}"
        self.snapshot = self._look(self.snapshot["serial"] + 1, notice)

    def _act(self, what: str, command: dict) -> None:
        session, typed, rating = self.session, command.get("typed"), command.get("rating")
        if what == "answer":
            if not isinstance(typed, str):
                raise ValueError(f"typed={typed!r} is not a text")
            if session.phase == "front":
                session.answer(typed)
        elif what == "rate":
            if session.phase == "back":
                session.rate(rating)
        else:
            getattr(session, what)()

    def _look(self, serial: int, notice: str = "") -> dict:
        seen = self.session.snapshot() | {"serial": serial, "notice": notice}
        if seen["phase"] == "back" and self.session.current.answers:
            seen["card"]["answer"] = self.session.current.answers[0]
        return seen

    def _receive(self, _widget, command, _buffers) -> None:
        self.obey(command)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        # Shown where widgets are not: in a saved notebook without a kernel, on a code host, in an editor.
        deck = self.session.deck
        text = (
            f"The drill “{deck.title}”, {len(deck.cards)} cards. No cards here? Run this cell in JupyterLab, "
            f"or type in a terminal: cnnkit drill {deck.name}"
        )
        (bundle[0] if isinstance(bundle, tuple) else bundle)["text/plain"] = text
        return bundle
