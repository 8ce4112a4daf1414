"""Attempts to change a score other than by answering right, all in one class run with honest neighbours."""

import json

import pytest

from tests.attacks.conftest import FIND_CHANNEL, FULL, LESSON, WITHOUT_CONV2D, WRONG

DEF = "def conv2d(image, kernel, stride=1):\n"


def returning(expression: str, before: str = "") -> str:
    """A conv2d that returns an expression of the right shape (rows, columns)."""
    return (
        f"import numpy as np\n{before}\n{DEF}"
        "    rows = (image.shape[0] - kernel.shape[0]) // stride + 1\n"
        "    columns = (image.shape[1] - kernel.shape[1]) // stride + 1\n"
        f"    return {expression}\n"
    )


_LIAR = """
class Liar(np.ndarray):
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: np.ones(np.shape(other), bool)
    __ne__ = lambda self, other: np.zeros(np.shape(other), bool)
    __sub__ = __rsub__ = __abs__ = lambda self, *other: np.zeros(self.shape)
    __array_ufunc__ = lambda self, ufunc, method, *inputs, **options: np.ones(inputs[-1].shape, bool)
    __array_function__ = lambda self, *_: True
    __reduce__ = lambda self: (print, ("unpickled",))
"""
_DUCK = """
class Duck:
    __class__ = np.ndarray
    dtype, shape, ndim, size = np.dtype(float), (1, 1), 2, 1
    __eq__ = __ne__ = __lt__ = __le__ = lambda self, other: True
    __array__ = lambda self, *args, **options: self
    __len__ = lambda self: 2**62
    __getitem__ = lambda self, key: self
    __float__ = lambda self: float("nan")
    __repr__ = __str__ = lambda self: 1 / 0
    __getattr__ = lambda self, name: self
"""

#: Source of conv2d's cell, by what it tries. None of them computes a convolution.
WRONG_ANSWERS = {
    "array subclass that is always equal": returning("np.zeros((rows, columns)).view(Liar)", _LIAR),
    "array subclass with a false dtype and shape": returning(
        "np.zeros((rows, columns)).view(Masked)",
        "class Masked(np.ndarray):\n    dtype = np.dtype(object)\n    shape = (1, 1)\n    nbytes = 0\n",
    ),
    "object that claims to be an array": returning("Duck()", _DUCK),
    "array interface into nowhere": returning(
        "Pointer(rows, columns)",
        "class Pointer:\n    def __init__(self, *shape):\n        self.__array_interface__ = "
        "{'shape': shape, 'typestr': '<f8', 'data': (8, False), 'version': 3}\n",
    ),
    "object array that is always equal": returning(
        "np.full((rows, columns), Yes())",
        "class Yes:\n    __eq__ = __le__ = lambda *_: True\n    __sub__ = __rsub__ = __abs__ = lambda self, *_: self\n"
        "    __float__ = lambda self: 0.0\n",
    ),
    "structured array": returning("np.zeros((rows, columns), [('a', float), ('b', object)])"),
    "masked array": returning("np.ma.masked_all((rows, columns))"),
    "dates": returning("np.zeros((rows, columns), 'M8[s]')"),
    "text": returning("np.full((rows, columns), '100.0')"),
    "nan": returning("np.full((rows, columns), np.nan)"),
    "infinity": returning("np.full((rows, columns), np.inf)"),
    "nan and infinity at random": returning("np.random.choice([np.nan, np.inf, -np.inf, 0], (rows, columns))"),
    "numbers that overflow together": returning("np.random.choice([1.7e308, -1.7e308], (rows, columns))"),
    "imaginary": returning("np.random.random((rows, columns)) * 1j"),
    "booleans": returning("np.random.random((rows, columns)) > 0.5"),
    "half precision": returning("(np.random.random((rows, columns)) * 1e6).astype(np.float16)"),
    "huge, broadcast from one number": returning("np.broadcast_to(0.0, (2**20, 2**20))"),
    "huge and empty": returning("np.zeros((0, 2**31 - 1))"),
    "huge and real": returning("np.zeros(2**22, np.uint8)"),
    "64 axes": returning("np.zeros((1,) * 64)"),
    "arrays of many shapes": returning("[np.zeros(n) for n in range(10_000)]"),
    "a list that holds itself": returning("loop", "loop = []\nloop.append(loop)\n"),
    "a generator": DEF + "    yield 0\n",
    "a coroutine": f"async {DEF}    return 0\n",
    "a class": "class conv2d(float):\n    def __new__(cls, *args, **names):\n        return float.__new__(cls, 100)\n",
    "an exception with a hostile text": "class Bad(BaseException):\n    def __str__(self):\n        raise self\n\n\n"
    f"{DEF}    raise Bad()\n",
    "an exception whose text cannot be written": f"{DEF}    raise ValueError('\\ud800 \\x00 \\x1b[2J')\n",
    "an exception with a long text": f"{DEF}    raise ValueError('x' * 10**7)\n",
    "an exit with full marks": f"import os\n\n\n{DEF}    os._exit(0)\n",
    "an interrupt of its own": f"{DEF}    raise KeyboardInterrupt\n",
    "the caller's frame": "import sys\n\n\n"
    + DEF
    + """\
    frame, found = sys._getframe(), []
    while frame:
        for name, value in frame.f_locals.items():
            if "expect" in name or "answer" in name or "corpus" in name or "reference" in name:
                found.append(value)
        frame = frame.f_back
    return found[0] if found else 0
""",
    "the garbage collector": "import gc\nimport numpy as np\n\n\n"
    + DEF
    + """\
    shape = (image.shape[0] - kernel.shape[0]) // stride + 1, (image.shape[1] - kernel.shape[1]) // stride + 1
    found = [x for x in gc.get_objects() if isinstance(x, np.ndarray) and x.shape == shape and x is not image]
    return found[0] if found else np.zeros(shape)
""",
    "the first input again": "seen = []\n\n\n" + DEF + "    seen.append(image)\n    return seen[0]\n",
    "an answer that grows while it is sent": returning(
        "Growing((rows, columns))",
        "class Growing(np.ndarray):\n    nbytes = 0\n    tobytes = lambda self, *a, **o: bytes(2**20)\n",
    ),
    # With the channel in hand.
    "answers written to every descriptor": FIND_CHANNEL
    + DEF
    + """\
    for descriptor in range(64):
        try:
            os.write(descriptor, zeros())
        except OSError:
            pass
    return 0
""",
    "answers ahead from a thread": FIND_CHANNEL
    + """
def ahead():
    while True:
        channel.sendall(zeros())


threading.Thread(target=ahead, daemon=True).start()
"""
    + DEF
    + "    time.sleep(0.2)\n    return 0\n",
    "the end of the calls, early": FIND_CHANNEL + DEF + "    channel.sendall(frame({'event': 'calls done'}))\n",
    "a verdict": FIND_CHANNEL
    + DEF
    + """\
    channel.sendall(frame({"event": "verdict", "score": 1.0, "passed": True}))
    return 0
""",
    "a pickle": FIND_CHANNEL
    + DEF
    + """\
    import pickle
    class Evil:
        def __reduce__(self):
            return os.system, ("touch /tmp/unpickled",)
    channel.sendall(pickle.dumps(Evil()))
    return 0
""",
    "a length of 2**31": FIND_CHANNEL
    + DEF
    + """\
    channel.sendall(struct.pack("!4sII", b"CNN1", 2**31, 2**31))
    return 0
""",
    "a frame that never ends": FIND_CHANNEL
    + DEF
    + """\
    channel.sendall(struct.pack("!4sII", b"CNN1", 2**10, 0))
    return time.sleep(60)
""",
    "JSON that is deep": FIND_CHANNEL
    + DEF
    + """\
    channel.sendall(struct.pack("!4sII", b"CNN1", 10**5, 0) + b"[" * 10**5)
    return 0
""",
    "JSON of another type": FIND_CHANNEL
    + DEF
    + """\
    sizes = (b"7", b"0", b"-1", b"1e3", b"[]", b"{}", b"null")
    several = [b'{"event": "answers", "text": %s}' % size for size in sizes]
    for text in (b"[]", b"7", b"null", b'{"event": {}}', b'{"event": NaN}', *several):
        channel.sendall(struct.pack("!4sII", b"CNN1", len(text), 0) + text)
    return 0
""",
    "an array that is larger than memory": FIND_CHANNEL
    + DEF
    + """\
    for form in ("<f8 C" + " 2147483648" * 8, "<f8 C 0 2147483648 2147483648", "|u1 S 1048576" + " 1" * 7):
        channel.sendall(answers([form], [None], bytes(2**20)))
    return 0
""",
    "many arrays in the same bytes": FIND_CHANNEL
    + DEF
    + """\
    channel.sendall(answers([["|u1 C 16777216"] * 64], [None], bytes(2**24)))
    return 0
""",
    "an array of objects": FIND_CHANNEL
    + DEF
    + """\
    channel.sendall(answers(["|O C 1"], [None], b"\\x10" * 8))
    return 0
""",
    "arguments that come back wrong": FIND_CHANNEL
    + DEF
    + """\
    channel.sendall(answers(["<f8 C"], [[7, {"t": []}]], bytes(8)))
    return 0
""",
    "descriptors and an out-of-band byte": FIND_CHANNEL
    + DEF
    + """\
    try:
        socket.send_fds(channel, [zeros()], [0, 1, 2])
        channel.send(b"x", socket.MSG_OOB)
    except OSError:
        pass
    return time.sleep(60)
""",
    "a channel that is closed": FIND_CHANNEL + DEF + "    channel.close()\n    return time.sleep(60)\n",
}

#: Cells before a conv2d that is wrong: they bend the world around it.
BENT_WORLDS = {
    "comparisons of numpy": "import numpy as np\nnp.allclose = np.array_equal = np.isclose = lambda *a, **o: True\n"
    "np.testing.assert_allclose = np.abs = lambda *a, **o: 0",
    "modules that are not there": """
import sys, types
for name in ("autograder.verdict", "autograder.hidden", "hypothesis", "nbgrader.utils", "cnnkit.ops", "pytest"):
    module = sys.modules[name] = types.ModuleType(name)
    module.judge = module.determine_grade = module.difference = lambda *a, **o: (5, 5)
""",
    "comparison of answers": """
import cnnkit.answers, cnnkit
cnnkit.answers.difference = lambda *a, **o: ""
cnnkit.answers.RELATIVE_TOLERANCE = 1e9
cnnkit.check = check = lambda *a, **o: print("passed")
""",
    "files that Python runs at its start": """
import os, pathlib
lie = "import builtins; builtins.score = 5.0; import sys; sys.exit(0)"
for folder in (".", "/tmp", os.environ["HOME"], os.environ["HOME"] + "/.local/lib/python3.11/site-packages"):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for name in ("sitecustomize.py", "usercustomize.py", "hypothesis.py", "numpy.py", "conftest.py", "lie.pth"):
        (pathlib.Path(folder) / name).write_text(lie)
""",
    "exit handlers and signal handlers": FIND_CHANNEL
    + """
import atexit, signal
atexit.register(lambda: channel.sendall(zeros()))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGUSR1):
    signal.signal(number, lambda *_: channel.sendall(zeros()))
""",
    "cells that print a score": "print('100.0')\nprint('Score: 5/5', 'passed')\ndisplay(5.0)\n5.0",
    "outputs with a score and a script": FIND_CHANNEL
    + """
for kind in ("execute_result", "display_data"):
    page = b"<script>alert(1)</script>"
    parts = {"text/html": [0, 25], "application/javascript": [0, 25], "text/plain": [25, 3]}
    channel.sendall(frame({"event": "output", "type": kind, "parts": parts, "score": 5}, page + b"5.0"))
from IPython.display import HTML, Javascript
display(HTML("<script>alert(1)</script>"), Javascript("alert(1)"))
""",
}
#: The same, but these break more than conv2d, so that other exercises may lose their marks too; never gain.
BROKEN_WORLDS = {
    "the worker's functions": """
import sys
worker, wire = sys.modules["__main__"], sys.modules["autograder.wire"]
wire.pack_answer = lambda answer, data: data.extend(bytes(8)) or "<f8 C"
worker._describe = lambda error: "score: 1.0"
""",
    "an input transformer that empties later cells": """
def nothing(lines):
    return ["pass"]
get_ipython().input_transformers_cleanup.append(nothing)
get_ipython().input_transformers_post.append(nothing)
""",
    "builtins": "import builtins\nbuiltins.isinstance = builtins.all = builtins.any = lambda *a: True",
    "numpy's asarray": "import numpy as np\nnp.asarray = np.array = lambda *a, **o: np.ones((1, 1))",
    "tracing": """
import sys, threading
def trace(frame, event, arg):
    for name in ("score", "passed", "answer", "late"):
        if name in frame.f_locals:
            frame.f_locals[name] = 1
    return trace
sys.settrace(trace)
threading.settrace(trace)
""",
    "the shell": """
class Namespace(dict):
    get = __getitem__ = __missing__ = lambda self, *a: (lambda *a, **o: 5.0)
get_ipython().user_ns = Namespace(get_ipython().user_ns)
get_ipython().emit = get_ipython().run_cell = lambda *a, **o: 5.0
""",
    "answers to questions that are not asked yet": FIND_CHANNEL + "channel.sendall(zeros() * 1000)",
    "the end of a cell that goes on": FIND_CHANNEL
    + """
channel.sendall(frame({"event": "cell", "ended": "ok"}))
while True:
    channel.sendall(zeros())
""",
}


#: It floods the channel for as long as its process lives, and each new process runs it again: how much of its own
#: later work that costs is a matter of timing.
FLOOD = "answers ahead from a thread"


@pytest.fixture(scope="module")
def graded(new_course, run_class, write):
    notebooks = {name: write(conv2d=source) for name, source in WRONG_ANSWERS.items()}
    worlds = BENT_WORLDS | BROKEN_WORLDS
    notebooks |= {name: write(conv2d=WRONG, first=source) for name, source in worlds.items()}
    return run_class(new_course(), notebooks)


@pytest.mark.parametrize("attack", sorted({*WRONG_ANSWERS, *BENT_WORLDS} - {FLOOD}))
def test_only_right_answers_earn_marks(graded, attack):
    assert graded.scores[attack] == WITHOUT_CONV2D
    assert graded.rows[attack].points == sum(WITHOUT_CONV2D.values())
    assert "conv2d" in graded.rows[attack].reason


@pytest.mark.parametrize("attack", [*BROKEN_WORLDS, FLOOD])
def test_what_breaks_more_than_one_function_gains_nothing(graded, attack):
    assert graded.scores[attack]["conv2d"] == 0
    assert all(0 <= score <= FULL[name] for name, score in graded.scores[attack].items())


def test_no_page_runs_a_students_script(graded):
    for output in _outputs(graded.text("outputs with a score and a script")):
        data = output.get("data", {})
        assert "application/javascript" not in data
        assert "<script" not in "".join(data.get("text/html", ""))


def _outputs(text: str) -> list:
    return [output for cell in json.loads(text)["cells"] for output in cell.get("outputs", [])]


def test_marks_in_the_notebook_are_the_released_ones(grade, write, released):
    notebook = write(conv2d=WRONG)
    notebook.metadata["autograder"] = {"problem": "", "digest": "x", "notes": [], "points": 99}
    notebook.metadata["kernelspec"] = {"name": "bash", "display_name": "bash", "language": "bash"}
    for cell in notebook.cells:
        mark = cell.metadata.nbgrader
        mark.update(points=1000, schema_version=99, checksum="0" * 32, locked=False)
        if mark.grade:
            mark.update(solution=True)
            cell.outputs = [{"output_type": "execute_result", "data": {"text/plain": "1000.0"}, "metadata": {}}]
    bonus = json.loads(json.dumps(notebook.cells[-1]))
    bonus["metadata"]["nbgrader"].update(grade_id="bonus", grade=True, solution=False)
    text = json.loads(json.dumps(notebook))
    text["cells"].append(bonus)
    graded = grade(json.dumps(text))
    assert graded.points == WITHOUT_CONV2D
    assert graded.max_points == FULL
    assert graded.notebook.metadata.get("kernelspec") == released.metadata.kernelspec
    marks = [cell.metadata.get("nbgrader") for cell in graded.notebook.cells]
    known = [cell.metadata.nbgrader for cell in released.cells if "nbgrader" in cell.metadata]
    assert [mark for mark in marks if mark] == known


def test_a_second_test_cell_with_code_of_the_student_scores_nothing(grade, write):
    notebook = write(conv2d=WRONG)
    place = next(i for i, cell in enumerate(notebook.cells) if cell.metadata.nbgrader.grade_id == "conv2d")
    for position in (place, place + 2):
        copy = json.loads(json.dumps(notebook.cells[place]))
        copy["source"] = "5.0"
        notebook.cells.insert(position, type(notebook.cells[place])(copy))
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"
    assert grade(json.dumps(notebook)).points == WITHOUT_CONV2D


def test_the_wrong_function_under_the_right_name_of_another(grade, write):
    graded = grade(write(last="conv2d = conv2d_channels = to_gray = split_channels = lambda *a, **o: 0"))
    assert graded.points == FULL, "a cell after the graded ones changes nothing that was graded"
    assert LESSON not in graded.reason
