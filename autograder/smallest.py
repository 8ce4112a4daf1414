"""The smallest example on which each named mistake is wrong, found once and kept in ``smallest.jsonl``.

To shrink an example takes Hypothesis seconds, and what comes out is the same in every course: it does not depend on
the course seed. So it is in a file, one line for each mistake. A line is believed only after the mistake was seen to
fail on it; where there is none, or it fails no more, Hypothesis searches. After you wrote or changed an exercise,
``python -m autograder.smallest EXERCISE...`` searches for all of its mistakes and writes the lines (without names: for
all exercises, some minutes).
"""

import base64
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from autograder import hidden, wire
from autograder.shrinking import failures
from cnnkit import exercises
from cnnkit.answers import answer_of
from cnnkit.exercises import Call, Exercise, Misconception, Property
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.matching import outcome

FILE = Path(__file__).with_suffix(".jsonl")


def smallest(exercise: Exercise, mistake: Misconception) -> tuple[Property, list[Call]] | None:
    """The smallest example on which a misconception is wrong, and its property; None when it is always right.

    Examples
    --------
    >>> conv2d = exercises.find("conv2d")
    >>> prop, calls = smallest(conv2d, conv2d.misconceptions[0])
    >>> calls[0].args
    (array([[0, 1]]), array([[0, 1]]))
    """
    entries = map(json.loads, kept(exercise.name))
    entry = next((entry for entry in entries if entry["mistake"] == mistake.name), None)
    return (entry and _read(exercise, mistake, entry)) or search(exercise, mistake)


def search(exercise: Exercise, mistake: Misconception) -> tuple[Property, list[Call]] | None:
    """As :func:`smallest`, but always as Hypothesis shrinks it: on a public property if possible."""
    for prop in _properties(exercise):
        found, _ = failures(prop, lambda calls, prop=prop: _if_wrong(exercise, mistake, prop, calls))
        if found:
            return prop, found[-1]
    return None


def kept(name: str) -> list[str]:
    """The lines of one exercise."""
    return _lines().get(name, [])


@cache
def _lines() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in FILE.read_text().splitlines():
        found.setdefault(json.loads(line)["exercise"], []).append(line)
    return found


def _properties(exercise: Exercise) -> Iterator[Property]:
    yield from exercise.public
    yield from hidden.properties(exercise.name)


def _if_wrong(exercise: Exercise, mistake: Misconception, prop: Property, calls: list[Call]) -> list[Call] | None:
    """The calls, untouched, if the mistake fails on them."""
    expected = [answer_of(copy_of(call).on(exercise.reference)).value for call in calls]
    mistaken = [outcome(mistake.function, call) for call in calls]
    return [copy_of(call) for call in calls] if prop.failure(calls, mistaken, expected) else None


# --- the file -------------------------------------------------------------------------------------------------


def _read(exercise: Exercise, mistake: Misconception, entry: dict) -> tuple[Property, list[Call]] | None:
    """What a line says, if it is still true."""
    payload = bytearray(zlib.decompress(base64.b64decode(entry["bytes"])))
    calls = [Call(wire.unpack(a, payload), dict(wire.unpack(k, payload)), m) for a, k, m in entry["calls"]]
    named = (prop for prop in _properties(exercise) if prop.name == entry["property"])
    return next(((prop, calls) for prop in named if _if_wrong(exercise, mistake, prop, calls)), None)


def _write(exercise: Exercise, mistake: Misconception) -> str | None:
    """A line."""
    if not (found := search(exercise, mistake)):
        return None
    prop, calls = found
    payload = bytearray()
    packed = [[wire.pack(c.args, payload), wire.pack(list(c.kwargs.items()), payload), c.magnitude] for c in calls]
    entry = {"exercise": exercise.name, "mistake": mistake.name, "property": prop.name, "calls": packed}
    return json.dumps(entry | {"bytes": base64.b64encode(zlib.compress(payload, 9)).decode()}, ensure_ascii=False)


def _search_apart(name: str) -> list[str]:
    """The lines of an exercise, searched for in a process of its own, as it draws constants from what is loaded."""
    command = [sys.executable, "-m", __spec__.name, "--print", name]
    fixed = os.environ | {"PYTHONHASHSEED": "0"}
    return subprocess.run(command, env=fixed, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()


def main(names: Iterable[str]) -> None:
    """Search for the smallest examples of exercises, and write the file anew."""
    every = [exercise.name for lesson in exercises.lessons().values() for exercise in lesson]
    wanted = [exercises.find(name).name for name in names] or every
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = _lines() | dict(zip(wanted, pool.map(_search_apart, wanted), strict=True))
    FILE.write_text("".join(f"{line}\n" for name in every for line in lines.get(name, [])))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--print"]:
        found = exercises.find(sys.argv[2])
        print(*filter(None, (_write(found, mistake) for mistake in found.misconceptions)), sep="\n")
    else:
        main(sys.argv[1:])
