"""``check("conv2d", conv2d)``: a student's own test, in the student's own kernel, within a second.

The module is not called ``check``, or importing it would replace the function of that name in ``cnnkit``.
"""

import contextlib
import io
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.configuration import set_hypothesis_home_dir

from cnnkit.answers import RAISED, VALUE, Answer, answer_of, number, typed
from cnnkit.exercises import Call, Exercise, Misconception, Property, find, find_question, questions
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.matching import Tried, matching_misconception
from cnnkit.exercises.questions import AnswerError
from cnnkit.exercises.wording import array_text, call_text

#: How many examples are tried in all, shared among an exercise's properties.
EXAMPLES = 100
#: Seconds after which a slow function gets no new examples, and a failure is not made smaller any more.
PATIENCE = 4.0
#: How many examples are compared with the named mistakes: enough to tell them apart, few enough to be quick.
_REMEMBERED = 60


class CheckFailed(AssertionError):
    """A student's function is wrong; the message shows the smallest example that was found.

    In a notebook it appears without a traceback.

    Parameters
    ----------
    message : str
    misconception : Misconception, optional
        The named mistake that gives the same answers.
    """

    def __init__(self, message: str, misconception: Misconception | None = None):
        super().__init__(message)
        self.misconception = misconception

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this; the frames would show this module, not the student's mistake.
        return str(self).splitlines()


def check(name: str, function: Callable) -> None:
    """Try a function on many small inputs, and show the smallest one on which it is wrong.

    Parameters
    ----------
    name : str
        The exercise, for example ``"conv2d"``; or a question with numbers of your own.
    function : callable
        The student's function itself, without parentheses; or the answer to the question, of which only the form
        is checked: whether it is right is seen when it is graded.

    Raises
    ------
    CheckFailed
        When the function gives a wrong answer, raises an exception or is not written yet.
    ValueError
        When there is no exercise of that name.
    TypeError
        When the function cannot be called.

    Notes
    -----
    The examples are the same in every run. What the function prints is not shown, and no file is left behind.

    Examples
    --------
    >>> check("split_channels", lambda image: (image[:, :, 0], image[:, :, 1], image[:, :, 2]))
    split_channels: all 2 checks passed (values, input kept)
    >>> check("conv2d", lambda image, kernel, stride=1: image)
    Traceback (most recent call last):
        ...
    cnnkit.checking.CheckFailed: conv2d is not right yet. A right one multiplies each window ...
    """
    if isinstance(name, str) and name in {question.name for each in questions().values() for question in each}:
        _check_form(name, function)
        return
    if not isinstance(name, str) or not callable(function):
        raise TypeError(
            "check takes the name of the exercise and the function itself, without parentheses, "
            f'such as check("conv2d", conv2d), but got ({name!r}, {function!r})'
        )
    try:
        exercise = find(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from None
    attempt = _Attempt(exercise, function)
    for prop in exercise.public:
        failure = attempt.search(prop, EXAMPLES // len(exercise.public))
        if failure:
            misconception = attempt.misconception(failure)
            raise CheckFailed(_message(exercise, failure, misconception), misconception)
    names = ", ".join(prop.name for prop in exercise.public)
    print(f"{name}: all {len(exercise.public)} checks passed ({names})")


def _check_form(name: str, answer) -> None:
    question = find_question(name)
    try:
        # How many numbers are asked for is the same for every student.
        read = question.read(typed(answer), question.numbers("", ""))
    except AnswerError as error:
        raise CheckFailed(f"{name} has no answer yet: {error}.") from None
    numbers = " x ".join(number(float(part)) for part in read)
    print(f"{name}: read as {numbers}. Whether it is right is seen when it is graded.")


@dataclass(frozen=True)
class _Failure:
    """One example on which a property does not hold; `index` is the call that went wrong."""

    property: Property
    calls: list[Call]
    answers: list[Answer]
    index: int
    expected: object
    detail: str


class _Wrong(Exception):
    """This example fails."""


class _NotWritten(BaseException):
    """The function raised NotImplementedError."""


@dataclass
class _Attempt:
    """One function under test, and what it has answered so far."""

    exercise: Exercise
    function: Callable
    tried: list[Tried] = field(default_factory=list)

    def search(self, prop: Property, examples: int) -> _Failure | None:
        """The smallest example on which `prop` fails, as far as patience goes."""
        found: list[_Failure] = []
        end = time.monotonic() + PATIENCE

        def holds(calls):
            # Out of patience: let Hypothesis finish at once, with what has been found.
            if time.monotonic() > end:
                return
            failure = self.judge(prop, calls)
            if failure:
                found.append(failure)
                raise _Wrong

        test = settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            print_blob=False,
        )(given(prop.examples)(holds))
        try:
            with _no_files():
                test()
        except _NotWritten:
            raise CheckFailed(f"{self.exercise.name} is not written yet. {self.exercise.asks}") from None
        except Exception:
            # Hypothesis also complains, in ways of its own, when a function is not wrong every time.
            if not found:
                raise
        # Hypothesis runs the smallest failure last, but a function that remembers may then be right by chance.
        return found[-1] if found else None

    def judge(self, prop: Property, calls: list[Call]) -> _Failure | None:
        answers, after = [], []
        for call in calls:
            given_call = copy_of(call)
            answers.append(self._answer(given_call))
            after.append(given_call.arrays())
        expected = [copy_of(call).on(self.exercise.reference) for call in calls]
        if len(self.tried) < _REMEMBERED:
            self.tried.append(Tried(prop, calls, answers, expected))
        failure = prop.failure(calls, answers, expected, after)
        return _Failure(prop, calls, answers, *failure) if failure else None

    def _answer(self, call: Call) -> Answer:
        try:
            with _quiet():
                return answer_of(call.on(self.function))
        except NotImplementedError:
            raise _NotWritten from None
        except Exception as error:
            return Answer(RAISED, text=f"it raised {_error_text(error)}")

    def misconception(self, failure: _Failure) -> Misconception | None:
        expected = [copy_of(call).on(self.exercise.reference) for call in failure.calls]
        shown = Tried(failure.property, failure.calls, failure.answers, expected)
        with _quiet():
            return matching_misconception(self.exercise, [*self.tried, shown])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Neither prints nor warnings: a hundred calls would bury the one line that matters."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _no_files() -> Iterator[None]:
    """Hypothesis keeps notes in the working directory even without a database; not in a student's folder."""
    with tempfile.TemporaryDirectory(prefix="cnnkit-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _error_text(error: Exception) -> str:
    """``IndexError: index 3 is out of bounds (in `out[i, j] = 0`)``."""
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    # The student's line, not the line in NumPy or in this package where it ended.
    own = [f for f in frames if f.line and "site-packages" not in f.filename and f.name != "on"]
    return f"{text}\n    in the line: {own[-1].line}" if own else text


def _message(exercise: Exercise, failure: _Failure, misconception: Misconception | None) -> str:
    call, answer = failure.calls[failure.index], failure.answers[failure.index]
    parts = [f"{exercise.name} is not right yet. A right one {failure.property.claim}."]
    earlier = [call_text(exercise.name, before) for before in failure.calls[: failure.index]]
    if earlier:
        parts.append("First:" + _indented("\n".join(earlier)))
    parts.append("Try:" + _indented(call_text(exercise.name, call)))
    parts.append(_sentence(failure.detail))
    if answer.kind == VALUE:
        got = answer.value
        if isinstance(failure.expected, tuple) and np.ndim(got):
            got = tuple(got)  # several results of one shape were stacked into one array
        parts.append(_side_by_side(_result_text(failure.expected), _result_text(got)))
    else:
        parts.append("expected" + _indented(_result_text(failure.expected)))
    if misconception:
        parts.append(f"A likely reason: {misconception.name}.\n{misconception.hint}")
    return "\n\n".join(parts)


def _sentence(text: str) -> str:
    end = "" if "\n" in text or text.endswith(("?", ".", "!")) else "."
    return text[0].upper() + text[1:] + end


def _indented(text: str) -> str:
    return "\n" + "\n".join("    " + line for line in text.splitlines())


def _result_text(result) -> str:
    if isinstance(result, tuple):
        return "\n".join(array_text(part) for part in result)
    return array_text(result) if np.ndim(result) else number(result)


def _side_by_side(expected: str, got: str) -> str:
    left, right = ["expected", *expected.splitlines()], ["got", *got.splitlines()]
    width = max(map(len, left))
    if width > 60 or max(map(len, right)) > 60:
        return "\n".join([*left, "", *right])
    height = max(len(left), len(right))
    left += [""] * (height - len(left))
    right += [""] * (height - len(right))
    return "\n".join(f"{a:<{width}}    {b}".rstrip() for a, b in zip(left, right, strict=True))
