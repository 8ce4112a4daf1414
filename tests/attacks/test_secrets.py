"""What student code can see and reach from inside the sandbox: nothing of the course, of others or of the network."""

import os
import socket
import threading

from autograder.session import Session
from tests.attacks.conftest import FULL, LESSON, REPOSITORY, printed, submit

#: Libraries that convolve, and the course's own modules.
NOT_THERE = (
    *(
        "scipy",
        "skimage",
        "cv2",
        "torch",
        "tensorflow",
        "jax",
        "sklearn",
        "pandas",
        "hypothesis",
        "nbgrader",
        "imageio",
    ),
    *("cnnkit.ops", "cnnkit.exercises", "cnnkit.checking", "autograder.hidden", "autograder.corpus", "_imagingmath"),
)


def test_no_file_of_the_course_the_home_or_other_students_is_there(session, fresh_course):
    secret = "hidden-in-the-course-3f9a"
    submit(fresh_course, "other-student", f'"{secret}"')
    names = [str(REPOSITORY), str(fresh_course.root), os.path.expanduser("~"), "/etc", "/home", "/root", "/var", "/sys"]
    run = session.run_cell(f"""
import os
for path in {names!r}:
    for open_it in (os.listdir, open, os.stat):
        try:
            open_it(path)
            print("reached", path)
        except OSError:
            pass
count = 0
for folder, folders, files in os.walk("/"):
    for name in files:
        path = os.path.join(folder, name)
        if folder.startswith("/dev") or not os.path.isfile(path):
            continue
        count += 1
        if any(part in path for part in ("gradebook", "nbgrader", ".corpus", "cnnkit/ops", "hidden/", "submitted")):
            print("reached", path)
        if path.endswith((".py", ".txt", ".json", ".db", ".ipynb", ".cfg")) and os.path.getsize(path) < 10**6:
            if {secret!r}.encode() in open(path, "rb").read():
                print("reached", path)
print("walked", count > 1000, sorted(os.listdir("/")))
""")
    assert run.ended == "ok", printed(run)
    assert "reached" not in printed(run), printed(run)
    assert "walked True ['dev', 'lib" in printed(run)


def test_links_and_descriptors_lead_nowhere(session):
    run = session.run_cell("""
import ctypes, glob, os
os.symlink("/", "/tmp/root")
os.symlink("/proc/1/root", "/tmp/process")
print(sorted(os.listdir("/tmp/root/proc")), os.path.exists("/tmp/process/etc"), os.path.exists("/proc/self"))
libc = ctypes.CDLL(None, use_errno=True)
for path in (b"/etc/passwd", b"/proc/1/environ", b"/proc/self/mem", b"/dev/mem", b"/dev/ptmx", b"/dev/kmsg"):
    for flags in (os.O_RDONLY, os.O_RDWR, os.O_PATH):
        if libc.open(path, flags) >= 0:
            print("opened", path, flags)
opened = []
for descriptor in range(3, 64):
    try:
        opened.append(os.fstat(descriptor).st_mode >> 12)
    except OSError:
        pass
for descriptor in range(64):
    try:
        os.fchdir(descriptor)
        print("changed to", descriptor)
    except OSError:
        pass
print(sorted(os.listdir("/dev/pts")), [mode for mode in opened if mode not in (12, 4, 2)])
""")
    assert run.ended == "ok", printed(run)
    assert printed(run) == "[] False False\n[] []\n"


def test_the_environment_and_the_process_say_nothing(session, monkeypatch):
    run = session.run_cell("""
import ctypes, gc, os, sys
strings = ctypes.string_at  # what the process was started with
print(dict(os.environ), sys.argv, sys.orig_argv, sys.path, os.getcwd(), os.uname().nodename)
print(os.getuid() != 0, os.getppid(), os.getpid())
print([name for name in sys.modules if name.split(".")[0] in ("nbgrader", "hypothesis", "sqlalchemy", "nbformat")])
""")
    text = printed(run)
    assert run.ended == "ok", text
    for secret in (str(REPOSITORY), os.path.expanduser("~") + "/", "gradebook", "attacks", socket.gethostname()):
        assert secret == "localhost" or secret not in text
    assert text.endswith("True 0 1\n[]\n")


def test_numpy_means_numpy(session):
    run = session.run_cell(f"""
import importlib, importlib.util, os, pkgutil, sys
for name in {NOT_THERE!r}:
    sys.modules.pop(name, None)
    try:
        importlib.import_module(name)
        print("imported", name)
    except ImportError:
        pass
sys.meta_path[:] = [finder for finder in sys.meta_path if "Forbid" not in repr(finder)][1:] or sys.meta_path
sys.path += [folder for folder, _, _ in os.walk("/site")][:2000]
for name in {NOT_THERE!r}:
    try:
        module = importlib.import_module(name)
        if module.__spec__.loader is not None and module.__file__:  # a folder of type hints has neither
            print("found", module)
    except Exception:
        pass
for folder, folders, files in os.walk("/"):
    for name in files:
        path = os.path.join(folder, name)
        libraries = ("scipy", "skimage", "cv2", "torch", "cnnkit/ops")
        if not path.endswith(".pyi") and any(f"/{{library}}/" in path for library in libraries):
            print("file", path)
print("done")
""")
    assert printed(run) == "done\n"


def test_pillow_filters_nothing_by_any_way(session):
    """matplotlib needs Pillow; its convolutions are out of reach by method, type, file, fresh process or C."""
    run = session.run_cell("""
import ctypes, importlib, PIL.Image, PIL._imaging
picture = PIL.Image.new("L", (8, 8))
for name in ("PIL.ImageFilter", "PIL.ImageMorph", "PIL.ImageMath", "PIL._imagingmorph", "PIL._imagingmath"):
    try:
        importlib.import_module(name)
        print("imported", name)
    except ImportError:
        pass
for name in ("filter", "gaussian_blur", "box_blur", "unsharp_mask", "rankfilter", "modefilter", "reduce", "resize"):
    if hasattr(picture.im, name) or hasattr(type(picture.im), name):
        print("has", name)
try:
    importlib.reload(PIL._imaging)
    again = importlib.util.spec_from_file_location("PIL._imaging", PIL._imaging.__file__)
    module = importlib.util.module_from_spec(again)
    again.loader.exec_module(module)
    print("again", hasattr(module.new("L", (1, 1)), "filter"))
except Exception as error:
    print("again", False)
""")
    assert printed(run) == "again False\n"
    for use in (
        "table = ctypes.CDLL(PIL._imaging.__file__); table.ImagingFilter(*[0] * 5)",
        "table = ctypes.CDLL(PIL._imaging.__file__); table.ImagingGaussianBlur(*[0] * 5)",
    ):
        assert session.run_cell(f"import ctypes, PIL._imaging\n{use}").ended == "died"
    run = session.run_cell("""
import os, subprocess, sys
for start in (
    lambda: subprocess.run(["/py/bin/python3", "-c", "1"]),
    lambda: os.posix_spawn("/py/bin/python3", ["python3", "-c", "1"], {}),
    lambda: os.system("exit 0") and 1 / 0,
    lambda: os.execv("/py/bin/python3", ["python3", "-c", "1"]),
):
    try:
        start()
        print("started")
    except (OSError, ZeroDivisionError):
        pass
print("done")
""")
    assert printed(run) == "done\n"


def test_there_is_no_network(session):
    connected = []

    def listen(server):
        while True:
            try:
                connected.append(server.accept())
            except OSError:
                return

    servers = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
    servers[1].bind("\0autograder-attack")
    servers[1].listen()
    threads = [threading.Thread(target=listen, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    run = session.run_cell(f"""
import socket
port = {servers[0].getsockname()[1]}
for family in range(1, 46):
    for kind in range(1, 6):
        try:
            sock = socket.socket(family, kind)
        except OSError:
            continue
        if family != socket.AF_UNIX:
            print("made", family, kind)
        for address in (("127.0.0.1", port), ("0.0.0.0", port), ("10.0.2.2", port), ("192.0.2.1", 80)):
            try:
                sock.connect(address)
                print("connected", address)
            except (OSError, TypeError):
                pass
        try:
            sock.connect("\\0autograder-attack")
            print("connected")
        except (OSError, TypeError):
            pass
import asyncio, urllib.request
try:
    urllib.request.urlopen(f"http://127.0.0.1:{{port}}/", timeout=1)
    print("opened")
except OSError:
    pass
print(asyncio.new_event_loop().run_until_complete(asyncio.sleep(0, "done")))
""")
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
    for thread in threads:
        thread.join()
    assert printed(run) == "done\n"
    assert connected == []


def test_two_students_at_once_do_not_see_each_other(host, fresh_course):
    with Session(host, fresh_course.limits) as first, Session(host, fresh_course.limits) as second:
        run = first.run_cell("""
import os, socket, signal
server = socket.socket(socket.AF_UNIX)
server.bind("\\0answers")
server.listen()
server2 = socket.socket(socket.AF_UNIX)
server2.bind("/tmp/answers")
for path in ("/tmp/secret", "/dev/shm/secret", "/tmp/home/secret"):
    open(path, "w").write("my solution")
print("ready")
""")
        assert printed(run) == "ready\n"
        run = second.run_cell("""
import os, socket
found = [os.path.join(folder, name) for folder, _, files in os.walk("/") for name in files if "secret" in name]
print([path for path in found if not path.startswith(("/py/", "/site/"))])
for address in ("\\0answers", "/tmp/answers"):
    try:
        socket.socket(socket.AF_UNIX).connect(address)
        print("connected")
    except OSError:
        pass
for number in range(2, 5000):
    try:
        os.kill(number, 0)
        print("sees process", number)
    except OSError:
        pass
for path in ("/site/numpy/__init__.py", "/py/bin/python3", "/dev/null2", "/new", "/site/cnnkit/__init__.py"):
    try:
        open(path, "a")
        print("writes", path)
    except OSError:
        pass
""")
        assert printed(run) == "[]\n"


def test_a_submission_leaves_nothing_to_the_next(host, fresh_course):
    with Session(host, fresh_course.limits) as session:
        session.run_cell("import numpy as np, builtins\nbuiltins.left = np.left = 1\nopen('/tmp/left', 'w').write('x')")
    with Session(host, fresh_course.limits) as session:
        run = session.run_cell("import numpy as np, os\nprint('left' in dir(__builtins__), hasattr(np, 'left'))")
        assert printed(run) == "False False\n"
        assert printed(session.run_cell("print(os.listdir('/tmp'))")) == "['home', 'shm']\n"


def test_given_cells_that_use_other_libraries_are_no_errors_in_the_feedback(
    host, fresh_course, released, write, tmp_path
):
    """In a lesson that shows what SciPy would do, the student has done nothing wrong."""
    import copy

    import nbformat
    from nbformat.v4 import new_code_cell

    from autograder.grading import grade_notebook
    from autograder.submission import read_submission

    given = "from scipy.signal import convolve2d\nconvolve2d([[1]], [[1]])"
    ours = copy.deepcopy(released)
    ours.cells.insert(1, new_code_cell(given))
    notebook = write(first=given)
    path = tmp_path / "student" / LESSON / f"{LESSON}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    graded = grade_notebook(host, read_submission(path, ours, 10**7), ours, fresh_course.corpora, fresh_course.limits)
    assert graded.points == FULL
    assert not [o for cell in graded.notebook.cells for o in cell.get("outputs", []) if o.output_type == "error"]
