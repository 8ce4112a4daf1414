"""cnnkit.check in a real kernel: what is shown, what an executed notebook holds, and what `nbgrader validate` says."""

import io
import json

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbgrader.validator import Validator

#: However busy the machine is, all examples are tried, and the one that is shown is made as small as it gets.
START = "import numpy as np\nfrom cnnkit import check, checking\nchecking.BUDGET = checking.SHRINKING = 300.0\n"
FLIPPED = """
def conv2d(image, kernel, stride=1):
    kernel = kernel[::-1, ::-1]
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])
"""
CELLS = {
    "right": "def relu(x):\n    return np.maximum(x, 0)\n\n\ncheck('relu', relu)",
    "wrong": f"{FLIPPED}\n\ncheck('conv2d', conv2d)",
    "unwritten": "def relu(x):\n    raise NotImplementedError()\n\n\ncheck('relu', relu)",
    "endless": "def relu(x):\n    while True:\n        pass\n\n\ncheck('relu', relu)",
    "hostile": "def relu(x):\n    raise ValueError('<script>alert(1)</script>')\n\n\ncheck('relu', relu)",
    "afterwards": "print('the kernel goes on')",
    "interrupted": "def relu(x):\n    raise KeyboardInterrupt\n\n\ncheck('relu', relu)",
}


@pytest.fixture(scope="module")
def outputs():
    """The outputs of each cell, all of them run in one kernel."""
    start = f"{START}checking.CALL_SECONDS = 0.3"
    cells = [nbformat.v4.new_code_cell(code) for code in (start, *CELLS.values())]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    nbformat.validate(notebook)
    return dict(zip(CELLS, (cell.outputs for cell in notebook.cells[1:]), strict=True))


def test_success_is_one_output_that_replaced_the_busy_line(outputs):
    (shown,) = outputs["right"]
    assert shown.output_type == "display_data"
    assert shown.data["text/plain"].startswith("relu: all ")
    assert "✓ relu: all " in shown.data["text/html"]
    assert "checking" not in shown.data["text/html"]


def test_failure_is_a_picture_and_one_short_line(outputs):
    shown, error = outputs["wrong"]
    assert shown.output_type == "display_data"
    html, text = shown.data["text/html"], shown.data["text/plain"]
    assert text.startswith("conv2d is not right yet. A right one multiplies each window")
    assert "\nexpected    got\n" in text
    assert html.count("<table ") == 4  # image, kernel, expected, got
    assert '<span role="img" aria-label="wrong">✗</span>' in html
    assert "A likely reason: kernel flipped." in html
    assert "<script" not in html
    assert error.output_type == "error"
    assert error.ename == "CheckFailed"
    (line,) = error.traceback
    assert line.startswith("CheckFailed: conv2d is not right yet. 1 of 1 values is wrong")


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("unwritten", "relu is not written yet."),
        ("endless", "relu is not right yet. Your function did not finish within 0.3 seconds and was interrupted"),
        ("hostile", "relu is not right yet. Your function stopped with an error: ValueError"),
    ],
)
def test_each_failure_is_shown_and_raised(cell, says, outputs):
    shown, error = outputs[cell]
    assert shown.output_type == "display_data"
    assert "checking" not in shown.data["text/plain"]
    assert error.traceback[0].startswith(f"CheckFailed: {says}")
    assert len(error.traceback) == 1


def test_a_students_text_stays_text(outputs):
    html = outputs["hostile"][0].data["text/html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html


def test_the_kernel_goes_on_and_an_interruption_is_said(outputs):
    assert outputs["afterwards"][0].text == "the kernel goes on\n"
    shown, error = outputs["interrupted"]
    assert shown.data["text/plain"] == "The check of relu was interrupted."
    assert error.ename == "KeyboardInterrupt"


def test_a_run_that_stops_at_errors_stops_at_a_failed_check():
    cells = [
        nbformat.v4.new_code_cell(START),
        nbformat.v4.new_code_cell(CELLS["wrong"]),
    ]
    with pytest.raises(CellExecutionError, match="CheckFailed: conv2d is not right yet") as caught:
        NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=120, kernel_name="python3").execute()
    assert "checking.py" not in str(caught.value)


def test_nbgrader_validate_sees_the_failure_without_a_wall(tmp_path, monkeypatch, capsys):
    graded = nbformat.v4.new_code_cell("check('conv2d', conv2d)")
    graded.metadata["nbgrader"] = {
        "grade": True,
        "grade_id": "conv2d",
        "locked": True,
        "points": 5,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    start = nbformat.v4.new_code_cell(f"{START}\n{FLIPPED}")
    notebook = nbformat.v4.new_notebook(cells=[start, graded])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    monkeypatch.chdir(tmp_path)
    stream = io.StringIO()
    validator = Validator()
    validator.stream = stream
    validator.validate_and_print("lesson.ipynb")
    printed = stream.getvalue()
    assert "VALIDATION FAILED ON 1 CELL(S)" in printed
    assert "CheckFailed: conv2d is not right yet. 1 of 1 values is wrong" in printed
    assert len(printed.splitlines()) < 20
    result = validator.validate("lesson.ipynb")
    assert "CheckFailed" in json.dumps(result)
