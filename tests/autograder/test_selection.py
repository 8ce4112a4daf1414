"""Few examples are chosen for what they reject, random answers among it."""

import numpy as np
import pytest
from hypothesis import strategies as st

from autograder import hidden
from autograder.corpus import Example
from autograder.selection import choose, failing
from cnnkit import exercises
from cnnkit.exercises import Call, Property


def answering_with(numbers, reference, seed):
    """A function that answers in the right shape, with numbers at random."""
    draw = np.random.default_rng(seed)
    return lambda *args, **kwargs: draw.choice(numbers, np.shape(reference(*args, **kwargs)))


@pytest.mark.parametrize("name", ["conv2d", "conv2d_channels"])
@pytest.mark.parametrize("numbers", [[0.0, 1.0], [False, True], [1.7e308, -1.7e308]], ids=str)
def test_random_answers_satisfy_no_relation(store, name, numbers):
    """Once, two examples of one number each let half of all random answers earn "the map moves along"."""
    reference = exercises.find(name).reference
    for prop in hidden.properties(name):
        examples = [example for example in store.get(name).examples if example.property == prop.name]
        for seed in range(100) if prop.relation else ():
            guess = answering_with(numbers, reference, seed)
            assert any(failing(guess, prop, example) for example in examples), prop.name


def example_of(size):
    """One example of a relation between two calls, of so many numbers each."""
    calls = [Call((np.zeros(size),)), Call((np.ones(size),))]
    return Example("moves", calls, [np.zeros(size), np.ones(size)], {})


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        ([9, 7, 3, 1, 1], [1, 1, 7, 9]),  # the largest, until 16 numbers are compared
        ([1] * 12, [1] * 6),  # at most four more
        ([16, 16, 16], [16, 16]),  # none where there are enough
    ],
)
def test_a_relation_gets_more_examples_where_few_numbers_are_compared(sizes, kept):
    prop = Property("moves", "moves along", st.nothing(), relation=lambda calls, values: values[0] + 1)
    chosen = choose({"moves": [example_of(size) for size in sizes]}, [prop], [], budget=2)
    assert sorted(example.expected[-1].size for example in chosen) == kept
