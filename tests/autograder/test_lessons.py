"""Lessons as text, notebook and release: built to the same bytes, carried back, and free of solutions."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder import lessons
from autograder.lessons import LessonError, build_source, carry_back, lesson_names
from cnnkit import exercises

ROOT = Path(__file__).parents[2]
LESSONS = lesson_names(ROOT)
CONVOLUTION = "01-convolution"

MINIMAL = '''# A comment of the file.

# %% [markdown]
# # A lesson
#
# Prose with `code`.

# %%
import numpy as np

# %% solution="conv2d"
def conv2d(image, kernel, stride=1):
    """Slide."""
    ### BEGIN SOLUTION
    return image
    ### END SOLUTION

# %% grade="conv2d" points=5
conv2d

# %% [markdown] manual="why" points=2.5 tags=["words"]
# Because.
'''


def text_path(root: Path, lesson: str = CONVOLUTION) -> Path:
    return root / "lessons" / f"{lesson}.py"


def source_path(root: Path, lesson: str = CONVOLUTION) -> Path:
    return root / "source" / lesson / f"{lesson}.ipynb"


def release_path(root: Path, lesson: str = CONVOLUTION) -> Path:
    return root / "release" / lesson / f"{lesson}.ipynb"


def read(path: Path):
    return nbformat.read(path, as_version=4)


def marks(cell) -> dict:
    return cell.metadata.get("nbgrader", {})


@pytest.fixture
def course(tmp_path) -> Path:
    """A course with one small lesson, built."""
    text_path(tmp_path).parent.mkdir()
    text_path(tmp_path).write_text(MINIMAL, encoding="utf-8")
    build_source(CONVOLUTION, tmp_path)
    return tmp_path


def edit(course: Path, change) -> None:
    """Change the notebook as JupyterLab would: run it, decorate it, save it."""
    node = read(source_path(course))
    for count, cell in enumerate(node.cells, start=1):
        cell.metadata["collapsed"] = True
        cell.metadata["execution"] = {"iopub.execute_input": "2024-01-01T00:00:00Z"}
        if cell.cell_type == "code":
            cell.execution_count = count
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="42\n")]
    node.metadata["language_info"] = {"name": "python", "version": "3.11.2"}
    node.metadata["toc-autonumbering"] = True
    change(node.cells)
    nbformat.write(node, source_path(course))


# --- the checked-in lessons ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", LESSONS)
def test_source_is_what_the_text_builds(lesson, tmp_path):
    shutil.copytree(ROOT / "lessons", tmp_path / "lessons")
    assert build_source(lesson, tmp_path).read_bytes() == source_path(ROOT, lesson).read_bytes()


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Path:
    """A course in which nbgrader has released all lessons, in one process: seven would be imported seven times."""
    course = tmp_path_factory.mktemp("generated")
    shutil.copytree(ROOT / "source", course / "source")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    program = """
import sys
from nbgrader.apps import NbGraderApp
for lesson in sys.argv[1:]:
    NbGraderApp.clear_instance()
    NbGraderApp.launch_instance(["generate_assignment", lesson])
"""
    run = subprocess.run(
        [sys.executable, "-c", program, *LESSONS],
        cwd=course,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(course / "none"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return course


@pytest.mark.parametrize("lesson", LESSONS)
def test_release_is_what_nbgrader_generates(lesson, generated):
    assert release_path(generated, lesson).read_bytes() == release_path(ROOT, lesson).read_bytes()


@pytest.mark.parametrize("lesson", LESSONS)
def test_text_comes_back_from_the_notebook_to_the_letter(lesson):
    text = text_path(ROOT, lesson).read_text(encoding="utf-8")
    header = lessons._split(text)[0]
    cells = lessons._cells_of(read(source_path(ROOT, lesson)), lesson)
    assert lessons._join(header, cells, [], []) == text


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_exercise_and_question_is_graded_once_and_nothing_else_is(lesson):
    graded = [marks(cell)["grade_id"] for cell in read(source_path(ROOT, lesson)).cells if marks(cell).get("locked")]
    asked = [question.name for question in exercises.questions()[lesson]]
    assert [name for name in graded if name not in asked] == [each.name for each in exercises.lessons()[lesson]]
    assert [name for name in graded if name in asked] == asked


@pytest.mark.parametrize("lesson", LESSONS)
def test_prose_stands_before_an_exercise_and_its_check_and_grade_after(lesson):
    cells = read(source_path(ROOT, lesson)).cells
    for place, cell in enumerate(cells):
        if not marks(cell).get("solution") or marks(cell)["grade"]:
            continue
        name = marks(cell)["grade_id"].removesuffix("-solution")
        call = f'check("{name}", {name})'
        assert cells[place - 1].cell_type == "markdown", name
        assert f"`{name}`" in cells[place - 1].source, f"the prose before {name} does not name it"
        assert cells[place + 1].source == call
        assert marks(cells[place + 2])["grade_id"] == name
        assert call in cells[place + 2].source
        asked = name in [question.name for question in exercises.questions()[lesson]]
        assert (f'{name} = ""' if asked else exercises.find(name).signature) in cell.source.splitlines()[0]


@pytest.mark.parametrize("lesson", LESSONS)
def test_release_has_no_solution_and_no_output(lesson):
    released = release_path(ROOT, lesson).read_text(encoding="utf-8")
    node = nbformat.reads(released, as_version=4)
    lines = {line.strip() for cell in node.cells for line in cell.source.splitlines()}
    secret = set()
    for cell in read(source_path(ROOT, lesson)).cells:
        for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL):
            secret |= {line.strip() for line in region.splitlines() if len(line.strip()) > 3}
        if marks(cell).get("solution") and marks(cell)["grade"]:
            secret |= {line.strip() for line in cell.source.splitlines() if line.strip()}
    assert secret, "the lesson asks for nothing"
    assert not secret & lines
    assert not any(word in released for word in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN", "autograder"))
    assert all(not cell.outputs and cell.execution_count is None for cell in node.cells if cell.cell_type == "code")


@pytest.mark.parametrize("lesson", LESSONS)
def test_release_has_no_text_of_the_hidden_tests(lesson):
    released = release_path(ROOT, lesson).read_text(encoding="utf-8")
    module = lesson.split("-", 1)[1].replace("-", "_")
    for path in (ROOT / "autograder" / "hidden").glob(f"{module}*.py"):
        texts = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not [text for text in texts if len(text) > 20 and text in released]


@pytest.mark.parametrize("lesson", LESSONS)
def test_given_cells_import_only_what_the_sandbox_has(lesson):
    for cell in read(source_path(ROOT, lesson)).cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)
            foreign = [at for at, node in enumerate(tree.body) if ast.unparse(node).startswith("from scipy")]
            # Another library may be compared with at the end of a cell; nothing that follows may depend on it.
            assert all(isinstance(node, ast.Expr) for at in foreign for node in tree.body[at + 1 :])
            tree.body = tree.body[: foreign[0]] if foreign else tree.body
            for node in ast.walk(tree):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) else []
                assert {name.split(".")[0] for name in names} <= {"numpy", "matplotlib", "cnnkit"}


def executed(node) -> str:
    """Run a notebook of ours in a fresh interpreter; what it printed, with single spaces."""
    from nbclient import NotebookClient

    NotebookClient(node, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in node.cells if cell.cell_type == "code" for output in cell.outputs]
    errors = [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert not errors
    return " ".join("".join(o.text for o in outputs if o.output_type == "stream").split())


@pytest.fixture(scope="module")
def convolution_outputs() -> str:
    return executed(read(source_path(ROOT)))


@pytest.mark.parametrize(
    "printed",
    [
        "3,000,000 inputs, so 1,000 hidden units have 3,000,000,000 weights",
        "784 inputs",
        "[[19. 25.] [37. 43.]]",
        "[[4. 3. 4.] [2. 4. 3.] [2. 3. 4.]]",
        "[[-765. 0. 765.] [-765. 0. 765.] [-765. 0. 765.]]",
        "on the curve: 6600 blank: 0",
        "stride 1: shape (6, 5)",
        "stride 2: shape (3, 3) [[108. 126. 144.] [288. 306. 324.]",
        "stride 3: shape (2, 2)",
        "weights: 27",
        "the map moved along: True",
        "the map stayed the same: False",
    ],
)
def test_worked_numbers_are_printed(convolution_outputs, printed):
    assert printed in convolution_outputs


def test_a_network_is_trained_from_the_first_cell_to_the_last():
    printed = executed(read(source_path(ROOT, "06-train-a-cnn")))
    assert "total of LeNet-5 61,706" in printed
    right = dict(re.findall(r"(before|after|kept back): ([\d.]+)% right", printed))
    assert float(right["before"]) < 30
    assert float(right["after"]) > 95
    assert float(right["kept back"]) > 85
    table = re.findall(
        r"(as it is|no ReLU|no pooling|neither|more filters) ([\d,]+) ([\d.]+)% ([\d.]+)% ([\d.]+)%", printed
    )
    kept_back = {name: float(share) for name, _, _, share, _ in table}
    assert len(kept_back) == 5
    assert kept_back.pop("neither") < 40 < 80 < min(kept_back.values())


@pytest.mark.parametrize("lesson", LESSONS)
def test_untouched_release_says_what_is_not_written(lesson):
    """Every graded cell stops, and no cell stops with an error that would send a beginner astray."""
    from nbclient import NotebookClient

    node = read(release_path(ROOT, lesson))
    NotebookClient(node, timeout=120, kernel_name="python3", allow_errors=True).execute()
    stopped = {}
    for cell in node.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                stopped[cell.id] = output.ename
    assert set(stopped.values()) <= {"NotImplementedError", "CheckFailed"}
    assert {marks(cell)["grade_id"] for cell in node.cells if marks(cell).get("locked")} <= set(stopped)


# --- text to notebook ---------------------------------------------------------------------------------------


def test_lesson_names_are_in_the_order_of_the_course(tmp_path):
    (tmp_path / "lessons").mkdir()
    for name in ("02-b.py", "01-a.py", "notes.txt"):
        (tmp_path / "lessons" / name).touch()
    assert lesson_names(tmp_path) == ["01-a", "02-b"]


def test_cells_get_nbgraders_metadata(course):
    node = read(source_path(course))
    nbformat.validate(node)
    assert [cell.cell_type for cell in node.cells] == ["markdown", "code", "code", "code", "markdown"]
    common = {"schema_version": 3, "task": False}
    assert [marks(cell) for cell in node.cells] == [
        {},
        {},
        common | {"grade_id": "conv2d-solution", "grade": False, "locked": False, "solution": True},
        common | {"grade_id": "conv2d", "grade": True, "locked": True, "solution": False, "points": 5},
        common | {"grade_id": "why", "grade": True, "locked": False, "solution": True, "points": 2.5},
    ]
    assert node.cells[4].metadata["tags"] == ["words"]
    assert set(node.metadata) == {"kernelspec", "language_info", "lesson"}


def test_an_edit_changes_its_own_id_only(course):
    before = [cell.id for cell in read(source_path(course)).cells]
    text_path(course).write_text(MINIMAL.replace("import numpy as np", "import numpy"), encoding="utf-8")
    build_source(CONVOLUTION, course)
    after = [cell.id for cell in read(source_path(course)).cells]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True, True, True]


def test_equal_cells_have_different_ids(course):
    text_path(course).write_text("# %%\n1\n\n# %%\n1\n", encoding="utf-8")
    build_source(CONVOLUTION, course)
    first, second = read(source_path(course)).cells
    assert second.id == f"{first.id}-2"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('# %% solution="conv2d"', "# %%", "a solution stands in a cell that is not marked"),
        ('# %% grade="conv2d" points=5\nconv2d\n', "", "'conv2d' has no graded cell"),
        ('solution="conv2d"', 'solution="conv2D"', 'no cell `# %% solution="conv2d"` stands before it'),
        ('manual="why"', 'manual="conv2d"', "there is a cell with the id 'conv2d' already"),
        ("conv2d", "conv7d", "cnnkit.exercises has no exercise 'conv7d' in 01-convolution"),
        ("    ### BEGIN SOLUTION\n", "", "needs one region from `### BEGIN SOLUTION`"),
        ("    ### END SOLUTION\n", "", "needs one region from `### BEGIN SOLUTION`"),
        (" points=5", "", "grade and manual cells have points"),
        ("points=5", "points=-1", "points must be a positive number, but are -1"),
        ("points=5", 'points="many"', "points must be a positive number, but are 'many'"),
        ("points=5", "point=5", r"a cell may have \['grade'"),
        ('"conv2d" points=5', '"conv2d" points=5 manual="m"', "one of solution, grade and manual"),
        ('manual="why"', 'manual="why not?"', "letters, digits, - and _ only"),
        ('# %% grade="conv2d" points=5\n', '# %% [markdown] grade="conv2d" points=5\n# ', "this is markdown"),
        ("conv2d\n\n# %% [m", "### BEGIN HIDDEN TESTS\n\n# %% [m", "belong into autograder/hidden"),
    ],
)  # fmt: skip
def test_a_broken_text_is_refused_with_the_reason(course, old, new, message):
    assert old in MINIMAL
    text_path(course).write_text(MINIMAL.replace(old, new), encoding="utf-8")
    before = source_path(course).read_bytes()
    with pytest.raises(LessonError, match=message):
        build_source(CONVOLUTION, course)
    assert source_path(course).read_bytes() == before


def test_a_lesson_without_text_is_refused(tmp_path):
    with pytest.raises(LessonError, match=r"99-none\.py does not exist"):
        build_source("99-none", tmp_path)


# --- notebook to text ---------------------------------------------------------------------------------------


def test_a_notebook_that_was_only_run_changes_nothing(course):
    edit(course, lambda cells: None)
    assert carry_back(CONVOLUTION, course).read_text(encoding="utf-8") == MINIMAL
    build_source(CONVOLUTION, course)
    assert "42" not in source_path(course).read_text(encoding="utf-8")


def test_an_edit_in_jupyterlab_comes_back(course, capsys):
    def change(cells):
        cells[0].source += "\n\nA new paragraph.\n"
        cells[3].metadata["nbgrader"]["points"] = 7
        cells.insert(2, nbformat.v4.new_code_cell("%time print(1)\n\n\nx = 2"))
        cells.append(nbformat.v4.new_code_cell(""))

    edit(course, change)
    carry_back(CONVOLUTION, course)
    text = text_path(course).read_text(encoding="utf-8")
    wanted = MINIMAL.replace("# Prose with `code`.\n", "# Prose with `code`.\n#\n# A new paragraph.\n")
    wanted = wanted.replace("points=5", "points=7")
    wanted = wanted.replace("numpy as np\n", "numpy as np\n\n# %%\n# %time print(1)\n\n\nx = 2\n")
    assert text == wanted
    assert "changed conv2d" in capsys.readouterr().out
    node = read(source_path(course))
    assert [cell.source for cell in node.cells][2] == "%time print(1)\n\n\nx = 2"
    assert all("collapsed" not in cell.metadata and not cell.get("outputs") for cell in node.cells)
    again = source_path(course).read_bytes()
    carry_back(CONVOLUTION, course)
    build_source(CONVOLUTION, course, force=True)
    assert source_path(course).read_bytes() == again
    assert text_path(course).read_text(encoding="utf-8") == text


def test_cells_that_were_not_edited_keep_their_letters(course):
    odd = MINIMAL.replace("# Prose with `code`.\n\n", "# Prose with `code`.\n#\n\n\n\n")
    text_path(course).write_text(odd, encoding="utf-8")
    build_source(CONVOLUTION, course)
    edit(course, lambda cells: cells[4].update(source="Because of that."))
    carry_back(CONVOLUTION, course)
    assert text_path(course).read_text(encoding="utf-8") == odd.replace("Because.", "Because of that.")


def test_cells_that_swapped_places_come_back(course, capsys):
    edit(course, lambda cells: cells.insert(0, cells.pop(1)))
    carry_back(CONVOLUTION, course)
    assert "changed the order of its cells" in capsys.readouterr().out
    assert read(source_path(course)).cells[0].source == "import numpy as np"


def test_building_does_not_overwrite_an_edit(course):
    edit(course, lambda cells: cells[0].update(source="# Another title"))
    with pytest.raises(LessonError, match=r"01-convolution\.ipynb was edited since it was built"):
        build_source(CONVOLUTION, course)
    build_source(CONVOLUTION, course, force=True)
    assert read(source_path(course)).cells[0].source.startswith("# A lesson")


def test_carrying_back_does_not_overwrite_the_text_when_both_changed(course):
    edit(course, lambda cells: cells[0].update(source="# The notebook's title"))
    text = MINIMAL.replace("import numpy as np", "import numpy")
    text_path(course).write_text(text, encoding="utf-8")
    with pytest.raises(LessonError, match="have both changed"):
        carry_back(CONVOLUTION, course)
    assert text_path(course).read_text(encoding="utf-8") == text
    carry_back(CONVOLUTION, course, force=True)
    assert text_path(course).read_text(encoding="utf-8") == MINIMAL.replace(
        "# # A lesson\n#\n# Prose with `code`.", "# # The notebook's title"
    )


def add(cell):
    return lambda cells: cells.append(cell)


def nbgrader_cell(kind: str, **marks):
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    base = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return make("text", metadata={"nbgrader": base | marks})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (add(nbgrader_cell("markdown", task=True, grade_id="t", points=1)), "is a task or a read-only cell"),
        (add(nbgrader_cell("code", locked=True, grade_id="read")), "is a task or a read-only cell"),
        (add(nbgrader_cell("code", solution=True, grade_id="cell-1f")), "exercise's name with -solution"),
        (add(nbgrader_cell("code", grade=True, grade_id="to_gray", points=1)), "stands before it"),
        (add(nbformat.v4.new_code_cell('a = """\n# %% b"""')), "a cell that the text cannot hold"),
    ],
)  # fmt: skip
def test_an_edit_that_the_text_cannot_hold_is_refused(course, change, message):
    edit(course, change)
    with pytest.raises(LessonError, match=message):
        carry_back(CONVOLUTION, course)
    assert text_path(course).read_text(encoding="utf-8") == MINIMAL


def test_a_file_that_is_no_notebook_is_refused(course):
    source_path(course).write_text("<<<<<<< ours", encoding="utf-8")
    with pytest.raises(LessonError, match="is not a notebook"):
        carry_back(CONVOLUTION, course)


def test_carrying_back_needs_a_notebook(course):
    source_path(course).unlink()
    with pytest.raises(LessonError, match="build it first"):
        carry_back(CONVOLUTION, course)


def test_notebook_text_is_plain_json(course):
    text = source_path(course).read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert json.loads(text)["nbformat_minor"] == 5
