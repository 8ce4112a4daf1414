"""Cards with fresh numbers at every review, the same for the same seed here, in a browser and in a test.

A template draws its numbers from a generator that JavaScript can follow bit by bit, see :class:`Numbers`.
``static/generated.js`` is the other half, and ``static/vectors.json`` holds what both must show; write it anew after
a change with ``python -m cnnkit.flashcards.generated``.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from operator import index
from pathlib import Path

from cnnkit.flashcards import templates
from cnnkit.flashcards.cards import Card, Matrix

#: What the templates show for their first seeds, for the tests of both languages.
VECTORS = Path(__file__).parent / "static" / "vectors.json"
#: How many seeds of each template are in it.
SEEDS = 40
#: How often numbers are drawn again when a typical mistake would give the right answer.
_DRAWS = 10_000
#: How many mistakes a card must know by their results.
_MISTAKES = 2
_WORD = 0xFFFFFFFF


@dataclass(frozen=True)
class Shown:
    """What a learner sees of a card in one review; the fields mean what they mean in ``Card``.

    Parameters
    ----------
    kind : str
        Of a generated card ``"numeric"`` or ``"choice"``; of others their own.
    front, back : str
    answers : tuple of str
    tolerance : float
    unit : str
    choices : tuple of str
    feedback : mapping of str to str
    matrices : tuple of Matrix
    """

    kind: str
    front: str
    back: str
    answers: tuple[str, ...] = ()
    tolerance: float = 0.0
    unit: str = ""
    choices: tuple[str, ...] = ()
    feedback: Mapping[str, str] = field(default_factory=dict, hash=False)
    matrices: tuple[Matrix, ...] = ()


@dataclass(frozen=True)
class Template:
    """A card whose numbers are drawn.

    Parameters
    ----------
    name : str
        As a deck names it.
    make : callable
        ``make(numbers)`` draws once, from a :class:`Numbers`; None when the numbers do not make a good card.
    """

    name: str
    make: Callable[["Numbers"], templates.Problem | None]


TEMPLATES: dict[str, Template] = {
    name: Template(name, make)
    for name, make in {
        "output-size": templates.output_size,
        "conv-params": templates.conv_params,
        "dense-params": templates.dense_params,
        "receptive-field": templates.receptive_field,
        "convolution-cell": templates.convolution_cell,
        "pooling-cell": templates.pooling_cell,
        "softmax-order": templates.softmax_order,
        "detector-response": templates.detector_response,
        "padded-size": templates.padded_size,
        "stride-positions": templates.stride_positions,
    }.items()
}


class Numbers:
    """Whole numbers that follow from a text: FNV-1a makes 32 bits of it, and mulberry32 goes on from there.

    Python's own generator cannot be had in a browser. These two need no more than products modulo 2 to the 32nd.

    Parameters
    ----------
    text : str

    References
    ----------
    G. Fowler, L. C. Noll, K.-P. Vo and D. Eastlake, "The FNV non-cryptographic hash algorithm".
    T. Ettinger, "mulberry32", 2017.

    Examples
    --------
    >>> numbers = Numbers("output-size/0")
    >>> [numbers.between(1, 6) for _ in range(8)]
    [2, 5, 5, 1, 1, 6, 1, 3]
    """

    def __init__(self, text: str):
        self._state = 0x811C9DC5
        for byte in text.encode():
            self._state = (self._state ^ byte) * 0x01000193 & _WORD

    def word(self) -> int:
        """The next 32 bits."""
        self._state = self._state + 0x6D2B79F5 & _WORD
        mixed = (self._state ^ self._state >> 15) * (self._state | 1) & _WORD
        mixed ^= mixed + (mixed ^ mixed >> 7) * (mixed | 61) & _WORD
        return mixed ^ mixed >> 14

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        return self.word() * count >> 32

    def between(self, low: int, high: int) -> int:
        """A number from low to high, both included."""
        return low + self.below(high - low + 1)

    def pick(self, options):
        """One of several."""
        return options[self.below(len(options))]

    def shuffled(self, items: list) -> list:
        """The same items in any order."""
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items


def draw(template: str, seed: int) -> Shown:
    """Draw the numbers of a template.

    Parameters
    ----------
    template : str
        A key of :data:`TEMPLATES`.
    seed : int
        0 or more; the same seed gives the same card everywhere.

    Returns
    -------
    Shown
        Of its feedback, no wrong result is right, and each has one meaning.

    Raises
    ------
    ValueError
        When there is no such template, or the seed is negative.

    Examples
    --------
    >>> card = draw("conv-params", 1)
    >>> print(card.front)
    A convolutional layer gets **4** channels of **18 × 37** and has **11** filters of **3 × 7**, each with a bias.
    <BLANKLINE>
    How many numbers does it learn?
    >>> card.answers, card.feedback["924"]
    (('935',), 'You forgot the bias: one number more for each filter.')
    >>> draw("conv-parameters", 3)
    Traceback (most recent call last):
        ...
    ValueError: there is no template 'conv-parameters'; take one of output-size, conv-params, dense-params, ...
    """
    if template not in TEMPLATES:
        raise ValueError(f"there is no template {template!r}; take one of {', '.join(TEMPLATES)}")
    if index(seed) < 0:
        raise ValueError(f"a seed is 0 or more, not {seed!r}")
    numbers = Numbers(f"{template}/{index(seed)}")
    for _ in range(_DRAWS):
        problem = TEMPLATES[template].make(numbers)
        if problem is not None and (card := _shown(problem)) is not None:
            return card
    raise ValueError(f"template {template!r}: no unambiguous numbers in {_DRAWS} draws from seed {seed}")


def shown(card: Card, seed: int) -> Shown:
    """What to show of any card in one review.

    Parameters
    ----------
    card : Card
    seed : int
        How often the card was reviewed, so that a generated card has fresh numbers each time; others look the same.

    Returns
    -------
    Shown

    Raises
    ------
    ValueError
        As in :func:`draw`.

    Examples
    --------
    >>> card = Card("relu-of-minus-three", "numeric", "What is $relu(-3)$?", "Negative numbers become 0.",
    ...             "03-activation-and-pooling", ("relu",), "lesson 03", answers=("0",))
    >>> shown(card, 7).answers
    ('0',)
    """
    if card.kind == "generated":
        return draw(card.template, seed)
    return Shown(
        card.kind,
        card.front,
        card.back,
        card.answers,
        card.tolerance,
        card.unit,
        card.choices,
        dict(card.feedback),
        card.matrices,
    )


def vectors() -> str:
    """The text of ``vectors.json``: what each template shows for its first seeds, one line each.

    Returns
    -------
    str

    Examples
    --------
    >>> list(json.loads(vectors())) == list(TEMPLATES)
    True
    """
    lines = []
    for name in TEMPLATES:
        cards = (json.dumps(asdict(draw(name, seed)), ensure_ascii=False) for seed in range(SEEDS))
        lines.append(f"{json.dumps(name)}: [\n" + ",\n".join(cards) + "\n]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _shown(problem: templates.Problem) -> Shown | None:
    """A drawing as a card; None when it would not tell mistakes from the right way."""
    right = str(problem.answer)
    counts = Counter(str(wrong) for wrong, _ in problem.mistakes)
    feedback = {str(wrong): why for wrong, why in problem.mistakes if counts[str(wrong)] == 1}
    if right in counts or len(feedback) < _MISTAKES:
        return None
    return Shown(
        kind="choice" if problem.choices else "numeric",
        front=problem.front,
        back=problem.back,
        answers=(right,),
        choices=problem.choices,
        feedback=feedback,
        matrices=problem.matrices,
    )


if __name__ == "__main__":
    VECTORS.write_text(vectors(), encoding="utf-8")
