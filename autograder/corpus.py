"""The hidden examples of an exercise: written once by Hypothesis, answered by the reference, replayed for everyone.

A corpus is one file in the course's ``.autograder/corpus`` folder, named by the exercise and a digest of all that
decides its content: the exercise's source, its hidden properties, the reference, the course seed and the number
of examples. While the digest stays, every student and every regrade gets the same inputs.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings

from autograder import hidden, smallest, variants, wire
from autograder.agreement import Sheet
from autograder.mutants import general_faults, mutants
from autograder.selection import choose
from autograder.sources import sources
from cnnkit import exercises
from cnnkit.answers import Answer, answer_of
from cnnkit.exercises import Call, Exercise, Misconception, Property
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.matching import outcome

#: How many examples are drawn for each that is replayed, and at least for each property.
_DRAWN_TIMES, _LEAST_DRAWN = 5, 12
#: Of how many right variants the mutants take part in the choice; the audit tries those of all.
_MODELS = 4
#: Written into each file; a file of another version is rebuilt.
_VERSION = 6


class CorpusError(RuntimeError):
    """Hidden examples that cannot be built; nothing can be graded with them."""


@dataclass(frozen=True)
class Example:
    """One replayed example: the calls of one property, the reference's results, and each misconception's answers."""

    property: str
    calls: list[Call]
    expected: list[np.ndarray | tuple]
    mistaken: dict[str, list[Answer]]

    @cached_property
    def size(self) -> int:
        """How many numbers the arguments hold: the smaller, the easier to read."""
        return sum(array.size for call in self.calls for array in call.arrays())


@dataclass(frozen=True)
class Corpus:
    """All examples of one exercise, in the order in which they are replayed.

    `confirmed` says which independent implementation gave the same results, or is empty. `smallest` has, by the name
    of a misconception, the smallest example on which it is wrong: to show, not to replay.
    """

    exercise: str
    digest: str
    examples: list[Example]
    confirmed: str = ""
    smallest: dict[str, Example] = field(default_factory=dict)
    #: What was found out about answers, by their digest: see :func:`autograder.verdict.judge`.
    verdicts: dict[bytes, object] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def sheet(self) -> Sheet:
        """All right results in one row."""
        return Sheet(self.examples)

    @property
    def calls(self) -> int:
        """How many calls a student's function gets."""
        return sum(len(example.calls) for example in self.examples)


class CorpusStore:
    """Builds, keeps and finds the corpora of one course.

    Parameters
    ----------
    folder : Path
        Created when needed, readable by its owner only.
    seed : str
        The course seed: another seed gives other hidden examples.
    examples : int
        About how many examples an exercise gets, chosen from many more for what they reject.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = CorpusStore(Path(folder), seed="1", examples=20)
    ...     built = store.get("relu")
    ...     again = store.get("relu")
    >>> built.digest == again.digest, len(built.examples) >= 20
    (True, True)
    """

    def __init__(self, folder: Path, seed: str, examples: int):
        self.folder, self.seed, self.examples = folder, seed, examples
        self._loaded: dict[str, Corpus] = {}

    def get(self, name: str) -> Corpus:
        """The corpus of an exercise, built when there is none for its present digest.

        Raises
        ------
        CorpusError
            When building failed, for example because PyTorch disagrees with the reference.
        """
        if name not in self._loaded:
            self._load_or_build([name])
        return self._loaded[name]

    def prepare(self, names: Iterable[str]) -> None:
        """Load several corpora, and build those that are missing, all processors at work; questions have none."""
        self._load_or_build([name for name in names if name in hidden.exercise_names() and name not in self._loaded])

    def _load_or_build(self, names: list[str]) -> None:
        if missing := [name for name in names if not self._found(name)]:
            said = self._build_apart(missing)
            for name in missing:
                if not self._found(name):
                    raise CorpusError(f"the hidden examples of {name} could not be built:\n{said[-3000:]}")

    def _found(self, name: str) -> bool:
        if corpus := _load(self.path(name), name):
            self._loaded[name] = corpus
        return corpus is not None

    def _build_apart(self, names: list[str]) -> str:
        """Build in other processes; what they had to say about errors."""
        command = [sys.executable, "-m", "autograder.compile", str(self.folder), self.seed, str(self.examples), *names]
        with tempfile.TemporaryDirectory() as scratch:
            # One thread for each process: there are as many of these as processors.
            fixed = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
            environment = os.environ | fixed | {"HYPOTHESIS_STORAGE_DIRECTORY": scratch}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.stderr.strip()

    def path(self, name: str) -> Path:
        """Where the corpus for the exercise's present digest is, or will be."""
        return self.folder / f"{name}-{self.digest(name)}.corpus"

    def digest(self, name: str) -> str:
        """Hash of all that decides the examples and their results: 16 hexadecimal digits."""
        module = exercises.module_of(name)
        own = (f"{package.__name__}.{module}" for package in (exercises, hidden, variants))
        total = hashlib.sha256(f"{_VERSION} {name} {self.seed} {self.examples}".encode())
        for source, content in sources([__name__, *own]).items():
            total.update(source.encode() + b"\0" + content)
        total.update("\n".join(smallest.kept(name)).encode())
        return total.hexdigest()[:16]

    def build(self, name: str, confirm: Callable[[Exercise, list[Example]], str]) -> Corpus:
        """Draw, answer, confirm and store the examples of one exercise.

        `confirm` says which independent implementation gives the same results, or raises where one does not.
        """
        exercise = exercises.find(name)
        properties = hidden.properties(name)
        total, wanted = sum(prop.weight for prop in properties), round(self.examples * exercise.share)
        drawn = {}
        for prop in properties:
            count = max(_LEAST_DRAWN * exercise.share, _DRAWN_TIMES * wanted * prop.weight / total)
            calls = draw(prop, round(count), f"{self.seed}/{name}/{prop.name}")
            drawn[prop.name] = [_answer(exercise, prop, each, exercise.misconceptions) for each in calls]
        models = (exercise.reference, *variants.right(name)[: max(1, round(_MODELS * exercise.share))])
        wrong = [mutant.function for model in models for mutant in mutants(model)]
        wrong += [fault.function for fault in general_faults(exercise.reference)]
        examples = choose(drawn, properties, wrong, wanted)
        # A function must not rely on the order of calls; all students get the same one.
        Random(f"{self.seed}/{name}").shuffle(examples)
        shown = {mistake.name: _smallest(exercise, mistake) for mistake in exercise.misconceptions}
        shown = {mistake: example for mistake, example in shown.items() if example}
        corpus = Corpus(name, self.digest(name), examples, confirm(exercise, examples), shown)
        _save(corpus, self.path(name))
        return corpus


def _smallest(exercise: Exercise, mistake: Misconception) -> Example | None:
    found = smallest.smallest(exercise, mistake)
    return _answer(exercise, *found, [mistake]) if found else None


def draw(prop: Property, count: int, seed: str) -> list[list[Call]]:
    """Let Hypothesis draw examples of a property; the same seed gives the same, in a process of its own."""
    found = []

    @hypothesis.seed(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(prop.examples)
    def collect(calls):
        found.append([copy_of(call) for call in calls])

    collect()
    return found


def _answer(exercise: Exercise, prop: Property, calls: list[Call], mistakes: Iterable[Misconception]) -> Example:
    expected = [answer_of(copy_of(call).on(exercise.reference)).value for call in calls]
    mistaken = {mistake.name: [outcome(mistake.function, call) for call in calls] for mistake in mistakes}
    return Example(prop.name, calls, expected, mistaken)


# --- files ----------------------------------------------------------------------------------------------------


def _save(corpus: Corpus, path: Path) -> None:
    payload = bytearray()
    header = {
        "version": _VERSION,
        "exercise": corpus.exercise,
        "digest": corpus.digest,
        "confirmed": corpus.confirmed,
        "examples": [_pack(example, payload) for example in corpus.examples],
        "smallest": {name: _pack(example, payload) for name, example in corpus.smallest.items()},
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written beside and moved into place, so that a file is there whole or not at all.
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(wire.frame(header, payload))
    os.replace(name, path)


def _pack(example: Example, payload: bytearray) -> dict:
    return {
        "property": example.property,
        "calls": [
            [wire.pack(call.args, payload), wire.pack(list(call.kwargs.items()), payload), call.magnitude]
            for call in example.calls
        ],
        "expected": [wire.pack(value, payload) for value in example.expected],
        "mistaken": {name: _pack_answers(outcomes, payload) for name, outcomes in example.mistaken.items()},
    }


def _pack_answers(outcomes: list[Answer], payload: bytearray) -> list:
    """Their text, and where in the payload their arrays are."""
    start = len(payload)
    packed = [wire.pack_answer(answer, payload) for answer in outcomes]
    return [wire.answers_text(packed, [None] * len(packed)).decode(), start, len(payload)]


def _unpack(entry: dict, payload: bytearray) -> Example:
    return Example(
        entry["property"],
        [Call(wire.unpack(a, payload), dict(wire.unpack(k, payload)), m) for a, k, m in entry["calls"]],
        [wire.unpack(value, payload) for value in entry["expected"]],
        {mistake: _unpack_answers(payload, *where) for mistake, where in entry["mistaken"].items()},
    )


def _unpack_answers(payload: bytearray, text: str, start: int, end: int) -> list[Answer]:
    answers = wire.Answers(text.encode(), payload[start:end])
    return [answers.answer(place) for place in range(len(answers))]


def _load(path: Path, name: str) -> Corpus | None:
    """Read a stored corpus; None when there is none or it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    reader = wire.FrameReader(max_header=2**28, max_payload=2**31)
    reader.feed(data)
    try:
        header, payload = reader.next() or ({}, b"")
        if header.get("version") != _VERSION or header.get("exercise") != name:
            return None
        examples = [_unpack(entry, payload) for entry in header["examples"]]
        smallest = {mistake: _unpack(entry, payload) for mistake, entry in header["smallest"].items()}
    except (wire.WireError, KeyError, TypeError, ValueError):
        return None
    return Corpus(name, header["digest"], examples, header["confirmed"], smallest)
