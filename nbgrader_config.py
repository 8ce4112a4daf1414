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
