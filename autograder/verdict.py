"""From a student's answers to a verdict: which properties hold, what they are worth, and one example of each failure.

The student's function is asked through a :class:`~autograder.session.Session`; everything else here happens
outside the sandbox, on plain arrays. Three states, of a property as of an exercise: ``passed``; ``failed``, when a
wrong answer was seen; ``not graded``, when the calls did not end, were killed, used a library that is not there, or
were not reached, with whose fault that is. Not graded is worth as much as failed: nothing.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from autograder import hidden
from autograder.corpus import Corpus, Example
from autograder.session import Replies, Session
from cnnkit import exercises
from cnnkit.answers import CUT_SHORT, VALUE, Answer, Text
from cnnkit.exercises import Call, Exercise, Property, texts
from cnnkit.exercises.drawing import Failure
from cnnkit.exercises.matching import Tried, matching_misconception
from cnnkit.exercises.model import changed
from cnnkit.exercises.texts import joined
from cnnkit.exercises.wording import array_text, call_text

PASSED, FAILED, NOT_GRADED = "passed", "failed", "not graded"
#: How often a function may hang or end its process before the rest of its calls are given up.
_FATAL_CALLS = 5
#: Numbers of an answer that is shown; of a larger one only the shape is.
_LARGEST_READ = 10_000
#: Verdicts that are kept for each corpus, and the bytes of answers up to which one is: in a class, many give the same.
_MOST_VERDICTS, _LARGEST_KEPT = 256, 2**18


@dataclass(frozen=True)
class Counterexample:
    """One example on which the function is wrong, in text that a student can read and paste, and as it can be drawn."""

    inputs: str
    expected: str
    got: str
    failure: Failure | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, failure: Failure) -> "Counterexample":
        """The same in text."""
        return cls(
            call_text(failure.exercise.name, failure.call),
            _readable(failure.expected),
            _got(failure.answer) if failure.answer else Text.made(texts.NOT_COMPLETE),
            failure,
        )


@dataclass(frozen=True)
class PropertyVerdict:
    """Whether one hidden property holds; `detail` says what went wrong, `example` shows it.

    Parameters
    ----------
    name, claim : str
    weight : float
    state : str
        ``"passed"``, ``"failed"`` (a wrong answer was seen), or ``"not graded"`` (there was no answer to judge).
    detail : str
        What went wrong, or what stopped the calls.
    example : Failure or Counterexample, optional
        An example on which it does not hold. Of many only one is shown, and only that is put into text.
    fault : str
        For ``"not graded"``: ``"student"`` or ``"course"``; empty otherwise.

    Examples
    --------
    >>> PropertyVerdict("values", "adds up the products", 2.0, PASSED).passed
    True
    """

    name: str
    claim: str
    weight: float
    state: str
    detail: str = ""
    example: Failure | Counterexample | None = field(default=None, compare=False)
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Whether it counts."""
        return self.state == PASSED

    def as_json(self) -> dict:
        """Its part of the object that ``autograder judge --json`` prints."""
        return {
            "name": self.name,
            "weight": self.weight,
            "passed": self.passed,
            "state": self.state,
            "detail": self.detail,
            "fault": self.fault or None,
        }


@dataclass(frozen=True)
class Verdict:
    """What the grader found out about one exercise.

    Parameters
    ----------
    exercise : str
    state : str
        ``"passed"`` (every property holds), ``"not graded"`` (there was nothing to judge), ``"failed"`` (all else).
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
        The smallest known example on which the function is wrong.
    error : str
        What ended the calls, when something did.
    missing : bool
        Whether the notebook does not define what is asked for, up to here.
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
    missing: bool = False

    @cached_property
    def counterexample(self) -> Counterexample | None:
        """The smallest known; else that of the first property with a wrong answer, or of the first that was cut off."""
        if self.smallest:
            return self.smallest
        shown = [(p.state, p.example) for p in self.properties if p.example]
        found = next((example for wanted in (FAILED, NOT_GRADED) for state, example in shown if state == wanted), None)
        return Counterexample.of(found) if isinstance(found, Failure) else found

    def as_json(self) -> dict:
        """The object that ``autograder judge --json`` prints; a contract."""
        example = self.counterexample
        return {
            "exercise": self.exercise,
            "score": self.score,
            "passed": self.state == PASSED,
            "state": self.state,
            "properties": [prop.as_json() for prop in self.properties],
            "misconception": self.misconception or None,
            "hint": self.hint or None,
            "counterexample": example and {"inputs": example.inputs, "expected": example.expected, "got": example.got},
            "error": self.error or None,
            "reason": self.reason,
            "fault": self.fault or None,
        }


def not_graded(exercise: str, reason: str, fault: str = "student", missing: bool = False) -> Verdict:
    """A verdict of 0 that says why nothing could be judged.

    Examples
    --------
    >>> not_graded("conv2d", "conv2d is not defined").score
    0.0
    """
    return Verdict(exercise, NOT_GRADED, 0.0, reason, fault, error=reason, missing=missing)


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
        wrong = Text.made(texts.NOT_A_FUNCTION, name=exercise.name, kind=asked.undefined) if asked.undefined else ""
        reason = wrong or Text.made(texts.NOT_DEFINED, name=exercise.name)
        return not_graded(exercise.name, reason, missing=not asked.undefined)
    key = _key(asked, corpus)
    if key in corpus.verdicts:
        return corpus.verdicts[key]
    verdict = _judge_answers(exercise, corpus, properties, asked)
    if key and len(corpus.verdicts) < _MOST_VERDICTS:
        corpus.verdicts[key] = verdict
    return verdict


def _key(asked: "_Asked", corpus: Corpus) -> bytes | None:
    """What stands for the answers to all calls of a corpus; None when they are not complete, or large."""
    sent = asked.first
    if sent is None or sent.ended != "done" or sent.size > _LARGEST_KEPT:
        return None
    if sum(len(answers) for _, answers in sent.answered) != corpus.calls:  # some were replaced
        return None
    total = hashlib.sha256()
    for _, answers in sent.answered:
        for part in answers.content():
            total.update(len(part).to_bytes(8))
            total.update(part)
    return total.digest()


def _judge_answers(exercise: Exercise, corpus: Corpus, properties: dict[str, Property], asked: "_Asked") -> Verdict:
    to_judge: dict[str, list] = {name: [] for name in properties}
    right = corpus.sheet.right(asked.first.answered if asked.first else ())  # few are asked a second time
    for outcome in asked.outcomes:
        prop = properties[outcome.example.property]
        if not (id(outcome.example) in right and _needs_no_more(prop, outcome)):
            to_judge[prop.name].append(outcome)
    verdicts = tuple(_judge_property(exercise, prop, asked, to_judge[prop.name]) for prop in properties.values())
    earned = sum(v.weight for v in verdicts if v.passed)
    total = sum(v.weight for v in verdicts)
    failed = [v for v in verdicts if not v.passed]
    if not failed:
        return Verdict(exercise.name, PASSED, 1.0, Text.made(texts.ALL_HOLD, count=len(verdicts)), properties=verdicts)
    if not asked.outcomes:
        return not_graded(exercise.name, asked.error or Text.made(texts.NO_CALL))
    error = joined([exercise.name, asked.error], " ") if asked.error else ""
    reason = _summary(failed, len(verdicts))
    reason = joined([error, reason], "; ") if error else reason
    if all(verdict.state == NOT_GRADED for verdict in verdicts):
        return Verdict(exercise.name, NOT_GRADED, 0.0, reason, "student", verdicts, error=error or reason)
    mistake = _name_the_mistake(exercise, properties, asked)
    smallest = corpus.smallest.get(mistake.name) if mistake else None
    return Verdict(
        exercise.name,
        FAILED,
        round(earned / total, 4),
        reason,
        properties=verdicts,
        misconception=mistake.name if mistake else "",
        hint=mistake.hint if mistake else "",
        error=error,
        smallest=_smallest(exercise, smallest, mistake.name) if smallest else None,
    )


def _smallest(exercise: Exercise, example: Example, mistake: str) -> Counterexample | None:
    """A stored example on which a misconception, and so the student's function, is wrong."""
    prop = next(p for p in (*exercise.public, *hidden.properties(exercise.name)) if p.name == example.property)
    given = example.mistaken[mistake]
    found = prop.failure(example.calls, given, example.expected)
    return Counterexample.of(failure_of(exercise, prop, example.calls, given, found)) if found else None


def failure_of(
    exercise: Exercise, prop: Property, calls: list[Call], answers: list[Answer], found: tuple[int, object, str]
) -> Failure:
    """An example that fails, to be shown; `found` is what :meth:`cnnkit.exercises.Property.failure` found."""
    index, expected, detail = found
    answer = answers[index] if index < len(answers) else None
    return Failure(exercise, prop.claim, calls, index, expected, answer, detail, unique=prop.rule is None)


def _summary(verdicts: list[PropertyVerdict], count: int) -> str:
    """What is said of the properties that do not hold."""
    if len(verdicts) == count and len({verdict.detail for verdict in verdicts}) == 1:
        return verdicts[0].detail
    parts = []
    for state, says in ((FAILED, texts.SOME_FAIL), (NOT_GRADED, texts.SOME_NOT_GRADED)):
        names = [verdict.name for verdict in verdicts if verdict.state == state]
        if names:
            listed = joined([*names[:3], "…"] if len(names) > 3 else names)
            parts.append(Text.made(says, count=len(names), total=count, names=listed))
    return joined(parts, "; ")


@dataclass
class _Outcome:
    """An example, and which of the replies are for its calls; fewer than calls, where something stopped them."""

    example: Example
    replies: Replies
    numbers: range

    @property
    def cut_short(self) -> bool:
        """Whether there is no answer to judge, because the calls did not come to their end."""
        return any(self.replies.kind(number) in CUT_SHORT for number in self.numbers)

    @cached_property
    def answers(self) -> list[Answer]:
        """The answers to its calls."""
        return [self.replies.answer(number) for number in self.numbers]

    @cached_property
    def after(self) -> list[list[np.ndarray]]:
        """The array arguments as they were after each call; where that was not asked, as they were before."""
        pairs = zip(self.numbers, self.example.calls, strict=False)
        found = ((self.replies.after(number), call) for number, call in pairs)
        return [call.arrays() if arrays is None else arrays for arrays, call in found]


@dataclass
class _Asked:
    """The answers, example by example; those of the first time of asking, which were all if nothing stopped it."""

    outcomes: list[_Outcome] = field(default_factory=list)
    first: Replies | None = None
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
        if asked.first is None:
            asked.first = replies
        position, answered, rest = 0, len(replies), []
        for example in pending:
            end = position + len(example.calls)
            if position < answered:
                asked.outcomes.append(_Outcome(example, replies, range(position, min(end, answered))))
            else:
                rest.append(example)
            position = end
        if replies.ended == "done":
            return asked
        asked.error = asked.error or replies.text
        fatal += 1
        if replies.ended == "out of time" or fatal >= _FATAL_CALLS or not asked.outcomes:
            asked.given_up |= {example.property for example in rest}
            return asked
        # Its other examples would most likely end the same way, and cost as much time.
        culprit = asked.outcomes[-1].example.property
        asked.given_up.add(culprit)
        pending = [example for example in rest if example.property != culprit]
    return asked


def _judge_property(exercise: Exercise, prop: Property, asked: _Asked, outcomes: list[_Outcome]) -> PropertyVerdict:
    # In the order in which they would be shown: the first that fails says it all.
    for outcome in sorted(outcomes, key=_rank):
        example, answers = outcome.example, outcome.answers
        found = prop.failure(example.calls, answers, example.expected, outcome.after)
        if found:
            state = NOT_GRADED if outcome.cut_short else FAILED
            shown = failure_of(exercise, prop, example.calls, answers, found)
            fault = "student" if state == NOT_GRADED else ""
            return PropertyVerdict(prop.name, prop.claim, prop.weight, state, found[2], shown, fault)
    if prop.name in asked.given_up:
        detail = Text.made(texts.NOT_REACHED, what=asked.error)
        return PropertyVerdict(prop.name, prop.claim, prop.weight, NOT_GRADED, detail, fault="student")
    return PropertyVerdict(prop.name, prop.claim, prop.weight, PASSED)


def _needs_no_more(prop: Property, outcome: _Outcome) -> bool:
    """Whether right answers are all that a property asks of an example."""
    if prop.rule or prop.keeps_dtype:
        return False
    return not prop.keeps_inputs or not any(
        changed(call.arrays(), arrays) for arrays, call in zip(outcome.after, outcome.example.calls, strict=True)
    )


def _rank(outcome: _Outcome) -> tuple[bool, int]:
    """The example to show: the smallest, and one with an answer to compare rather than one that was cut off."""
    return outcome.cut_short, outcome.example.size


def _got(answer: Answer) -> str:
    return _readable(answer.value) if answer.kind == VALUE else answer.text


def _readable(value) -> str:
    if isinstance(value, tuple):
        return ", ".join(_readable(part) for part in value)
    # Text is made of every number before most are left out, and a wrong answer may hold millions.
    return (
        array_text(value) if np.size(value) <= _LARGEST_READ else Text.made(texts.ARRAY_OF_SHAPE, shape=np.shape(value))
    )


def _name_the_mistake(exercise: Exercise, properties: dict[str, Property], asked: _Asked):
    """The misconception whose outputs equal the student's on everything that was answered."""
    tried = []
    for outcome in asked.outcomes:
        if outcome.cut_short:
            return None
        example, got = outcome.example, outcome.answers
        tried.append(Tried(properties[example.property], example.calls, got, example.expected, example.mistaken))
    return matching_misconception(exercise, tried)
