"""A dict of arrays as an argument: the student's function gets one of its own, and whatever it does to it is seen."""

import numpy as np
import pytest

from autograder.session import Session
from autograder.verdict import FAILED, PASSED, judge
from cnnkit.exercises import Call

from .conftest import LIMITS

RIGHT = "[name not in names and name.split('.')[0] not in names for name in params]"


def verdict_of(host, store, body):
    with Session(host, LIMITS) as session:
        session.run_cell(f"import numpy as np\n\n\ndef freeze(params, names):\n    right = {RIGHT}\n    {body}")
        return judge(session, store.get("freeze"))


def test_the_function_gets_a_dict_in_its_order_and_a_list(host):
    with Session(host, LIMITS) as session:
        session.run_cell(
            "def freeze(params, names):\n"
            "    assert type(params) is dict and type(names) is list and list(params) == ['b.bias', 'a.weight']\n"
            "    return [params['a.weight'].sum(), len(names), params['a.weight'].flags.f_contiguous]"
        )
        params = {"b.bias": np.ones(3), "a.weight": np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])}
        replies = session.call("freeze", [Call((params, ["a", "b"]))], [True])
    assert replies.answers[0].value.tolist() == [10, 2, 1]
    assert [array.shape for array in replies.after(0)] == [(3,), (2, 2)]


@pytest.mark.parametrize(
    "body",
    [
        "params[next(iter(params))][...] = 0; return right",
        "params.clear(); return right",
        "params.popitem(); return right",
        "params['new.weight'] = np.zeros(3); return right",
        "params[next(iter(params))] = 'frozen'; return right",
        "params[next(iter(params))] = np.array([None]); return right",
    ],
)
def test_a_dict_that_was_changed_fails_that_property_and_no_other(host, store, body):
    verdict = verdict_of(host, store, body)
    assert verdict.state == FAILED
    assert [each.name for each in verdict.properties if not each.passed] == ["inputs kept"]


@pytest.mark.parametrize("body", ["return right", "names.clear(); return right", "params = names = None; return right"])
def test_a_list_of_names_is_the_functions_own(host, store, body):
    assert verdict_of(host, store, body).state == PASSED


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return dict(zip(params, right))", "returned a dict, which NumPy cannot read as an array of numbers"),
        ("return [name for name, trains in zip(params, right) if trains]", "numbers"),
        ("for name in params: params[name + 'x'] = 0", "dictionary changed size"),
        ("params.update({str(n): np.zeros(1) for n in range(500)}); return right", ""),
    ],
)
def test_what_is_no_answer_is_no_danger(host, store, body, says):
    verdict = verdict_of(host, store, body)
    assert verdict.state == FAILED
    assert verdict.score < 1
    assert says in " ".join(each.detail for each in verdict.properties)
