"""From a student's answers to a verdict: which properties hold, what they are worth, and one example of each failure.

The student's function is asked through a :class:`~autograder.session.Session`; everything else here happens
outside the sandbox, on plain arrays. Three states: ``passed``, ``failed``, and ``not graded`` (with whose fault).
"""

from dataclasses import dataclass, field

import numpy as np

from autograder import hidden
from autograder.corpus import Corpus, Example
from autograder.session import Session
from cnnkit import exercises
from cnnkit.answers import DIED, STOPPED, VALUE, Answer
from cnnkit.exercises import Call, Exercise, Property
from cnnkit.exercises.drawing import Failure
from cnnkit.exercises.matching import Tried, matching_misconception
from cnnkit.exercises.wording import array_text, call_text

PASSED, FAILED, NOT_GRADED = "passed", "failed", "not graded"
#: How often a function may hang or end its process before the rest of its calls are given up.
_FATAL_CALLS = 5
#: Numbers of an answer that is shown; of a larger one only the shape is.
_LARGEST_READ = 10_000


@dataclass(frozen=True)
class Counterexample:
    """One example on which the function is wrong, in text that a student can read and paste, and as it can be drawn."""

    inputs: str
    expected: str
    got: str
    failure: Failure | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class PropertyVerdict:
    """Whether one hidden property holds; `detail` says what went wrong, `example` shows it."""

    name: str
    claim: str
    weight: float
    passed: bool
    detail: str = ""
    example: Counterexample | None = None


@dataclass(frozen=True)
class Verdict:
    """What the grader found out about one exercise.

    Parameters
    ----------
    exercise : str
    state : str
        ``"passed"`` (every property holds), ``"failed"`` (at least one does not), ``"not graded"``.
    score : float
        Share of the weight of the properties that hold, 0 to 1.
    reason : str
        A sentence.
    fault : str
        For ``"not graded"``: ``"student"`` or ``"course"``; empty otherwise.
    properties : tuple of PropertyVerdict
    misconception, hint : str
        The named mistake whose outputs the student's match, or empty.
    smallest : Counterexample, optional
        For a named mistake, the smallest example on which it is wrong.
    error : str
        What ended the calls, when something did.
    """

    exercise: str
    state: str
    score: float
    reason: str
    fault: str = ""
    properties: tuple[PropertyVerdict, ...] = ()
    misconception: str = ""
    hint: str = ""
    error: str = ""
    notes: tuple[str, ...] = field(default=())
    smallest: Counterexample | None = None

    @property
    def counterexample(self) -> Counterexample | None:
        """The smallest example for a named mistake; else the example of the first property that fails."""
        return self.smallest or next((p.example for p in self.properties if not p.passed and p.example), None)

    def as_json(self) -> dict:
        """The object that ``autograder judge --json`` prints; a contract."""
        example = self.counterexample
        return {
            "exercise": self.exercise,
            "score": self.score,
            "passed": self.state == PASSED,
            "state": self.state,
            "properties": [
                {"name": p.name, "weight": p.weight, "passed": p.passed, "detail": p.detail} for p in self.properties
            ],
            "misconception": self.misconception or None,
            "hint": self.hint or None,
            "counterexample": example and {"inputs": example.inputs, "expected": example.expected, "got": example.got},
            "error": self.error or None,
            "reason": self.reason,
            "fault": self.fault or None,
        }


def not_graded(exercise: str, reason: str, fault: str = "student") -> Verdict:
    """A verdict of 0 that says why nothing could be judged.

    Examples
    --------
    >>> not_graded("conv2d", "conv2d is not defined").score
    0.0
    """
    return Verdict(exercise, NOT_GRADED, 0.0, reason, fault, error=reason)


def judge(session: Session, corpus: Corpus) -> Verdict:
    """Ask the student's function all examples of an exercise and judge its answers.

    Parameters
    ----------
    session : Session
        In which the cells up to here have run.
    corpus : Corpus
    """
    exercise = exercises.find(corpus.exercise)
    properties = {prop.name: prop for prop in hidden.properties(corpus.exercise)}
    asked = _ask(session, corpus, properties)
    if asked.undefined is not None:
        return not_graded(exercise.name, asked.undefined or f"{exercise.name} is not defined in the notebook")
    verdicts = tuple(_judge_property(exercise, prop, asked) for prop in properties.values())
    right = sum(v.weight for v in verdicts if v.passed)
    total = sum(v.weight for v in verdicts)
    failed = [v for v in verdicts if not v.passed]
    if not failed:
        return Verdict(exercise.name, PASSED, 1.0, f"all {len(verdicts)} properties hold", properties=verdicts)
    if not asked.outcomes:
        return not_graded(exercise.name, asked.error or "no call was made")
    mistake = _name_the_mistake(exercise, properties, asked)
    smallest = corpus.smallest.get(mistake.name) if mistake else None
    reason = f"{exercise.name} {asked.error}; " if asked.error else ""
    reason += _summary(failed, len(verdicts))
    return Verdict(
        exercise.name,
        FAILED,
        round(right / total, 4),
        reason,
        properties=verdicts,
        misconception=mistake.name if mistake else "",
        hint=mistake.hint if mistake else "",
        error=f"{exercise.name} {asked.error}" if asked.error else "",
        smallest=_smallest(exercise, smallest, mistake.name) if smallest else None,
    )


def _smallest(exercise: Exercise, example: Example, mistake: str) -> Counterexample | None:
    """A stored example on which a misconception, and so the student's function, is wrong."""
    prop = next(p for p in (*exercise.public, *hidden.properties(exercise.name)) if p.name == example.property)
    given = example.mistaken[mistake]
    failure = prop.failure(example.calls, given, example.expected)
    return _counterexample(exercise, prop, example.calls, given, failure) if failure else None


def _counterexample(
    exercise: Exercise, prop: Property, calls: list[Call], answers: list[Answer], failure: tuple[int, object, str]
) -> Counterexample:
    index, expected, detail = failure
    answer = answers[index] if index < len(answers) else None
    return Counterexample(
        call_text(exercise.name, calls[index]),
        _readable(expected),
        _got(answer) if answer else "no answer",
        Failure(exercise, prop.claim, calls, index, expected, answer, detail, unique=prop.rule is None),
    )


def _summary(failed: list[PropertyVerdict], count: int) -> str:
    if len(failed) == count and len({verdict.detail for verdict in failed}) == 1:
        return failed[0].detail
    names = ", ".join(verdict.name for verdict in failed[:3])
    return f"{len(failed)} of {count} properties fail: {names}{', …' if len(failed) > 3 else ''}"


@dataclass
class _Asked:
    """The answers, example by example, and what stopped the asking."""

    outcomes: list[tuple[Example, list[Answer], list]] = field(default_factory=list)
    undefined: str | None = None
    error: str = ""
    given_up: set[str] = field(default_factory=set)


def _ask(session: Session, corpus: Corpus, properties: dict[str, Property]) -> _Asked:
    asked, pending, fatal = _Asked(), list(corpus.examples), 0
    while pending:
        flat = [(example, call) for example in pending for call in example.calls]
        echo = [properties[example.property].keeps_inputs for example, _ in flat]
        replies = session.call(corpus.exercise, [call for _, call in flat], echo)
        if replies.ended == "undefined":
            asked.undefined = replies.text
            return asked
        position, rest = 0, []
        for example in pending:
            answers = replies.answers[position : position + len(example.calls)]
            after = replies.after[position : position + len(example.calls)]
            position += len(example.calls)
            if answers:
                asked.outcomes.append((example, answers, after))
            if len(answers) < len(example.calls) and not answers:
                rest.append(example)
        if replies.ended == "done":
            return asked
        asked.error = asked.error or replies.text
        fatal += 1
        if replies.ended == "out of time" or fatal >= _FATAL_CALLS or not asked.outcomes:
            asked.given_up |= {example.property for example in rest}
            return asked
        # Its other examples would most likely end the same way, and cost as much time.
        culprit = asked.outcomes[-1][0].property
        asked.given_up.add(culprit)
        pending = [example for example in rest if example.property != culprit]
    return asked


def _judge_property(exercise: Exercise, prop: Property, asked: _Asked) -> PropertyVerdict:
    failures = []
    for example, answers, after in asked.outcomes:
        if example.property != prop.name:
            continue
        echoed = [
            arrays if arrays is not None else call.arrays() for arrays, call in zip(after, example.calls, strict=False)
        ]
        failure = prop.failure(example.calls, answers, example.expected, echoed)
        if failure:
            failures.append((_rank(example, answers), example, answers, failure))
    if failures:
        _, example, answers, failure = min(failures, key=lambda found: found[0])
        detail = failure[2]
        shown = _counterexample(exercise, prop, example.calls, answers, failure)
        return PropertyVerdict(prop.name, prop.claim, prop.weight, False, detail, shown)
    if prop.name in asked.given_up:
        return PropertyVerdict(
            prop.name, prop.claim, prop.weight, False, f"was not reached: an earlier call {asked.error}"
        )
    return PropertyVerdict(prop.name, prop.claim, prop.weight, True)


def _rank(example: Example, answers: list[Answer]) -> tuple[bool, int]:
    """The example to show: the smallest, and one with an answer to compare rather than one that was cut off."""
    return answers[-1].kind in (STOPPED, DIED), example.size


def _got(answer: Answer) -> str:
    return _readable(answer.value) if answer.kind == VALUE else answer.text


def _readable(value) -> str:
    if isinstance(value, tuple):
        return ", ".join(_readable(part) for part in value)
    # Text is made of every number before most are left out, and a wrong answer may hold millions.
    return array_text(value) if np.size(value) <= _LARGEST_READ else f"an array of shape {np.shape(value)}"


def _name_the_mistake(exercise: Exercise, properties: dict[str, Property], asked: _Asked):
    """The misconception whose outputs equal the student's on everything that was answered."""
    tried = []
    for example, got, _ in asked.outcomes:
        if any(answer.kind in (STOPPED, DIED) for answer in got):
            return None
        tried.append(Tried(properties[example.property], example.calls, got, example.expected, example.mistaken))
    return matching_misconception(exercise, tried)
