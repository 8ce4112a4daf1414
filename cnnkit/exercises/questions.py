"""Questions whose numbers are drawn for each student, and the reading of what a student types as an answer.

The numbers follow from the course and the student: they are the same in the notebook, at grading and at every
regrade. An answer is a number, or several; it may be typed in many ways, and it is read, never evaluated.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from cnnkit.answers import Text
from cnnkit.exercises.model import Misconception
from cnnkit.exercises.wording import array_text

#: How often numbers are drawn again when a typical mistake would give the right answer.
_DRAWS = 1000
_THOUSANDS = re.compile(r"(?<=\d)[,\u2009\u202f\u00a0 '’_](?=\d{3}(?!\d))")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,2}(?!\d))?(?:\s*/\s*\d+(?:\.\d+)?)?")
_BETWEEN = re.compile(r"[\s,;x×*()\[\]]*(?:and|by)?[\s,;x×*()\[\]]*", re.IGNORECASE)
_LONGEST = 200


class AnswerError(ValueError):
    """An answer that cannot be read; the message says what was typed and what is asked for."""


@dataclass(frozen=True)
class Question:
    """A question with numbers of its own for each student.

    Parameters
    ----------
    name : str
        The nbgrader id of its graded cell, and the variable to which the student assigns the answer.
    asks : str
        The question, with the drawn numbers in braces: ``"... an image of {height} × {width} ..."``. Lists are
        shown as matrices.
    draw : callable
        ``draw(random)`` gives the numbers by name, from a :class:`random.Random`: ints, floats, and lists of them.
    answer : callable
        ``answer(**numbers)`` gives the right answer, computed by ``cnnkit``: a number, or a tuple of numbers.
    mistakes : tuple of Misconception, optional
        Typical wrong results, also ``function(**numbers)``. Numbers are drawn such that none of them is right.

    Examples
    --------
    >>> padded = Question(
    ...     "padded_side",
    ...     "How many rows has an image of {side} rows after padding with {pad} on every side?",
    ...     lambda random: {"side": random.randint(5, 30), "pad": random.randint(1, 4)},
    ...     lambda side, pad: side + 2 * pad,
    ...     (Misconception("padded once", lambda side, pad: side + pad, "How many borders are there, up and down?"),),
    ... )
    >>> numbers = padded.numbers("course", "ada")
    >>> numbers == padded.numbers("course", "ada")
    True
    >>> padded.is_right(str(numbers["side"] + 2 * numbers["pad"]), numbers)
    True
    """

    name: str
    asks: str
    draw: Callable[[Random], dict[str, Any]]
    answer: Callable[..., Any]
    mistakes: tuple[Misconception, ...] = ()

    def numbers(self, course: str, student: str) -> dict[str, Any]:
        """The numbers of one student, the same every time.

        Parameters
        ----------
        course : str
            What tells this course from others; see :func:`course_key`.
        student : str
            The student's id, as the teacher knows it.
        """
        digest = hashlib.sha256(f"{course}\0{self.name}\0{student}".encode()).digest()
        random = Random(int.from_bytes(digest))
        for _ in range(_DRAWS):
            numbers = self.draw(random)
            right = _exact(self.answer(**numbers))
            if all(_exact(mistake.function(**numbers)) != right for mistake in self.mistakes):
                return numbers
        raise ValueError(f"question {self.name!r}: a mistake gives the right answer in each of {_DRAWS} draws")

    def text(self, numbers: dict[str, Any]) -> str:
        """The question with its numbers."""
        shown = {
            name: f"\n{array_text(np.array(value))}\n" if isinstance(value, list) else value
            for name, value in numbers.items()
        }
        return self.asks.format(**shown)

    def read(self, typed: str, numbers: dict[str, Any]) -> tuple[Fraction, ...]:
        """The numbers that a student typed.

        Raises
        ------
        AnswerError
        """
        return read_numbers(typed, len(_exact(self.answer(**numbers))))

    def is_right(self, typed: str, numbers: dict[str, Any]) -> bool:
        """Whether what was typed is the right answer; one that cannot be read is not."""
        try:
            return _equal(self.read(typed, numbers), _exact(self.answer(**numbers)))
        except AnswerError:
            return False

    def mistake(self, typed: str, numbers: dict[str, Any]) -> Misconception | None:
        """The typical mistake that gives what was typed."""
        read = self.read(typed, numbers)
        return next((m for m in self.mistakes if _equal(read, _exact(m.function(**numbers)))), None)


def question(name: str, student: str, course: str) -> dict[str, Any]:
    """Print a question with the numbers of one student.

    Parameters
    ----------
    name : str
    student : str
        The id under which the student hands in.
    course : str
        As it stands in the released notebook.

    Returns
    -------
    dict
        The drawn numbers by name; matrices are arrays.

    Raises
    ------
    ValueError
        When there is no such question, or `student` is no text or empty.

    Examples
    --------
    >>> numbers = question("one_cell", "ada", "4655e3f594df")
    For ada: The window of an image
    [[8, 7, 5],
     [1, 7, 1],
     [5, 1, 0]]
    lies under the kernel
    [[ 2,  1,  0],
     [-2, -3, -3],
     [ 1,  0,  1]]
    Which number comes into the feature map?
    >>> sorted(numbers)
    ['kernel', 'window']
    """
    from cnnkit.exercises import find_question

    try:
        found = find_question(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from None
    if not isinstance(student, str) or not student.strip():
        raise ValueError(f'write the id under which you hand in as a text, such as STUDENT = "ada", not {student!r}')
    numbers = found.numbers(course, student.strip())
    print(f"For {student.strip()}: {found.text(numbers)}")
    return as_arrays(numbers)


def as_arrays(numbers: dict[str, Any]) -> dict[str, Any]:
    """Drawn numbers as a notebook uses them: lists become arrays."""
    return {name: np.array(value) if isinstance(value, list) else value for name, value in numbers.items()}


def course_key(course_seed: str) -> str:
    """What a notebook holds of the course seed: enough to draw a student's numbers, too little to find the seed.

    Examples
    --------
    >>> course_key("autumn 2026")
    '4655e3f594df'
    """
    return hashlib.sha256(f"questions of {course_seed}".encode()).hexdigest()[:12]


def read_numbers(typed: str, count: int) -> tuple[Fraction, ...]:
    """Read `count` numbers, however they were typed.

    Parameters
    ----------
    typed : str
        Numbers with ``x``, ``×``, commas, spaces or brackets between them; thousands may be set apart; a word for
        the unit may follow.
    count : int

    Returns
    -------
    tuple of Fraction

    Raises
    ------
    AnswerError
        When it is empty, or cannot be read as so many numbers.

    Examples
    --------
    >>> [int(n) for n in read_numbers(" 28×28 x6", 3)]
    [28, 28, 6]
    >>> int(read_numbers("61,706 parameters", 1)[0]), int(read_numbers("-3.0", 1)[0])
    (61706, -3)
    >>> read_numbers("28 or 30", 1)
    Traceback (most recent call last):
        ...
    cnnkit.exercises.questions.AnswerError: cannot read '28 or 30' as a number
    """
    from cnnkit.exercises import texts  # later, or `python -m cnnkit.exercises.texts` would import itself twice

    text = typed.strip().replace("−", "-")[: _LONGEST + 1]
    example = " x ".join(["28", "28", "6", "1"][:count])
    several = Text.made(texts.SO_MANY_NUMBERS, count=count, example=example)
    wanted = Text.made(texts.ONE_NUMBER) if count == 1 else several
    if not text:
        raise AnswerError(Text.made(texts.NOTHING_TYPED, wanted=wanted))
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    # "1,000" is one number where one is asked for; among several it may be two, so that is tried first.
    candidates = [_THOUSANDS.sub("", text), text] if count == 1 else [text, _THOUSANDS.sub("", text)]
    for candidate in candidates if len(text) <= _LONGEST else ():
        found = list(_NUMBER.finditer(candidate))
        edges = [0, *(edge for match in found for edge in match.span()), len(candidate)]
        gaps = [candidate[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
        if len(found) == count and _harmless(gaps):
            try:
                return tuple(Fraction(match.group().replace(" ", "")) for match in found)
            except (ValueError, ZeroDivisionError):
                continue
    raise AnswerError(Text.made(texts.NOT_READ, typed=repr(shown), wanted=wanted))


def _harmless(gaps: list[str]) -> bool:
    """Whether the text around and between numbers says nothing: a name before, a unit behind, a mark between."""
    before, *between, after = gaps
    before = before.strip(" \n\t([{'\"").lower()
    after = after.strip(" \n\t)]}.,;'\"")
    named = not before or re.fullmatch(r"[\w ]*[=:≈]?", before) is not None
    return (
        named
        and all(_BETWEEN.fullmatch(gap) and gap for gap in between)
        and re.fullmatch(r"[^\d=+]*", after) is not None
    )


def _exact(answer) -> tuple[Fraction, ...]:
    """An answer as exact numbers; a float stands for the decimal that one would write."""
    parts = answer if isinstance(answer, tuple | list) else np.ravel(answer).tolist()
    return tuple(Fraction(str(part)) if isinstance(part, float) else Fraction(int(part)) for part in parts)


def _equal(read: tuple[Fraction, ...], right: tuple[Fraction, ...]) -> bool:
    """Exactly, or rounded as one would: to a thousandth of what is no whole number."""
    return len(read) == len(right) and all(
        a == b or (b.denominator != 1 and abs(a - b) <= abs(b) / 1000) for a, b in zip(read, right, strict=True)
    )
