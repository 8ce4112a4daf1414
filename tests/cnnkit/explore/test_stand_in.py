"""While a notebook is graded, a cell with the explorer goes on; that it does in the sandbox is seen in every lesson."""

import importlib.util
import inspect

import pytest

from autograder.rootfs import HERE
from cnnkit import explore


@pytest.fixture
def stand_in():
    spec = importlib.util.spec_from_file_location("stand_in_explore", HERE / "stand_in" / "explore.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_has_the_names_of_the_real_one_and_needs_nothing(stand_in):
    assert all(callable(getattr(stand_in, name)) for name in explore.__all__)
    source = inspect.getsource(stand_in)
    assert "import" not in source


def test_it_takes_what_the_real_one_takes_and_more(stand_in):
    everything = dict.fromkeys(list(inspect.signature(explore.explore).parameters)[2:], 0)
    words = repr(stand_in.explore([[1]], "no such kernel", **everything, unknown=1))
    assert words == "The kernel explorer is not shown while grading."
