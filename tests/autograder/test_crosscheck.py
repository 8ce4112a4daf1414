"""The cross-check: the reference agrees with PyTorch, and a reference with any mistake in it does not."""

import dataclasses
import os
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from autograder import crosscheck
from autograder.cli import main
from autograder.counterparts import COUNTERPARTS
from autograder.course import Course
from autograder.crosscheck import Line, NotAvailable, Table
from autograder.roundoff import Bound
from cnnkit import exercises, imagenet, kernels, ops, shapes
from cnnkit.answers import answer_of
from cnnkit.exercises import Call, transfer

PUBLIC = set(ops.__all__)


def broken(**functions):
    """The reference with some functions replaced."""
    return SimpleNamespace(**{name: getattr(ops, name) for name in PUBLIC} | functions)


def compare(reference=ops, *names, cases=8):
    return crosscheck.compare(reference, names or None, "cpu", cases)


# --- the reference agrees -------------------------------------------------------------------------


def test_the_whole_reference_agrees_with_pytorch():
    table = compare(cases=6)
    assert table.agrees, "\n\n".join(table.disagreements)
    assert {line.cases for line in table.lines} == {6}
    assert {line.device for line in table.lines} == {table.device}
    compared = {line.function for line in table.lines}
    assert compared == PUBLIC


def test_the_same_cases_are_drawn_in_every_run():
    first, second = (compare(ops, "conv2d") for _ in range(2))
    assert str(first) == str(second)


def test_more_cases_are_more_cases():
    assert {line.cases for line in compare(ops, "relu", cases=25).lines} == {25}


def test_nothing_is_left_switched():
    before = torch.backends.cudnn.conv.fp32_precision, torch.get_num_threads(), dict(os.environ)
    compare(ops, "relu", cases=2)
    assert before == (torch.backends.cudnn.conv.fp32_precision, torch.get_num_threads(), dict(os.environ))


# --- a broken reference does not ------------------------------------------------------------------


def flipped(image, kernel, stride=1):
    return ops.conv2d(image, np.asarray(kernel)[::-1, ::-1], stride)


def stride_of_rows(image, kernel, stride=1):
    return ops.conv2d(image, kernel, stride if isinstance(stride, int) else stride[0])


def a_millionth_off(image, kernel, stride=1):
    return ops.conv2d(image, kernel, stride) * (1 + 1e-6)


def float64_only(image, kernel, stride=1):
    return np.asarray(ops.conv2d(image, kernel, stride), dtype=np.float64)


def computed_in_float32(image, kernel, stride=1):
    return ops.conv2d(np.asarray(image, np.float32), np.asarray(kernel, np.float32), stride)


def bytes_wrap_around(image, kernel, stride=1):
    return ops.conv2d(image, kernel, stride).astype(np.asarray(image).dtype)


def one_nan(image, kernel, stride=1):
    result = np.array(ops.conv2d(image, kernel, stride), dtype=float)
    result.flat[-1] = np.nan
    return result


def huge(image, kernel, stride=1):
    return ops.conv2d(image, kernel, stride) * 1e300 * 1e300


def transposed(image, kernel, stride=1):
    return ops.conv2d(image, kernel, stride).T


def a_column_too_many(image, kernel, stride=1):
    return np.pad(ops.conv2d(image, kernel, stride), ((0, 0), (0, 1)))


def raises(image, kernel, stride=1):
    raise ValueError("the kernel does not fit")


def nothing(image, kernel, stride=1):
    return None


MISTAKES = [
    ("conv2d", flipped, "tolerances apart"),
    ("conv2d", stride_of_rows, "shape is"),
    ("conv2d", a_millionth_off, "float64: .* tolerances apart"),
    ("conv2d", float64_only, "float32 became float64"),
    ("conv2d", computed_in_float32, "float64: "),
    ("conv2d", bytes_wrap_around, "uint8: .* tolerances apart"),
    ("conv2d", one_nan, "inf tolerances apart"),
    ("conv2d", huge, "inf tolerances apart"),
    ("conv2d", transposed, "shape is"),
    ("conv2d", a_column_too_many, "shape is .* but PyTorch's"),
    ("conv2d", raises, "raised ValueError: the kernel does not fit"),
    ("conv2d", nothing, "raised TypeError|shape is"),
]


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize(("name", "mistake", "message"), MISTAKES, ids=[row[1].__name__ for row in MISTAKES])
def test_a_mistake_is_found_and_shown(name, mistake, message):
    table = compare(broken(**{name: mistake}), name, cases=12)
    assert not table.agrees
    assert "ABOVE 1" in str(table)
    text = "\n".join(table.disagreements)
    assert name in text
    assert "Call(args=" in text
    assert re.search(message, text), text


def slightly_off(function):
    def off(*args, **kwargs):
        results = function(*args, **kwargs)
        several = isinstance(results, tuple) and function is not ops.split_channels
        *others, last = (part for part in results if part is not None) if several else (results,)
        # The last result, as the first ones could hide it; a byte cannot be off by less than 1.
        last = np.asarray(last)
        last = last + last.dtype.type(1) if last.dtype == np.uint8 else last * (1 + 1e-6)
        return (*others, last) if several else last

    return off


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_millionth_is_too_much_in_every_function(name):
    reference = broken(**{name: slightly_off(getattr(ops, name))})
    table = compare(reference, name.removesuffix("_backward"), cases=6)
    assert {line.function for line in table.lines if not line.error <= 1} == {name}


def test_a_function_that_is_missing_is_a_disagreement():
    reference = broken()
    del reference.conv2d
    table = compare(reference, "conv2d", cases=2)
    assert not table.agrees
    assert "conv2d: there is no such function in the reference" in table.disagreements


def test_the_smallest_wrong_case_is_shown():
    def wrong_when_large(image, kernel, stride=1):
        return ops.conv2d(image, kernel, stride) + (np.asarray(image).size > 30)

    table = compare(broken(conv2d=wrong_when_large), "conv2d", cases=60)
    text = next(line.disagreement for line in table.lines if line.function == "conv2d" and line.dtype == "int64")
    image = eval(text.split("\n", 1)[1], {"Call": Call, "array": np.array, "int64": np.int64}).args[0]  # our own text
    assert 30 < image.size < 60


# --- the tolerance --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("terms", [1, 9, 400])
def test_a_sum_in_any_order_is_within_the_tolerance_and_one_left_out_is_not(terms, dtype):
    rng = np.random.default_rng(terms)
    for _ in range(50):
        a, b = rng.normal(size=(2, terms)).astype(dtype)
        exact = np.dot(a.astype(np.longdouble), b.astype(np.longdouble))
        bound = Bound(terms, float(np.abs(a * b).sum()))
        one_by_one = np.cumsum(a * b, dtype=dtype)[-1]
        assert bound.units(one_by_one, np.float64(exact), dtype) <= 1
        largest = np.abs(a * b).max()
        assert bound.units(np.float64(exact - largest), np.float64(exact), dtype) > 1


def test_numbers_that_cancel_are_compared_with_what_they_cancelled_from():
    # 1e8 + 1 - 1e8 in float32 is 0: as right as float32 can be.
    assert Bound(3, 2e8).units(np.float32(0), np.float64(1), "float32") < 1
    assert Bound(3, 1.0).units(np.float32(0), np.float64(1), "float32") > 1


def test_the_number_of_terms_and_their_size_come_out_of_the_function():
    image, kernel = np.full((4, 5), -3.0), np.full((2, 3), 2.0)
    row, grad = COUNTERPARTS["conv2d"], np.full((3, 3), -1.0)
    forward, of_image, of_kernel = crosscheck._bounds(row, [Call((image, kernel))], [grad], "cpu")[0]
    assert (forward.terms, forward.size) == (6, 36)
    assert (of_image.terms, of_image.size) == (6, 12)
    assert (of_kernel.terms, of_kernel.size) == (9, 27)


# --- corpora --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["conv2d", "to_gray"])
def test_each_wrong_answer_in_a_corpus_is_found_though_calls_are_compared_together(store, name):
    corpus, exercise = store.get(name), exercises.find(name)
    assert crosscheck.hold_corpus(exercise, corpus.examples, "cpu").error <= 1
    for position in range(0, len(corpus.examples), 7):
        example = corpus.examples[position]
        wrong = [*example.expected[:-1], example.expected[-1] + 1e-6 * (1 + np.abs(example.expected[-1]).max())]
        examples = [*corpus.examples]
        examples[position] = dataclasses.replace(example, expected=wrong)
        with pytest.raises(crosscheck.Disagreement, match=rf"(?s)PyTorch disagrees .*{name}.*Call\(args="):
            crosscheck.confirm(exercise, examples, "cpu")


def graded(function, *calls, name=None):
    """Hold some calls of a function against its counterpart, as if they were a corpus."""
    expected = [answer_of(call.on(function)).value for call in calls]
    examples = [SimpleNamespace(calls=list(calls), expected=expected)]
    return crosscheck.hold_corpus(SimpleNamespace(name=name or function.__name__, reference=function), examples, "cpu")


@pytest.mark.parametrize(
    ("function", "calls"),
    [
        (shapes.output_size, [Call((32, 5)), Call((32, 5, 2)), Call((32,), {"kernel": 5, "pad": 2, "stride": 3})]),
        (shapes.conv_output_shape, [Call(((32, 20, 3), 10, 5), {"pad": 2}), Call(((9, 8, 2), 4, 3, 2, 1))]),
        (shapes.conv_params, [Call((5, 3, 10)), Call((3, 1, 5), {"bias": False})]),
        (shapes.dense_params, [Call((400, 120)), Call((4, 3, False))]),
        (shapes.locally_connected_params, [Call(((32, 32, 1), 5, 3, 1, 1, False)), Call(((9, 8, 2), 4, 3, 2))]),
        (shapes.receptive_field, [Call(([(3, 1)],)), Call(([(5, 1), (2, 2), (5, 1)],)), Call(([(1, 3), (2, 5)],))]),
        (kernels.box_kernel, [Call((1,)), Call((4,)), Call((4,))]),
        (imagenet.preprocess, [Call((np.full((2, 3, 3), 0.5),)), Call((np.full((2, 3, 3), 200, np.uint8),))]),
        (imagenet.top_k, [Call((np.array([0.2, 0.3, 0.2, 0.3]), 3)), Call((np.full(40, 1 / 40),), {"k": 40})]),
        (
            transfer.freeze,
            [Call((transfer.parameters(("conv10", "conv1")), names)) for names in ([], ["conv1"], ["conv10.bias"])],
        ),
    ],
)
def test_graded_functions_outside_ops_have_counterparts(function, calls):
    line = graded(function, *calls)
    assert line.error <= 1, line.disagreement
    assert line.cases == len(calls)

    def one_more(*args, **kwargs):
        return np.asarray(function(*args, **kwargs)) + 1

    one_more.__signature__ = crosscheck.inspect.signature(function)
    assert graded(one_more, *calls, name=function.__name__).error > 1


@pytest.mark.parametrize(
    "name", [name for name, row in COUNTERPARTS.items() if row.draw is not None and not row.seeded]
)
def test_every_function_and_gradient_can_be_confirmed_in_batches(name):
    row, function = COUNTERPARTS[name], getattr(ops, name)
    drawn = [crosscheck._cast(call, row.dtypes[0]) for call in crosscheck._drawn(row.draw, 8, name)]
    drawn = [call for call in drawn if len(call.arrays()) == len(call.args)]  # no lesson leaves out a bias
    # Of each, another call of the same shapes: they are computed together.
    pairs = [(call, Call(tuple(array[::-1] for array in call.args), call.kwargs)) for call in drawn]
    calls = [call for pair in pairs for call in pair]
    line = graded(function, *calls)
    assert line.error <= 1, line.disagreement
    if row.gradient:
        grads = [np.random.default_rng(0).normal(size=np.shape(call.on(function))) for call in calls]
        backward = getattr(ops, f"{name}_backward")
        with_grads = [Call((*call.args, grad), call.kwargs) for call, grad in zip(calls, grads, strict=True)]
        line = graded(backward, *with_grads)
        assert line.error <= 1, line.disagreement
    assert line.cases == len(calls) >= 8


def test_an_exercise_without_a_counterpart_is_not_confirmed():
    assert crosscheck.confirm(SimpleNamespace(name="depthwise", reference=len), []) == ""


# --- the table and the command --------------------------------------------------------------------


def test_a_table_takes_the_place_of_the_one_of_its_kind_only(tmp_path):
    path = tmp_path / "table.md"
    path.write_text("# Mine\n\nprose\n\n## CPU\n\nold\n\n## GPU\n\nnot run\n")
    line = Line("conv2d", "2-core CPU", "float64", 30, 0.25)
    Table("2-core CPU", "CPU", [line], "remark").write(path)
    text = path.read_text()
    assert text.startswith("# Mine\n\nprose\n\n## CPU\n\nremark\n\n| function")
    assert text.endswith("|\n\n## GPU\n\nnot run\n")
    assert "old" not in text
    assert "| conv2d   | 30    | 2-core CPU | float64 | 0.25 " in text
    Table("H200", "GPU", [line], "faster").write(path)
    assert path.read_text().startswith(text.removesuffix("not run\n"))
    assert path.read_text().count("faster") == 1
    for _ in range(2):
        Table("2-core CPU", "CPU", [line], "remark").write(tmp_path / "new.md")
    assert (tmp_path / "new.md").read_text().count("| conv2d") == 1
    assert (tmp_path / "new.md").read_text().endswith("## GPU\n\nnot run\n")


def test_a_table_without_lines_or_with_nan_does_not_agree():
    assert not Table("cpu", "CPU", []).agrees
    assert not Table("cpu", "CPU", [Line("conv2d", "cpu", "float64", 1, float("nan"))]).agrees
    assert Table("cpu", "CPU", [Line("conv2d", "cpu", "float64", 1, 1.0)]).agrees


def crosscheck_command(course: Path, *options: str) -> int:
    return main(["--course", str(course), "crosscheck", "--device", "cpu", "--cases", "2", *options])


def test_the_command_prints_and_writes_the_table(fresh_course, tmp_path, capsys):
    assert crosscheck_command(fresh_course, "--output", str(tmp_path / "table.md")) == 0
    output = capsys.readouterr().out
    table = output.split("\n\n")[0]
    assert table in (tmp_path / "table.md").read_text()
    assert "| conv_layer_backward " in table
    assert "| corpus of conv2d_channels " in table
    assert "ABOVE" not in table
    assert f"PyTorch {torch.__version__}" in output


def test_the_command_fails_for_a_broken_reference(fresh_course, tmp_path, monkeypatch, capsys):
    (tmp_path / "mistaken.py").write_text(
        "from cnnkit.ops import *\nfrom cnnkit import ops\n"
        "def conv2d(image, kernel, stride=1):\n    return ops.conv2d(image, kernel, stride) + 1e-3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert crosscheck_command(fresh_course, "--reference", "mistaken") == 1
    printed = capsys.readouterr()
    wrong = [line.split()[1] for line in printed.out.splitlines() if "ABOVE 1" in line]
    assert set(wrong) == {"conv2d"}
    assert "tolerances apart\nCall(args=(array(" in printed.err


def test_a_corpus_that_pytorch_does_not_confirm_is_a_disagreement(fresh_course):
    table = Table("2-core CPU", "CPU", [Line("conv2d", "2-core CPU", "float64", 1)], "")
    corpora = Course(fresh_course).corpora
    corpus = corpora.get("conv2d")
    wrong = dataclasses.replace(corpus.examples[3], expected=[-1 - value for value in corpus.examples[3].expected])
    corpora._loaded["conv2d"] = dataclasses.replace(corpus, examples=[*corpus.examples, wrong])
    crosscheck.add_corpora(table, corpora, "cpu")
    assert [line.function for line in table.lines if not line.error <= 1] == ["corpus of conv2d"]
    assert not table.agrees


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_a_gpu_that_is_not_there_is_an_error_in_use(tmp_path, capsys):
    with pytest.raises(NotAvailable, match="PyTorch finds no GPU here; --device cpu works everywhere"):
        crosscheck.compare(device="cuda")
    assert crosscheck_command(tmp_path, "--device", "cuda") == 2
    assert "no GPU" in capsys.readouterr().err


def test_a_module_that_is_not_there_is_an_error_in_use(tmp_path, capsys):
    assert crosscheck_command(tmp_path, "--reference", "no.such.module") == 2
    assert "No module named 'no'" in capsys.readouterr().err


def test_without_pytorch_the_command_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(crosscheck.importlib.util, "find_spec", lambda name: None)
    assert crosscheck_command(tmp_path) == 2
    assert "the cross-check needs PyTorch: pip install -e '.[torch]'" in capsys.readouterr().err
    assert crosscheck.confirm(exercises.find("conv2d"), []) == ""
