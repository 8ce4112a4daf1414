"""``check("conv2d", conv2d)``: a student's own test, in the student's own kernel, within a second.

The module is not called ``check``, or importing it would replace the function of that name in ``cnnkit``.
"""

import contextlib
import inspect
import io
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir

from cnnkit.answers import RAISED, STOPPED, Answer, answer_of, number, typed
from cnnkit.exercises import Call, Exercise, Misconception, Property, find, find_question, questions, texts
from cnnkit.exercises.drawing import Failure, as_html, as_text, note_html
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.matching import Tried, matching_misconception
from cnnkit.exercises.questions import AnswerError
from cnnkit.exercises.texts import say, sentence
from cnnkit.exercises.wording import call_text
from cnnkit.notices import Notice
from cnnkit.timelimit import TookTooLong, time_limit

#: How many examples are tried in all, shared among an exercise's properties.
EXAMPLES = 100
#: Seconds that a check takes at most, shared among the properties; a last call is interrupted.
BUDGET = 3.0
#: Seconds after which a single call is interrupted, as it is while grading.
CALL_SECONDS = 2.0
#: Seconds that a failure may be made smaller for.
SHRINKING = 1.5
#: The part of the budget that is kept for naming the mistake and drawing it.
_RESERVE = 0.15
#: How many more examples are compared with the named mistakes to tell them apart.
_TELLING = 60
#: These, by property and number: drawn when first needed, which takes longer than all the rest of naming.
_told: dict[tuple[Property, int], list[list[Call]]] = {}
#: A call this many times longer than any other, and not at its end, is not just one of a slow function.
_OUTLIER = 3
#: Every student gets the same examples, in every run.
_SEED = 0
_LONGEST_LINE, _LONGEST_ERROR = 200, 500
_OURS = str(Path(__file__).parent)


class CheckFailed(AssertionError):
    """A student's function is wrong; the message shows the smallest example that was found.

    In a notebook it appears without a traceback: as one line below the picture, or as the message without one.

    Parameters
    ----------
    message : str
    misconception : Misconception, optional
        The named mistake that gives the same answers.
    line : str, optional
        What to show instead of the message, because that has been shown.
    """

    def __init__(self, message: str, misconception: Misconception | None = None, line: str = ""):
        super().__init__(message)
        self.misconception = misconception
        self.line = line

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this; the frames would show this module, not the student's mistake.
        return [f"CheckFailed: {self.line}"] if self.line else str(self).splitlines()


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
        When the function gives a wrong answer, raises an exception, takes too long or is not written yet.
    ValueError
        When there is no exercise of that name.
    TypeError
        When the function cannot be called.

    Notes
    -----
    The examples are the same in every run. What the function prints is not shown, and no file is left behind.
    A check ends after 3 seconds at most, and a call after 2; :mod:`cnnkit.timelimit` says what cannot be interrupted.
    In a notebook the result is a picture, with the text beside it for what shows no pictures.

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
    notice = Notice(say(texts.CHECKING, name=name))
    try:
        _try_all(exercise, function, notice)
    finally:
        if notice.open:
            text = say(texts.INTERRUPTED, name=name)
            notice.replace(text, note_html(text))


def _try_all(exercise: Exercise, function: Callable, notice: Notice) -> None:
    with time_limit() as limit:
        attempt = _Attempt(exercise, function, limit)
        try:
            failure = attempt.search_all()
        except _NotWritten:
            text = say(texts.NOT_WRITTEN, name=exercise.name)
            _fail(notice, f"{text} {say(exercise.asks)}", note_html(f"{text}\n{say(exercise.asks)}"), text)
        except _OutOfTime as cut:
            first = say(texts.TOO_SLOW, name=exercise.name)
            text = f"{first}\n{say(texts.TOO_SLOW_DETAIL, seconds=f'{BUDGET:g}', count=attempt.right)}"
            code = call_text(exercise.name, cut.call)
            _fail(notice, f"{text}\n{code}", note_html(text, code=code), first)
    if failure:
        line = f"{say(texts.NOT_RIGHT, name=exercise.name)} {sentence(failure.detail)}"
        _fail(notice, as_text(failure), as_html(failure), line, failure.misconception)
    names = ", ".join(say(prop.name) for prop in exercise.public)
    text = say(texts.PASSED, name=exercise.name, count=len(exercise.public), names=names)
    if attempt.cut_short:
        text += "\n" + say(texts.FEW_TRIED, count=attempt.right)
    if not notice.replace(text, note_html(text, mark="✓")):
        print(text)


def _fail(notice: Notice, text: str, html: str, line: str, misconception: Misconception | None = None):
    shown = notice.replace(text, html)
    line = line.splitlines()[0]
    line = line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + " …"
    raise CheckFailed(text, misconception, line if shown else "") from None


def _check_form(name: str, answer) -> None:
    question = find_question(name)
    notice = Notice(say(texts.CHECKING, name=name))
    try:
        # How many numbers are asked for is the same for every student.
        read = question.read(typed(answer), question.numbers("", ""))
    except AnswerError as error:
        text = say(texts.NO_ANSWER, name=name, error=error.args[0])
        _fail(notice, text, note_html(text), text)
    text = say(texts.READ_AS, name=name, numbers=" x ".join(number(float(part)) for part in read))
    if not notice.replace(text, note_html(text, mark="✓")):
        print(text)


class _Wrong(Exception):
    """This example fails."""


class _NotWritten(BaseException):
    """The function raised NotImplementedError."""


class _Enough(BaseException):
    """Hypothesis shall end at once, with what has been found."""


class _OutOfTime(BaseException):
    """The time of the whole check was over in this call, which began at `since`."""

    def __init__(self, call: Call, since: float):
        super().__init__()
        self.call = call
        self.since = since


@dataclass
class _Attempt:
    """One function under test, and what it has answered so far."""

    exercise: Exercise
    function: Callable
    limit: object
    tried: list[Tried] = field(default_factory=list)
    #: How many examples were right, and whether there would have been more.
    right: int = 0
    cut_short: bool = False
    #: Seconds of the longest call that came to its end.
    longest: float = 0.0
    start: float = field(default_factory=time.monotonic)

    def search_all(self) -> Failure | None:
        """The smallest example on which a property fails, of the first one that does."""
        public = self.exercise.public
        for index, prop in enumerate(public):
            now, end = time.monotonic(), self.start + BUDGET * (1 - _RESERVE)
            failure = self.search(prop, self.share_of(EXAMPLES), now + (end - now) / (len(public) - index))
            if failure:
                return failure
        return None

    def share_of(self, examples: int) -> int:
        """How many of so many examples each property gets."""
        return max(1, round(examples * self.exercise.share) // len(self.exercise.public))

    def search(self, prop: Property, examples: int, end: float) -> Failure | None:
        """The smallest example on which `prop` fails, as far as the time until `end` goes."""
        found: list[tuple[Failure, Tried | None]] = []
        right = self.right
        last = self.start + BUDGET * (1 - _RESERVE)
        whole = True

        def holds(calls):
            nonlocal end
            # However late it is, each property is tried once.
            if time.monotonic() > end and (found or self.right > right):
                raise _Enough
            failure, tried = self.judge(prop, calls)
            if failure is None:
                if not found:
                    self.right += 1
                    self.tried.append(tried)
                return
            if not found:
                end = min(last, time.monotonic() + SHRINKING)
            found.append((failure, tried))
            # Made smaller, it would take as long again, each time.
            raise _Enough if tried is None else _Wrong

        try:
            _draw(prop, holds, examples, _SEED)
        except _Enough:
            whole = False
        except _OutOfTime as cut:
            whole = False
            if not found and (self.right == right or time.monotonic() - cut.since > _OUTLIER * self.longest):
                raise
        except Exception:
            # Hypothesis also complains, in ways of its own, when a function is not wrong every time.
            if not found:
                raise
        if not found:
            self.cut_short |= not whole
            return None
        # Hypothesis runs the smallest failure last, unless it was told to end.
        failure, tried = found[-1] if whole else min(reversed(found), key=lambda each: _size(each[0].calls))
        return failure if tried is None else replace(failure, misconception=self.named([found[0][1], tried]))

    def named(self, failed: list[Tried]) -> Misconception | None:
        """The mistake that gives the same answers, also on examples that were not tried before."""
        self.tried += failed
        for prop in self.exercise.public:
            self._try_more(prop)
        with _quiet():
            return matching_misconception(self.exercise, self.tried)

    def _try_more(self, prop: Property) -> None:
        """Small examples look alike for many mistakes: try as many as it takes to tell them apart."""

        drawn: list[list[Call]] = []

        def keep(calls):
            if time.monotonic() > self.start + BUDGET * (1 - _RESERVE):
                raise _Enough
            drawn.append(calls)
            _, tried = self.judge(prop, calls)
            if tried is None:
                raise _Enough
            self.tried.append(tried)

        key = prop, self.share_of(_TELLING)
        with contextlib.suppress(_Enough, _OutOfTime, _NotWritten):
            if key in _told:
                for calls in _told[key]:
                    keep(calls)
            else:
                _draw(prop, keep, key[1], _SEED + 1, shrink=False)
                _told[key] = drawn

    def judge(self, prop: Property, calls: list[Call]) -> tuple[Failure | None, Tried | None]:
        """What is wrong with the answers to one example, if anything, and the answers, if all calls ended."""
        answers, after = [], []
        for call in calls:
            given_call = copy_of(call)
            answers.append(self._answer(call, given_call))
            after.append(given_call.arrays())
            if answers[-1].kind == STOPPED:
                break
        expected = [copy_of(call).on(self.exercise.reference) for call in calls]
        tried = None if answers[-1].kind == STOPPED else Tried(prop, calls, answers, expected)
        failure = prop.failure(calls, answers, expected, after)
        if failure is None:
            return None, tried
        index, right, detail = failure
        shown = Failure(self.exercise, prop.claim, calls, index, right, answers[index], detail, unique=not prop.rule)
        return shown, tried

    def _answer(self, call: Call, given_call: Call) -> Answer:
        start = time.monotonic()
        seconds = min(CALL_SECONDS, self.start + BUDGET - start)
        try:
            with _quiet():
                # Also what NumPy makes of the result is the student's code, when that is an object of their own.
                answer = self.limit.run(lambda: answer_of(given_call.on(self.function)), max(seconds, 0.01))
        except TookTooLong:
            if seconds < CALL_SECONDS:
                raise _OutOfTime(call, start) from None
            return Answer(STOPPED, text=say(texts.TOO_LONG, seconds=f"{CALL_SECONDS:g}"))
        except NotImplementedError:
            raise _NotWritten from None
        except (Exception, SystemExit) as error:
            answer = Answer(RAISED, text=self._error_text(error, call))
        self.longest = max(self.longest, time.monotonic() - start)
        return answer

    def _error_text(self, error: BaseException, call: Call) -> str:
        text = say(texts.ERROR, error=f"{type(error).__name__}: {error}".removesuffix(": ")[:_LONGEST_ERROR])
        if isinstance(error, TypeError) and not _fits(self.function, call):
            return f"{text}\n{say(texts.ARGUMENTS, signature=self.exercise.signature)}"
        line = _own_line(error)
        return f"{text}\n{say(texts.ERROR_LINE, line=line)}" if line else text


def _draw(prop: Property, test: Callable, examples: int, number: int, shrink: bool = True) -> None:
    """Run a test on examples of a property, the same in every run, and on smaller ones when it fails."""
    strict = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    with _no_files():
        strict(seed(number)(given(prop.examples)(test)))()


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


def _fits(function: Callable, call: Call) -> bool:
    """Whether the function takes as many arguments as the call has."""
    try:
        inspect.signature(function).bind(*call.args, **call.kwargs)
    except TypeError:
        return False
    except ValueError:  # a function written in C
        return True
    return True


def _own_line(error: BaseException) -> str:
    """The student's line, not the line in NumPy or in this package where it ended."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame.line
        for frame in frames
        if frame.line and "site-packages" not in frame.filename and not frame.filename.startswith(_OURS)
    ]
    return own[-1] if own else ""


def _size(calls: Sequence[Call]) -> int:
    return sum(array.size for call in calls for array in call.arrays())
