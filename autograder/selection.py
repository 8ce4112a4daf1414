"""Few examples with the power of many: of all that Hypothesis draws, choose those that reject wrong functions.

Each property gets a share of the examples by its weight, the ones that reject most, relations more where random
answers could satisfy them; and whatever all drawn examples together reject, the chosen ones reject as well.
"""

from collections.abc import Callable, Iterable

import numpy as np

from autograder.mutants import answers
from cnnkit.exercises import Property

#: Each misconception should fail on so many of a property's examples, and on so many in all, where so many do.
_TWICE, _THRICE = 2, 3
#: Share of the examples that is chosen property by property; the rest is for what has slipped through.
_SHARE = 0.75
_LEAST = 2
#: Numbers that a relation should compare, for which it gets so many examples more: a function that answers with one of
#: two numbers at random satisfies it for one of them half of the time, for 16 once in 2**16. Counts are not so easy.
_COMPARED, _MORE = 16, 4


def failing(function: Callable, property_: Property, example) -> bool:
    """Whether one of our own functions fails on an example.

    Parameters
    ----------
    function : callable
    property_ : Property
    example : autograder.corpus.Example
    """
    given, after = answers(function, example.calls)
    return property_.failure(example.calls, given, example.expected, after) is not None


def choose(drawn: dict[str, list], properties: Iterable[Property], wrong: list[Callable], budget: int) -> list:
    """Choose about `budget` of the drawn examples.

    Parameters
    ----------
    drawn : dict of str to list of autograder.corpus.Example
        By the name of a property, in the order in which they were drawn.
    properties : iterable of Property
    wrong : list of callable
        Functions to reject: mutants. The misconceptions' answers are in the examples.
    budget : int

    Returns
    -------
    list of autograder.corpus.Example
    """
    by_name = {prop.name: prop for prop in properties}
    total = sum(prop.weight for prop in by_name.values())
    rejects = {
        id(example): _rejected(by_name[name], example) for name, examples in drawn.items() for example in examples
    }
    chosen: list = []
    for name, prop in by_name.items():
        quota = max(_LEAST, round(_SHARE * budget * prop.weight / total))
        chosen += _beyond_luck(prop, drawn[name], _best(drawn[name], rejects, quota))
    taken = set(map(id, chosen))
    rest = [example for examples in drawn.values() for example in examples if id(example) not in taken]
    for mistake in sorted(frozenset().union(*rejects.values())):
        missing = _THRICE - sum(mistake in rejects[id(example)] for example in chosen)
        more = [example for example in rest if mistake in rejects[id(example)]][: max(0, missing)]
        chosen += more
        rest = [example for example in rest if not any(example is each for each in more)]
    for function in wrong:
        if any(failing(function, by_name[example.property], example) for example in chosen):
            continue
        found = next((example for example in rest if failing(function, by_name[example.property], example)), None)
        if found:
            chosen.append(found)
            rest = [example for example in rest if example is not found]
    return chosen


def _rejected(prop: Property, example) -> frozenset[str]:
    """The misconceptions that an example rejects."""
    return frozenset(
        name
        for name, given in example.mistaken.items()
        if prop.failure(example.calls, given, example.expected) is not None
    )


def _beyond_luck(prop: Property, examples: list, chosen: list) -> list:
    """The chosen examples; of a relation, some of the largest others where random answers could satisfy all chosen."""
    if prop.relation is None or any(call.scale() is None for example in chosen for call in example.calls):
        return chosen
    compared = sum(map(_compared, chosen))
    taken = set(map(id, chosen))
    rest = [example for example in examples if id(example) not in taken]
    more = []
    for example in sorted(rest, key=lambda example: -_compared(example))[:_MORE]:
        if compared < _COMPARED:
            more.append(example)
            compared += _compared(example)
    return chosen + more


def _compared(example) -> int:
    """How many numbers a relation compares: those of the last answer."""
    right = example.expected[-1]
    return sum(map(np.size, right if isinstance(right, tuple) else (right,)))


def _best(examples: list, rejects: dict[int, frozenset[str]], quota: int) -> list:
    """Examples of one property that reject, twice where they can, as many misconceptions as so few can reject."""
    needed = dict.fromkeys(frozenset().union(*(rejects[id(example)] for example in examples)), _TWICE)
    left, chosen = list(range(len(examples))), []
    while left and len(chosen) < quota:
        gains = {i: sum(needed[name] > 0 for name in rejects[id(examples[i])]) for i in left}
        # Where none adds anything, the one that was drawn last, as Hypothesis begins with the simplest.
        best = max(left, key=gains.get) if any(gains.values()) else left[-1]
        for name in rejects[id(examples[best])]:
            needed[name] = max(0, needed[name] - 1)
        left.remove(best)
        chosen.append(best)
    return [examples[i] for i in sorted(chosen)]
