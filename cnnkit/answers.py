"""What one call of a student's function gave back, as plain data, and how it differs from the right answer.

The notebook's ``check`` and the grader both speak of a student's results through :class:`Answer`. In the
grader, :func:`answer_of` runs inside the sandbox, beside the student's code, and :func:`difference` runs
outside, on arrays rebuilt from raw bytes; so this module imports NumPy and nothing else.
"""

from typing import NamedTuple

import numpy as np

#: Relative tolerance of a value, in units of the result's largest magnitude: float32 arithmetic is right.
RELATIVE_TOLERANCE = 1e-4
#: Absolute floor, in units of the inputs' largest magnitude: where terms cancel, float32 leaves a residue.
CANCELLATION_TOLERANCE = 5e-6

#: What is said of an answer, by key: for one, and where it counts something, for several. Everything else that is
#: said stands in :mod:`cnnkit.exercises.texts`, which the sandbox does not have.
SENTENCES = {
    "nothing": ("returned nothing (None): is there a `return`?", ""),
    "text": ("returned text ({kind}), but should return numbers", ""),
    "other type": ("returned a {kind}, which NumPy cannot read as an array of numbers", ""),
    "shapes": ("returned {count} arrays of different shapes ({shapes}), but should return shape {expected}", ""),
    "results": ("returned {count} results, but should return {expected}", ""),
    "result": ("result {number} of {count}: {text}", ""),
    "shape": ("shape is {got}, but should be {expected}", ""),
    "dtype": ("dtype is {got}, but should be {expected}", ""),
    "value": ("it is {got}, but should be {expected}", ""),
    "values": (
        "{count} of {total} values is wrong: at {place} it is {got}, but should be {expected}",
        "{count} of {total} values are wrong: at {place} it is {got}, but should be {expected}",
    ),
    "too large": ("returned far too many numbers: shape {shapes}", ""),
    "raised": ("raised {error}", ""),
    "unwritten": ("raised NotImplementedError: the exercise is not written yet", ""),
    "no memory": ("raised MemoryError: it needs more memory than there is", ""),
    "unprintable": ("raised an exception that cannot be printed", ""),
    "late": ("did not finish in time", ""),
}

#: The kinds of an :class:`Answer`.
VALUE, UNUSABLE, RAISED, STOPPED, DIED, FORBIDDEN = "value", "unusable", "raised", "stopped", "died", "forbidden"
#: The kinds of a call that did not come to its end, so that there is nothing to judge.
CUT_SHORT = (STOPPED, DIED, FORBIDDEN)


#: What most functions return, and needs no further look.
_USUAL = frozenset(map(np.dtype, ("f8", "i8", "f4", "u1")))


class Text(str):
    """An English sentence that remembers how it was made, so that it can also be said in another language.

    Examples
    --------
    >>> text = Text.of("text", kind="str")
    >>> text, text.key, text.values
    ('returned text (str), but should return numbers', 'text', {'kind': 'str'})
    """

    key: str = ""
    one: str = ""
    several: str = ""
    quantity: int = 1
    values: dict | None = None

    @classmethod
    def of(cls, key: str, **values) -> "Text":
        """The sentence in :data:`SENTENCES` with values between its braces."""
        one, several = SENTENCES[key]
        count = values.get("count", 1)
        text = cls((several if several and count != 1 else one).format(**values))
        text.key, text.one, text.several, text.values, text.quantity = key, one, several, values, count
        return text

    @classmethod
    def made(cls, sentence: str, **values) -> "Text":
        """A sentence that stands elsewhere, with values between its braces; texts among the values are kept as such.

        Examples
        --------
        >>> Text.made("{name} {what}", name="conv2d", what=Text.of("late"))
        'conv2d did not finish in time'
        """
        text = cls(sentence.format(**values) if values else sentence)
        text.one, text.values = sentence, values
        return text


#: What is said of a function that raised MemoryError: the grader looks whether its process is full.
NO_MEMORY = Text.of("no memory")


class Answer(NamedTuple):
    """The outcome of one call.

    Parameters
    ----------
    kind : str
        ``"value"``: the function returned numbers. ``"unusable"``: it returned something else.
        ``"raised"``: an exception. ``"stopped"``: it ran into a limit. ``"died"``: its process ended.
        ``"forbidden"``: it wanted a library that is not there while grading.
    value : ndarray, or tuple of ndarray, or None
        The numbers, for ``"value"``: one array, or several of different shapes.
    text : str
        A sentence for the student, for every other kind.

    Examples
    --------
    >>> answer_of([1, 2, 3]).value
    array([1, 2, 3])
    >>> answer_of(None).text
    'returned nothing (None): is there a `return`?'
    """

    kind: str
    value: np.ndarray | tuple[np.ndarray, ...] | None = None
    text: str = ""


def answer_of(result) -> Answer:
    """Reduce what a student's function returned to plain arrays.

    Parameters
    ----------
    result : object
        Anything.

    Returns
    -------
    Answer
        ``"value"`` with a base-class array of booleans, integers, floats (at most 64 bits) or complex
        numbers; or with a tuple of such arrays when ``result`` is a list or tuple of arrays whose shapes
        differ;
        ``"unusable"`` with a sentence otherwise. Never raises.

    Examples
    --------
    >>> answer_of((np.zeros((2, 3)), np.zeros((2, 3)))).value.shape
    (2, 2, 3)
    >>> [part.shape for part in answer_of((np.zeros(2), np.zeros((3, 1)))).value]
    [(2,), (3, 1)]
    >>> answer_of("seven").text
    'returned text (str), but should return numbers'
    """
    if type(result) is np.ndarray and result.dtype in _USUAL:
        return Answer(VALUE, result)
    if result is None:
        return Answer(UNUSABLE, text=Text.of("nothing"))
    if isinstance(result, str | bytes):
        return Answer(UNUSABLE, text=Text.of("text", kind=type(result).__name__))
    array = _numeric(result)
    if array is not None:
        return Answer(VALUE, array)
    if isinstance(result, list | tuple):
        parts = tuple(_numeric(part) for part in result)
        if all(part is not None for part in parts):
            return Answer(VALUE, parts)
    return Answer(UNUSABLE, text=Text.of("other type", kind=type(result).__name__))


def _numeric(result) -> np.ndarray | None:
    """`result` as a base-class numeric array that fits a wire format, or None."""
    try:
        array = np.asarray(result)
    except Exception:  # a ragged list, or a student's class with a broken __array__
        return None
    if type(array) is not np.ndarray:
        array = np.array(array, subok=False)
    if array.dtype.kind not in "biufc":
        return None
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    if array.dtype.kind == "c" and array.dtype.itemsize > 16:
        array = array.astype(np.complex128)
    return array


def arrays_in(values) -> list[np.ndarray]:
    """The arrays among arguments, and in a dict among them, in order.

    Examples
    --------
    >>> [array.shape for array in arrays_in([np.zeros(3), 7, {"conv1.weight": np.zeros((2, 5)), "rate": 0.1}])]
    [(3,), (2, 5)]
    """
    flat = (part for value in values for part in (value.values() if isinstance(value, dict) else (value,)))
    # Of what a function may have put into a dict, only numbers can be sent.
    return [part for part in flat if isinstance(part, np.ndarray) and part.dtype.kind in "biufc"]


def typed(value) -> str:
    """The answer to a question as text, however the student wrote it: a text, a number, several in a list or array.

    Examples
    --------
    >>> typed("28 x 28"), typed(np.int64(7)), typed((28, np.float64(0.5), "6"))
    ('28 x 28', '7', '28, 0.5, 6')
    """
    if value is None:
        return ""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return ", ".join(typed(part) for part in value[:10])
    return str(value)[:300]


def difference(got: Answer, expected, scale: float | None = 0.0) -> str:
    """Say how an answer differs from the right one; the empty string when it does not.

    Parameters
    ----------
    got : Answer
    expected : ndarray or tuple of ndarray
        The reference's result.
    scale : float, optional
        The largest magnitude among the inputs. Values agree when they differ by at most
        ``1e-4 * max|expected| + 5e-6 * scale``; with None only when they are equal, as counts are.

    Returns
    -------
    str
        For example ``"shape is (3, 2), but should be (2, 3)"``.

    Examples
    --------
    >>> difference(answer_of([[1.0, 2.0]]), np.array([[1.0, 2.0]]))
    ''
    >>> difference(answer_of([1.0, 2.0]), np.array([[1.0, 2.0]]))
    'shape is (2,), but should be (1, 2)'
    >>> difference(answer_of([1.0, 5.0]), np.array([1.0, 2.0]))
    '1 of 2 values is wrong: at [1] it is 5, but should be 2'
    """
    if got.kind != VALUE:
        return got.text
    if isinstance(expected, tuple):
        return _tuple_difference(got.value, expected, scale)
    if isinstance(got.value, tuple):
        shapes = ", ".join(str(part.shape) for part in got.value)
        return Text.of("shapes", count=len(got.value), shapes=shapes, expected=expected.shape)
    return _array_difference(got.value, np.asarray(expected), scale)


def _tuple_difference(got, expected: tuple, scale: float | None) -> str:
    parts = got if isinstance(got, tuple) or got.ndim else (got,)
    if len(parts) != len(expected):
        return Text.of("results", count=len(parts), expected=len(expected))
    for position, (part, right) in enumerate(zip(parts, expected, strict=True)):
        text = _array_difference(np.asarray(part), np.asarray(right), scale)
        if text:
            return Text.of("result", number=position + 1, count=len(expected), text=text)
    return ""


def _array_difference(got: np.ndarray, expected: np.ndarray, scale: float | None) -> str:
    if got.shape != expected.shape:
        return Text.of("shape", got=got.shape, expected=expected.shape)
    if got.dtype == expected.dtype and got.tobytes() == expected.tobytes() and np.isfinite(got).all():
        return ""  # to the last bit, as most right answers are: much quicker than measuring
    wrong = wrong_cells(got, expected, scale)
    count = int(wrong.sum())
    if not count:
        return ""
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    numbers = {"got": number(got[where]), "expected": number(expected[where])}
    if not where:
        return Text.of("value", **numbers)
    return Text.of("values", count=count, total=expected.size, place=list(where), **numbers)


def wrong_cells(got: np.ndarray, expected: np.ndarray, scale: float | None = 0.0) -> np.ndarray:
    """Mark the cells where two arrays of one shape disagree; NaN and infinity are always wrong.

    Returns
    -------
    ndarray of bool
        Of the arrays' shape.

    Examples
    --------
    >>> wrong_cells(np.array([1.0, np.nan, 3.0]), np.array([1.0, 2.0, 3.0]))
    array([False,  True, False])
    """
    kind = np.complex128 if got.dtype.kind == "c" else np.float64
    got, expected = got.astype(kind), expected.astype(np.float64)
    if scale is None:
        return got != expected
    with np.errstate(invalid="ignore", over="ignore"):
        close = np.abs(got - expected) <= tolerance(expected, scale)
    return ~(close & np.isfinite(got))


def tolerance(expected: np.ndarray, scale: float | None = 0.0) -> float:
    """By how much an answer may differ from the right one, as :func:`difference` has it.

    Examples
    --------
    >>> tolerance(np.array([-200.0, 1.0])), tolerance(np.array([7]), None)
    (0.02, 0.0)
    """
    if scale is None:
        return 0.0
    magnitude = float(np.abs(np.asarray(expected, np.float64)).max(initial=0.0))
    return RELATIVE_TOLERANCE * magnitude + CANCELLATION_TOLERANCE * scale


def number(value) -> str:
    """A number as a beginner writes it: ``5``, ``-0.25``, ``1.5e-07``.

    Examples
    --------
    >>> number(np.float64(5)), number(np.int64(-3)), number(1 / 3)
    ('5', '-3', '0.333333')
    """
    value = np.asarray(value)[()]
    if isinstance(value, np.bool_ | bool):
        return str(bool(value))
    if np.iscomplexobj(value):
        return f"{complex(value):.6g}"
    if isinstance(value, np.integer | int):
        return str(int(value))
    return f"{float(value) + 0.0:.6g}"  # not -0
