# How stock nbgrader works in this course. nbgrader reads this file when it is started in this folder.
#
# A lesson goes from lessons/NAME.py (written by hand) to source/NAME/ (the autograder builds it) to
# release/NAME/ (nbgrader makes it, without the solutions):
#     nbgrader generate_assignment 01-convolution --force
# Both results are checked in, so a rebuild that changes a byte shows up in git. Without --force nbgrader
# leaves a release that exists alone.
import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  nbgrader defines it

# For a new gradebook nbgrader starts `alembic` by name: let it find the one that is installed beside it, so
# that .venv/bin/nbgrader also works when the virtual environment is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# --- The course and its releases ---

c.CourseDirectory.course_id = "cnn"
# Students' files, scores and the log are not checked in: see .gitignore.

# nbgrader's own list with Questions before the checksums: it fills in what the students' own numbers depend on.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.preprocessors.Questions",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# --- Grading: student code runs only in the autograder's sandbox ---

# Reads a submitted notebook in whatever state it is; broken ones score 0 with a reason instead of being lost.
c.Autograde.exporter_class = "autograder.preprocessors.SubmissionExporter"
c.Autograde.pre_convert_hook = "autograder.preprocessors.before_autograde"
# nbgrader's own list with Grade in the place of Execute.
c.Autograde.autograde_preprocessors = [
    "autograder.preprocessors.Grade",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# What decides the hidden inputs. They are the same for all students; choose your own and keep it to yourself.
c.Grading.course_seed = "change me"
# What students read in graded notebooks and feedback: "en" or "de".
c.Grading.language = "en"
# Submissions graded at the same time by `autograder grade`.
c.Grading.workers = 2

# Limits on a submission; `autograder doctor` prints all of them, with their units and what the student sees.
c.Limits.call_seconds = 2.0
c.Limits.cell_seconds = 30.0
c.Limits.submission_seconds = 120.0
c.Limits.memory_mib = 1024
