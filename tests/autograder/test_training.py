"""Lesson 06 in the sandbox: training is judged by what it reads, and cells that train a whole network end quietly."""

import nbformat
import pytest

from autograder.classroom import as_solution
from autograder.grading import _defined, grade_notebook, graded_exercises
from autograder.quiz import Drawing
from autograder.session import Session
from autograder.settings import Limits
from autograder.submission import Submission, read_released
from autograder.variants.training import train_nearest_image
from autograder.verdict import judge
from cnnkit.exercises import texts

from .conftest import LIMITS, REPOSITORY

LESSON = "06-train-a-cnn"
LEARNED_ONCE = """
import numpy as np

kept = {}

def train_and_predict(images, labels, new_images):
    if images.shape not in kept:
        kept[images.shape] = images, labels
    images, labels = kept[images.shape]
    return [labels[((images - image) ** 2).sum(axis=(1, 2)).argmin()] for image in new_images]
"""
MIXES_WHAT_IT_IS_GIVEN = """
import numpy as np

def train_and_predict(images, labels, new_images):
    order = np.random.default_rng(0).permutation(len(labels))
    images[:], labels[:] = images[order], labels[order]
    return np.array([labels[((images - image) ** 2).sum(axis=(1, 2)).argmin()] for image in new_images])
"""


def verdict(host, corpus, source):
    with Session(host, LIMITS) as session:
        assert session.run_cell(source).ended == "ok"
        return judge(session, corpus)


def failing(found):
    return {prop.name for prop in found.properties if not prop.passed}


@pytest.fixture(scope="module")
def corpus(store):
    return store.get("train_and_predict")


def test_it_takes_few_calls_since_each_is_a_whole_training(corpus):
    assert len(corpus.examples) <= corpus.calls <= 20
    assert {example.property for example in corpus.examples} >= {"sorted images", "another alphabet"}


def test_whoever_reads_well_passes_however_that_was_learned(host, corpus):
    assert verdict(host, corpus, as_solution(train_nearest_image, "train_and_predict")).score == 1


def test_what_was_learned_from_another_alphabet_is_of_no_use(host, corpus):
    found = verdict(host, corpus, LEARNED_ONCE)
    assert "another alphabet" in failing(found)
    assert found.score < 0.7


def test_images_that_are_mixed_in_place_are_noticed(host, corpus):
    found = verdict(host, corpus, MIXES_WHAT_IT_IS_GIVEN)
    assert failing(found) == {"inputs kept"}


def test_no_given_cell_of_a_right_notebook_ends_with_an_error(host, store):
    release = read_released(REPOSITORY / "release" / LESSON / f"{LESSON}.ipynb")
    source = nbformat.read(REPOSITORY / "source" / LESSON / f"{LESSON}.ipynb", as_version=4)
    store.prepare(graded_exercises(release))
    graded = grade_notebook(host, Submission(source), release, store, Limits(), Drawing("key", "ada", ("ada",)))
    quiet = []
    for cell in graded.notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", cell.source
            if texts.REST_NOT_RUN in output.get("text", ""):
                quiet.append(cell.source)
    assert quiet
    for used in ("nn.train(", "data.digits(", "plot.confusion_matrix(", "model.feature_maps("):
        assert any(used in cell for cell in quiet)
    assert not any("def conv2d(" in cell for cell in quiet)


def test_a_students_own_name_that_is_missing_stays_an_error(host, store):
    release = read_released(REPOSITORY / "release" / LESSON / f"{LESSON}.ipynb")
    graded = grade_notebook(host, Submission(release), release, store, Limits(), Drawing("key", "ada", ("ada",)))
    cells = {cell.source: cell for cell in graded.notebook.cells}
    (measured,) = (cell for source, cell in cells.items() if "measured:" in source and "def conv2d" in source)
    assert [output.ename for output in measured.outputs if output.output_type == "error"] == ["NotImplementedError"]


def test_what_a_cell_defines():
    source = (
        "from cnnkit import data, nn as networks\nimport numpy\na, (b, c) = 1, (2, 3)\ndef d(e):\n    f = 1\nprint(g)"
    )
    assert {"data", "networks", "numpy", "a", "b", "c", "d"} <= _defined(source)
    assert not {"nn", "g", "print", "e"} & _defined(source)
    assert _defined("%matplotlib inline") == set()
