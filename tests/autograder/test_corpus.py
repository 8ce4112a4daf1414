"""Hidden examples: the same for everybody, stored whole, rebuilt only when what decides them changes."""

import dataclasses
import os

import numpy as np
import pytest

from autograder import crosscheck, hidden
from autograder.corpus import CorpusError, CorpusStore
from cnnkit import exercises
from cnnkit.exercises.layouts import layout_of

NAMES = [exercise.name for exercise in exercises.lessons()["01-convolution"]]


@pytest.mark.parametrize("name", NAMES)
def test_every_property_has_examples_and_every_answer_is_the_references(store, name):
    corpus, exercise = store.get(name), exercises.find(name)
    assert {example.property for example in corpus.examples} == {prop.name for prop in hidden.properties(name)}
    for example in corpus.examples:
        for call, expected in zip(example.calls, example.expected, strict=True):
            # Built in another process, where an array may lie otherwise and be added up in another order.
            np.testing.assert_allclose(np.asarray(call.on(exercise.reference)), expected, rtol=1e-12)
        assert set(example.mistaken) == {mistake.name for mistake in exercise.misconceptions}


def test_another_folder_with_the_same_seed_has_the_same_examples(store, tmp_path):
    again = CorpusStore(tmp_path, store.seed, store.examples)
    again.get("conv2d")
    assert again.path("conv2d").read_bytes() == store.path("conv2d").read_bytes()


def test_another_seed_has_others(store, tmp_path):
    other = CorpusStore(tmp_path, "another", store.examples)
    assert other.digest("conv2d") != store.digest("conv2d")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    store = CorpusStore(tmp_path_factory.mktemp("small"), "tests", 12)
    store.get("relu")
    return store


def test_a_stored_corpus_is_read_not_drawn_again(small):
    written = small.path("relu").stat().st_mtime_ns
    second = CorpusStore(small.folder, small.seed, small.examples)
    assert len(second.get("relu").examples) == len(small.get("relu").examples)
    assert second.path("relu").stat().st_mtime_ns == written


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-100], lambda data: b"x" + data])
def test_a_damaged_file_is_built_again(small, tmp_path, damage):
    whole = small.path("relu").read_bytes()
    store = CorpusStore(tmp_path, small.seed, small.examples)
    store.path("relu").write_bytes(damage(whole))
    store.get("relu")
    assert store.path("relu").read_bytes() == whole


def test_what_cannot_be_built_says_why_and_the_others_are_built(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("""
import sys
if "autograder.compile" in sys.orig_argv:
    from autograder.corpus import CorpusStore
    build = CorpusStore.build
    def fail(self, name, confirm):
        if name == "flatten":
            raise RuntimeError("the disk is full")
        build(self, name, confirm)
    CorpusStore.build = fail
""")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    store = CorpusStore(tmp_path, "tests", 12)
    said = r"examples of flatten could not be built:\n(.*\n)*RuntimeError: the disk is full"
    with pytest.raises(CorpusError, match=said):
        store.prepare(["conv_params", "flatten", "dense_params"])
    assert {path.name.partition("-")[0] for path in tmp_path.glob("*.corpus")} == {"conv_params", "dense_params"}


def test_layouts_are_kept_in_the_file(store):
    layouts = {
        layout_of(array) for example in store.get("conv2d").examples for c in example.calls for array in c.arrays()
    }
    assert layouts == {"C", "F", "sliced"}


def test_the_folder_is_the_owners_alone(store):
    store.get("to_gray")
    assert store.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", NAMES)
def test_pytorch_confirms_the_reference(store, name):
    corpus = store.get(name)
    assert corpus.confirmed.startswith("PyTorch")
    assert f"{corpus.calls} results" in corpus.confirmed


def test_a_broken_reference_is_caught(store):
    corpus = store.get("conv2d")
    example = next(e for e in corpus.examples if np.ptp(e.expected[0]) > 1)
    broken = dataclasses.replace(example, expected=[-value for value in example.expected])
    with pytest.raises(crosscheck.Disagreement, match="PyTorch disagrees"):
        crosscheck.confirm(exercises.find("conv2d"), [broken])
