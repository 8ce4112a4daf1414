"""What the sandbox needs of the host, and what it says when that is missing."""

import json
import os
import subprocess
import sys
import time

import pytest
from nbformat.v4 import new_code_cell

from autograder.classroom import as_solution, filled, right_solutions
from autograder.grading import grade_notebook
from autograder.sandbox import Host, SandboxError, draws, examine_host
from autograder.session import Session
from autograder.settings import Limits
from autograder.submission import Submission
from autograder.variants import right

from .conftest import LESSON, LIMITS, run, submit


def test_this_host_is_fit():
    assert [line for line in examine_host() if not line[1]] == []


def test_without_bubblewrap_it_refuses_and_prints_the_fix(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match="sudo apt-get install -y bubblewrap"):
        Host(Limits())
    assert ("bubblewrap", False, "type: sudo apt-get install -y bubblewrap") in examine_host()


def test_without_user_namespaces_it_refuses_and_prints_the_fix():
    """In a user namespace that allows no further one, as hosts with that setting do; needs no root."""
    script = (
        "from autograder.sandbox import Host, SandboxError\nfrom autograder.settings import Limits\n"
        "try:\n    Host(Limits()).wait_until_ready()\nexcept SandboxError as error:\n    print(error)\n"
    )
    forbid = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps=-all "
    command = ["unshare", "-U", "--map-user=1001", "--map-group=1001", "--keep-caps", "sh", "-c"]
    command.append(f'{forbid}{sys.executable} -c "$SCRIPT"')
    done = subprocess.run(command, env=os.environ | {"SCRIPT": script}, capture_output=True, text=True, check=True)
    assert "sysctl -w kernel.unprivileged_userns_clone=1" in done.stdout


def test_the_doctor_prints_every_limit_with_what_it_does(course):
    text = run(course.root, "autograder", "doctor").stdout
    assert "ok       sandbox" in text
    for name, trait in Limits.class_traits(config=True).items():
        assert f"  {name} = " in text
        assert trait.help in text


def test_closing_the_host_ends_what_runs_in_it():
    with Host(Limits()) as host, Session(host, Limits()) as session:
        assert session.run_cell("x = 1").ended == "ok"
        host.close()
        # bubblewrap may end a moment before the kernel has ended all that was inside.
        until = time.monotonic() + 10
        while (ended := session.run_cell("x").ended) == "ok" and time.monotonic() < until:
            pass
        assert ended == "died"


def test_what_draws_is_imported_when_a_submission_draws():
    loaded = "import sys\nprint('matplotlib' in sys.modules, end='')"
    draw = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    with Host(Limits()) as host:
        with Session(host, Limits()) as session:
            assert session.run_cell(loaded).outputs[0]["text"] == "False"
            assert session.run_cell(draw).ended == "ok"  # hidden from the grader, it is only slower
            picture = session.run_cell("import PIL.Image\nPIL.Image.new('L', (8, 8)).resize((4, 4))")
            assert "AttributeError" in picture.outputs[-1]["ename"]
        host.import_pictures()
        host.import_pictures()
        with Session(host, Limits()) as session:
            assert session.run_cell(loaded).outputs[0]["text"] == "True"
            assert "image/png" in session.run_cell(draw).outputs[-1]["data"]


@pytest.mark.parametrize(
    ("cell", "pictures"), [("import numpy as np", False), ("import matplotlib.pyplot as plt\nplt.plot([1]);", True)]
)
def test_a_class_without_pictures_does_not_wait_for_matplotlib(host, released, store, monkeypatch, cell, pictures):
    submission = filled(released, right_solutions(LESSON))
    submission.cells = [c for c in submission.cells if not draws(c.source)]
    submission.cells.insert(0, new_code_cell(cell, id="first"))
    asked = []
    monkeypatch.setattr(host, "import_pictures", lambda: asked.append(True))
    graded = grade_notebook(host, Submission(submission), released, store, LIMITS)
    assert bool(asked) == pictures
    assert graded.points["conv2d"] == graded.max_points["conv2d"]


def test_without_isolation_it_warns_and_the_results_say_so(course, released):
    """Only our own right solution runs here: without a sandbox, nobody else's may."""
    submit(course, "ada", filled(released, right_solutions(LESSON)))
    done = run(course.root, "autograder", "grade", LESSON, "--isolation", "none", "--json")
    assert "WARNING: --isolation none" in done.stderr
    verdict = json.loads((course.autograded("ada", LESSON) / "verdict.json").read_text())
    assert (verdict["isolation"], verdict["points"]) == ("none", 13.0)


def test_a_plain_file_is_judged(course, tmp_path):
    path = tmp_path / "my solution.py"
    path.write_text(as_solution(right("conv2d")[0], "conv2d"))
    data = json.loads(run(course.root, "autograder", "judge", "conv2d", str(path), "--json").stdout)
    assert (data["score"], data["passed"], data["error"]) == (1.0, True, None)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "conv2d is not defined"),
        (b"def conv2d(", "the file raised SyntaxError"),
        (b"import torch", "torch is not available while grading"),
        (b"raise SystemExit(0)", "conv2d is not defined"),
        (b"import os; os._exit(0)", "ended the process"),
        (b"\xff\xfe\xff", "not text in UTF-8"),
    ],
)
def test_a_hopeless_file_gets_a_verdict(course, tmp_path, content, says):
    path = tmp_path / "solution.py"
    path.write_bytes(content)
    data = json.loads(run(course.root, "autograder", "judge", "conv2d", str(path), "--json").stdout)
    assert (data["score"], data["passed"]) == (0.0, False)
    assert says in data["error"]
