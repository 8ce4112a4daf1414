"""The tests' own test: nothing known to be wrong survives, nothing right is refused, and weak tests are found out."""

import dataclasses

import numpy as np
import pytest

from autograder import hidden, variants
from autograder.audit import audit
from autograder.corpus import CorpusStore
from autograder.mutants import answers, general_faults, mutants
from autograder.selection import choose, failing
from autograder.settings import Grading
from cnnkit import exercises
from cnnkit.answers import RAISED
from cnnkit.exercises import Call, Misconception

from .conftest import run

ALL = [exercise for each in exercises.lessons().values() for exercise in each]


@pytest.fixture(scope="module")
def audited(store):
    """The corpora as a teacher has them, with the number of examples that is the default."""
    assert store.examples == Grading().examples
    return store


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_every_known_mistake_is_rejected_and_named_and_every_right_variant_accepted(audited, exercise):
    corpus = audited.get(exercise.name)
    found = audit(exercise, corpus, quick=True)
    assert found.passed, (found.missed, found.refused, found.idle, [mutant.name for mutant in found.survivors])
    assert found.mutants >= 5 or exercise.name == "flatten"
    assert len(corpus.examples) <= 50


def test_a_corpus_that_lost_a_property_lets_mutants_live(audited):
    conv2d = exercises.find("conv2d")
    corpus = audited.get("conv2d")
    kept = [example for example in corpus.examples if example.property == "a single 1"]
    found = audit(conv2d, dataclasses.replace(corpus, examples=kept), quick=True)
    assert not found.passed
    assert found.survivors
    assert any("stride" in text for text in found.missed)
    assert "strides" in found.idle


def reddest(image):
    return image[:, :, 0] * 1.0


def test_a_right_variant_that_is_refused_and_a_mistake_that_is_none_are_reported(audited, monkeypatch):
    gray = exercises.find("to_gray")
    monkeypatch.setattr(variants, "right", lambda name: (reddest,))
    alias = Misconception("no mistake", gray.reference, "")
    found = audit(dataclasses.replace(gray, misconceptions=(alias,)), audited.get("to_gray"), quick=True)
    assert list(found.refused) == ["reddest"]
    assert found.missed == ["no mistake is accepted"]


def test_an_excuse_for_a_mutant_that_is_rejected_is_reported(audited, monkeypatch):
    mutant = mutants(variants.right("conv2d")[0])[0]
    monkeypatch.setattr(variants, "equivalent", lambda name: {"a wrong reason": (mutant.name,)})
    assert mutant.name in audit(exercises.find("conv2d"), audited.get("conv2d"), quick=True).stale


def test_the_command_prints_a_table_and_says_by_its_status_whether_all_is_well(course):
    done = run(course.root, "autograder", "audit", "01-convolution", "--quick", "--verbose")
    assert "14 of 14" in done.stdout
    assert "what each property rejects" in done.stdout
    assert "there is no lesson 'x'" in run(course.root, "autograder", "audit", "x", status=2).stderr


# --- mutants ------------------------------------------------------------------------------------------------------


def window_sum(image, h, stride=1):
    """The docstring is not mutated: 7 + 1."""
    total = 0.0
    for i in range(0, image.shape[0] - h + 1, stride):
        total += image[i : i + h].sum(axis=0)[0]
    return total


def test_a_mutant_differs_in_one_place_and_can_be_told_apart():
    found = mutants(window_sum)
    assert len({mutant.source for mutant in found}) == len(found) == len({mutant.name for mutant in found})
    changes = " ".join(mutant.change for mutant in found)
    for expected in ("image.shape[0] - h + 1 → image.shape[0] - h - 1", "total += ", "→ image[i:i + h].mean", "stride"):
        assert expected in changes, changes
    assert "7 + 1" not in changes
    assert all("7 + 1" in mutant.source for mutant in found)


def test_a_mutant_without_end_or_with_an_exception_gives_an_answer():
    def forever(x):
        while True:
            pass

    def breaks(x):
        raise KeyError(x)

    call = Call((np.zeros(1),))
    for function, said in ((forever, "TookTooLong"), (breaks, "KeyError")):
        (given,), _ = answers(function, [call])
        assert (given.kind, given.text) == (RAISED, f"raised {said}")


# --- few examples ---------------------------------------------------------------------------------------------------


def test_the_chosen_examples_reject_what_all_the_drawn_ones_reject(audited, tmp_path):
    """Ten times as many examples reject no mutant and no fault that the few let pass."""
    exercise = exercises.find("conv2d")
    properties = {prop.name: prop for prop in hidden.properties(exercise.name)}
    few = audited.get(exercise.name)
    many = CorpusStore(tmp_path, seed="many", examples=400).get(exercise.name)
    assert len(few.examples) <= 50 < 250 < len(many.examples)
    right = variants.right(exercise.name)
    for each in [mutant for model in right[:3] for mutant in mutants(model)] + general_faults(exercise.reference):
        by_few = any(failing(each.function, properties[e.property], e) for e in few.examples)
        by_many = by_few or any(failing(each.function, properties[e.property], e) for e in many.examples)
        assert by_few == by_many, each.name


def test_every_property_has_examples_and_every_misconception_fails_on_several(audited):
    exercise = exercises.find("conv2d")
    properties = {prop.name: prop for prop in hidden.properties("conv2d")}
    examples = audited.get("conv2d").examples
    drawn = {name: [e for e in examples if e.property == name] * 2 for name in properties}
    chosen = choose(drawn, properties.values(), [], budget=22)
    assert {example.property for example in chosen} == set(properties)
    for mistake in exercise.misconceptions:
        assert sum(failing(mistake.function, properties[e.property], e) for e in chosen) >= 3
    assert len(chosen) < len(examples)
