"""A deck to read: what a notebook shows where the widget cannot be loaded."""

import re

from cnnkit.flashcards.cards import Deck
from cnnkit.flashcards.generated import shown

_CLOZE = re.compile(r"{{(.+?)(?:::.+?)?}}")


class TextForm:
    """The cards of a deck, question and answer, as text.

    Parameters
    ----------
    deck : Deck
    missing : str
        The library that the widget needs.

    Examples
    --------
    >>> from cnnkit.flashcards import load_deck
    >>> print(str(TextForm(load_deck("01-convolution"), "anywidget")).splitlines()[0])
    The drill needs anywidget (%pip install 'cnnkit[cards]'). Until then, the 47 cards of “Convolution” to read:
    """

    def __init__(self, deck: Deck, missing: str):
        self.deck, self.missing = deck, missing

    def __repr__(self) -> str:
        head = f"The drill needs {self.missing} (%pip install 'cnnkit[cards]'). "
        head += f"Until then, the {len(self.deck.cards)} cards of “{self.deck.title}” to read:"
        return "\n\n".join([head, *(_text(number, card) for number, card in enumerate(self.deck.cards, start=1))])


def _text(number: int, card) -> str:
    one = shown(card, 0)
    lines = [f"{number}. {_CLOZE.sub('…', one.front)}"]
    for matrix in one.matrices:
        rows = "; ".join(" ".join(map(str, row)) for row in matrix.rows)
        lines.append(f"   {matrix.name}: {rows}")
    if one.choices:
        lines.append("   " + " / ".join(one.choices))
    gap = _CLOZE.search(one.front)
    answer = gap[1] if gap else ", ".join(one.answers[:1]) + (f" {one.unit}" if one.unit else "")
    if one.back.casefold().startswith(answer.casefold()):
        answer = ""
    lines.append("   → " + ". ".join(part for part in (answer, one.back) if part))
    return "\n".join(lines)
