"""The smallest examples that are kept: one for each named mistake, still true, and what Hypothesis finds today."""

import json

import pytest

from autograder import smallest
from autograder.corpus import CorpusStore
from cnnkit import exercises

EXERCISES = [exercise for lesson in exercises.lessons().values() for exercise in lesson]


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A copy of the file that may be changed."""
    copy = tmp_path / smallest.FILE.name
    copy.write_bytes(smallest.FILE.read_bytes())
    monkeypatch.setattr(smallest, "FILE", copy)
    smallest._lines.cache_clear()
    yield copy
    smallest._lines.cache_clear()


@pytest.fixture
def searched(monkeypatch):
    """The mistakes that Hypothesis was asked about."""
    found, search = [], smallest.search
    monkeypatch.setattr(smallest, "search", lambda e, mistake: found.append(mistake.name) or search(e, mistake))
    return found


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_each_mistake_has_a_line_and_fails_on_it(exercise, searched):
    names = [mistake.name for mistake in exercise.misconceptions]
    assert [json.loads(line)["mistake"] for line in smallest.kept(exercise.name)] == names
    assert all(smallest.smallest(exercise, mistake) for mistake in exercise.misconceptions)
    assert searched == []


def test_there_are_no_other_lines():
    assert set(smallest._lines()) == {exercise.name for exercise in EXERCISES}


@pytest.mark.parametrize("name", ["relu", "to_gray"])
def test_searched_for_again_the_lines_are_the_same(name, file):
    before = file.read_bytes()
    file.write_text("".join(line for line in file.read_text().splitlines(True) if f'"{name}"' not in line))
    smallest.main([name])
    assert file.read_bytes() == before


@pytest.mark.parametrize("damage", ["no line", "another property", "no mistake on it"])
def test_what_is_not_true_is_searched_for(file, searched, damage):
    relu = exercises.find("relu")
    mistake = next(m for m in relu.misconceptions if m.name == "cut off at 1")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    (mine,) = (each for each in lines if (each["exercise"], each["mistake"]) == ("relu", mistake.name))
    if damage == "no line":
        lines.remove(mine)
    elif damage == "another property":
        mine["property"] = "strides"
    else:  # a negative number, which the mistake sets to 0 as it should
        (other,) = (each for each in lines if (each["exercise"], each["mistake"]) == ("relu", "sign removed"))
        mine |= {"calls": other["calls"], "bytes": other["bytes"]}
    file.write_text("".join(json.dumps(each) + "\n" for each in lines))
    prop, calls = smallest.smallest(relu, mistake)
    assert (searched, prop.name) == ([mistake.name], "values")
    assert calls[0].args[0].tolist() == [2]


def test_a_function_that_is_always_right_has_none():
    relu = exercises.find("relu")
    right = exercises.Misconception("no mistake", relu.reference, "")
    assert smallest.smallest(relu, right) is None


def test_another_line_is_another_corpus_for_its_exercise_only(file, tmp_path):
    before = {name: CorpusStore(tmp_path, "1", 12).digest(name) for name in ("relu", "sigmoid")}
    file.write_text("".join(line for line in file.read_text().splitlines(True) if '"relu"' not in line))
    smallest._lines.cache_clear()
    after = {name: CorpusStore(tmp_path, "1", 12).digest(name) for name in ("relu", "sigmoid")}
    assert (before["relu"] == after["relu"], before["sigmoid"] == after["sigmoid"]) == (False, True)
