"""One submission's life in the sandbox: cells, calls, limits, deaths and fresh starts."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox import Host
from autograder.session import Session
from autograder.settings import Limits
from cnnkit.exercises import Call

DOUBLE = "def double(a):\n    return a * 2"


def ask(session, name="double", value=3):
    return session.call(name, [Call((np.arange(value),))], [False])


def text_of(run):
    return "".join(output.get("text", "") for output in run.outputs)


def test_a_cell_gives_what_a_kernel_would(session):
    run = session.run_cell("import numpy as np\nprint('out')\nimport sys\nprint('err', file=sys.stderr)\nnp.arange(3)")
    assert run.ended == "ok"
    assert [(o["output_type"], o.get("name")) for o in run.outputs] == [
        ("stream", "stdout"),
        ("stream", "stderr"),
        ("execute_result", None),
    ]
    assert run.outputs[-1]["data"]["text/plain"] == "array([0, 1, 2])"


def test_it_starts_as_a_fresh_kernel_does(session):
    source = "print([name for name in globals() if name[0] != '_'], len(In), len(Out), get_ipython().execution_count)"
    run = session.run_cell(source)
    assert run.outputs[0]["text"] == "['In', 'Out', 'get_ipython', 'exit', 'quit', 'open'] 2 0 2\n"


def test_magics_and_pictures_work(session):
    run = session.run_cell("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert run.ended == "ok"
    assert run.outputs[-1]["data"]["image/png"].startswith("iVBOR")


def test_prints_and_pictures_keep_their_order(session):
    run = session.run_cell("print('one')\ndisplay(2)\nprint('three')")
    kinds = [output.get("text") or output["data"]["text/plain"] for output in run.outputs]
    assert kinds == ["one\n", "2", "three\n"]


def test_an_error_is_recorded_and_the_next_cell_runs(session):
    run = session.run_cell("x = 1\n1 / 0")
    assert run.ended == "error"
    assert run.outputs[-1]["ename"] == "ZeroDivisionError"
    assert run.why == "raised ZeroDivisionError: division by zero"
    assert session.run_cell("x").outputs[0]["data"]["text/plain"] == "1"


def test_calls_are_answered_in_order_and_arguments_come_back(session):
    session.run_cell("def spoil(a):\n    a[...] = 7\n    return a.sum()")
    replies = session.call("spoil", [Call((np.arange(3),)), Call((np.arange(2),))], [True, False])
    assert replies.ended == "done"
    assert [int(answer.value) for answer in replies.answers] == [21, 14]
    np.testing.assert_array_equal(replies.after(0)[0], [7, 7, 7])
    assert replies.after(1) is None


@pytest.mark.parametrize(
    ("source", "ended", "says"),
    [
        ("", "undefined", ""),
        ("double = [1]", "undefined", "list"),
    ],
)
def test_a_function_that_is_not_there(session, source, ended, says):
    session.run_cell(source)
    replies = ask(session)
    assert (replies.ended, replies.text) == (ended, says)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return None", "returned nothing"),
        ("return 'text'", "returned text"),
        ("return object()", "NumPy cannot read"),
        ("return [[1], [1, 2], None]", "NumPy cannot read"),
        ("raise ValueError('no')", "raised ValueError: no"),
        ("raise NotImplementedError()", "not written yet"),
        ("raise SystemExit", "raised SystemExit"),
        ("import numpy as np; return np.zeros((3000, 3000))", "far too many numbers"),
        ("return [bytearray(2**30), bytearray(2**30)]", "raised MemoryError"),
    ],
)
def test_an_unusable_result_has_a_sentence(session, body, says):
    session.run_cell(f"def double(a):\n    {body}")
    assert says in ask(session).answers[0].text


@pytest.mark.parametrize(
    ("source", "ended", "says"),
    [
        ("while True:\n    pass", "timeout", "did not finish in 4 seconds"),
        ("import time\ntime.sleep(60)", "timeout", "did not finish in 4 seconds"),
        ("import os\nos._exit(3)", "died", "exit code 3"),
        ("import ctypes\nctypes.string_at(0)", "died", "Segmentation fault"),
        ("import os\nos.abort()", "died", "process"),
    ],
)
def test_a_bad_cell_ends_and_the_rest_goes_on(session, source, ended, says):
    session.run_cell(DOUBLE)
    run = session.run_cell(source)
    assert run.ended == ended
    assert says in run.why + run.text + text_of(run)
    assert ask(session).ended == "done", "what ran before is there again"


def test_a_swallowed_interrupt_ends_on_time(session):
    session.run_cell(DOUBLE)
    stubborn = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
    assert session.run_cell(stubborn).ended in ("died", "timeout")
    assert ask(session).ended == "done"


def test_memory_of_all_processes_counts(session):
    run = session.run_cell(
        "import os, time\n"
        "for _ in range(6):\n"
        "    if os.fork() == 0:\n"
        "        hoard = bytearray(120 * 2**20)\n"
        "        time.sleep(30)\n"
        "time.sleep(30)"
    )
    assert run.ended == "died"
    assert "used more than 400 MiB" in run.text


def test_a_grader_with_many_open_files(host):
    """select() fails for descriptors from 1024 on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        with Session(host, Limits()) as session:
            session.run_cell(DOUBLE)
            assert session.run_cell("import os\nprint('x', flush=True)\nos._exit(3)").why.endswith("(exit code 3)")
            assert ask(session).ended == "done"
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


HOARD = "hoard = []\ndef double(a):\n    while True:\n        hoard.append(bytearray(2**26))"


@pytest.mark.parametrize(
    "fill",
    [lambda session: ask(session).ended, lambda session: session.run_cell("double(3)").ended],
    ids=["a call", "a cell"],
)
def test_what_filled_the_memory_is_to_blame_and_nobody_after_it(session, fill):
    session.run_cell("kept = 1")
    session.run_cell(HOARD)
    assert fill(session) == "died"
    for _ in range(2):
        run = session.run_cell("import time\ntime.sleep(0.3)\nkept += 1\nmore = b'1' * 2**26")
        assert run.ended == "ok", run
    assert session.read("kept").text == "3"


def test_a_cell_dies_of_its_own_doing_only(session):
    """What a call leaves behind may end the process during the next cell, which then runs again without it."""
    session.run_cell(
        "import os, threading\ndef double(a):\n    threading.Timer(0.2, os._exit, [3]).start()\n    return a * 2"
    )
    assert ask(session).ended == "done"
    run = session.run_cell("import time\nprint('begun')\ntime.sleep(0.5)\nprint('ended')")
    assert (run.ended, text_of(run)) == ("ok", "begun\nended\n")
    assert ask(session).ended == "done"
    time.sleep(0.5)
    assert session.read("time").text.startswith("<module 'time'")


def test_a_cell_that_only_asks_for_too_much_keeps_what_it_defined(session):
    run = session.run_cell(f"import numpy as np\n{DOUBLE}\nnp.zeros((10**6, 10**6))")
    assert (run.ended, run.outputs[-1]["ename"]) == ("error", "MemoryError"), run
    assert ask(session).ended == "done"


def test_a_flood_is_cut_in_the_middle_and_counted(session):
    run = session.run_cell("for i in range(100_000):\n    print('line', i)")
    text = text_of(run)
    assert run.ended == "ok"
    assert text.startswith("line 0\n")
    assert text.endswith("line 99999\n")
    assert "bytes left out" in text
    assert len(text) < 70_000


def test_a_call_that_hangs_is_stopped_and_others_can_be_asked(session):
    session.run_cell("def double(a):\n    while a.size > 4:\n        pass\n    return a * 2")
    calls = [Call((np.arange(n),)) for n in (2, 9, 3)]
    replies = session.call("double", calls, [False] * 3)
    assert replies.ended == "stopped"
    assert [answer.kind for answer in replies.answers] == ["value", "stopped"]
    assert "did not finish in 0.8 seconds" in replies.text
    assert ask(session, value=4).ended == "done"


@pytest.mark.parametrize(
    ("body", "kind"),
    [("while True:\n            pass", "stopped"), ("raise MemoryError", "died")],
    ids=["stopped", "out of memory"],
)
def test_a_process_that_ends_after_its_last_answer_costs_no_other_call(session, body, kind):
    session.run_cell(
        "import os, sys\nwire, late = sys.modules['autograder.wire'], []\nframe = wire.frame\n"
        "def ends(header, payload=b''):\n"
        "    return os._exit(3) if late and header.get('event') == 'calls done' else frame(header, payload)\n"
        "wire.frame = ends\n"
        f"def double(a):\n    if a.size > 4:\n        late.append(1)\n        {body}\n    return a * 2"
    )
    calls = [Call((np.arange(n),)) for n in (2, 9, 3)]
    replies = session.call("double", calls, [False] * 3)
    assert ([answer.kind for answer in replies.answers], replies.ended) == (["value", kind], kind)
    assert ask(session, value=4).ended == "done"


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this kernel does not say who waits")
@pytest.mark.parametrize(
    "run",
    [
        lambda session: ask(session).ended == "done",
        lambda session: session.run_cell("double(1)").ended == "ok",
        lambda session: session.read("slow").text == "7",
    ],
    ids=["a call", "a cell", "an answer to a question"],
)
def test_a_busy_machine_makes_nothing_late(run):
    limits = Limits(call_seconds=0.4, call_cpu_seconds=5.0, cell_seconds=0.4)
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})  # one processor for the sandbox and five more
    rivals = []
    try:
        with Host(limits) as host, Session(host, limits) as session:
            session.run_cell(
                "import time\ndef double(a):\n    start = time.process_time()\n"
                "    while time.process_time() - start < 0.2:\n        pass\n    return a * 2"
            )
            session.run_cell("class Slow:\n    def __str__(self):\n        return str(double(3) + 1)\nslow = Slow()")
            spin = [sys.executable, "-c", "while True: pass"]  # in sessions of their own, lest they share one's part
            rivals = [subprocess.Popen(spin, start_new_session=True) for _ in range(5)]
            time.sleep(0.5)
            assert run(session)
    finally:
        os.sched_setaffinity(0, everywhere)
        for rival in rivals:
            rival.kill()
            rival.wait()


def test_nobodys_first_cell_waits_for_the_import_of_what_draws():
    limits = Limits(cell_seconds=0.3)
    with Host(limits) as host, Session(host, limits) as session:
        host.import_pictures()
        assert session.run_cell("1").ended == "ok"


def test_cpu_time_of_threads_counts(host):
    limits = Limits(call_seconds=20.0, call_cpu_seconds=0.5)
    source = "def double(a):\n    import time\n    while True:\n        pass"
    with Session(host, limits) as session:
        session.run_cell(source)
        assert ask(session).ended == "stopped"


def test_a_submission_has_a_limit_too(host):
    with Session(host, Limits(submission_seconds=1.0)) as session:
        assert session.run_cell("import time\ntime.sleep(30)").ended in ("died", "timeout")
        run = session.run_cell("1")
        assert run.ended == "skipped"
        assert "used up its 1 seconds" in run.text
        assert ask(session).ended == "out of time"


@pytest.mark.parametrize(
    "module", ["scipy.signal", "torch", "cv2", "cnnkit.ops", "cnnkit.nn", "cnnkit.data", "autograder.hidden"]
)
def test_numpy_means_numpy(session, module):
    run = session.run_cell(f"import {module}")
    assert run.ended == "forbidden"
    assert "not available while grading" in run.why


def test_photos_and_plots_of_given_cells_are_there(session):
    run = session.run_cell("from cnnkit import check, images, plot\ncheck('x', 1)\nplot.show(images.load('chelsea'))")
    assert run.ended == "ok"
    assert "image/png" in run.outputs[-1]["data"]
