"""A course folder: its configuration, its lessons, and where everything lies."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.settings import Grading, Limits

if TYPE_CHECKING:  # slow to import, and a course's configuration is needed before them: the sandbox starts with it
    from autograder.corpus import CorpusStore
    from autograder.quiz import Drawing

CONFIG_FILE = "nbgrader_config.py"


class CourseError(ValueError):
    """The course folder is not as it should be; the message says what to do."""


class Course:
    """A folder with ``source/``, ``release/``, ``submitted/`` and ``nbgrader_config.py``.

    Parameters
    ----------
    root : Path, optional
        The current folder by default.
    overrides : dict of str to dict, optional
        Settings from the command line, for example ``{"Limits": {"isolation": "none"}}``.

    Raises
    ------
    CourseError
        When the configuration cannot be read, or moves folders where the autograder does not look.
    """

    def __init__(self, root: Path | None = None, overrides: dict | None = None):
        self.root = Path(root or Path.cwd()).resolve()
        self.config = _load_config(self.root)
        self.config.merge(Config(overrides or {}))
        self.limits = Limits(config=self.config)
        self.grading = Grading(config=self.config)

    @cached_property
    def corpora(self) -> CorpusStore:
        """The course's hidden examples; outside a course (for ``judge``) they are kept in the user's cache."""
        from autograder.corpus import CorpusStore

        in_course = (self.root / CONFIG_FILE).is_file()
        folder = self.root / ".autograder" if in_course else platformdirs.user_cache_path("cnnkit-autograder")
        return CorpusStore(folder / "corpus", self.grading.course_seed, self.grading.examples)

    @cached_property
    def directory(self):
        """nbgrader's own view of the folder."""
        from nbgrader.coursedir import CourseDirectory

        directory = CourseDirectory(config=self.config, root=str(self.root))
        if directory.directory_structure != os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}"):
            raise CourseError(
                f"CourseDirectory.directory_structure is {directory.directory_structure!r}; "
                "only nbgrader's default is supported: remove that line from nbgrader_config.py"
            )
        return directory

    def drawing(self, student: str, everybody: Iterable[str]) -> Drawing:
        """Whose numbers the questions of a submission have, among those who submitted."""
        from autograder.quiz import Drawing
        from cnnkit.exercises.questions import course_key

        return Drawing(course_key(self.grading.course_seed), student, everybody)

    def speak(self) -> None:
        """Say what students read in the course's language, in this process, from now on.

        Raises
        ------
        CourseError
            When there is no translation.
        """
        from autograder import translations
        from cnnkit.exercises import texts

        try:
            texts.speak(self.grading.language, (translations.DOMAIN, translations.FOLDER))
        except ValueError as error:
            raise CourseError(f"c.Grading.language in {CONFIG_FILE}: {error}") from None

    def released(self, lesson: str) -> Path:
        """The released notebook of a lesson."""
        return self.root / self.directory.release_directory / lesson / f"{lesson}.ipynb"

    def submitted(self, student: str, lesson: str) -> Path:
        """The folder of a student's submission."""
        return self.root / self.directory.submitted_directory / student / lesson

    def autograded(self, student: str, lesson: str) -> Path:
        """The folder where the graded notebook goes."""
        return self.root / self.directory.autograded_directory / student / lesson

    def students(self, lesson: str) -> list[str]:
        """Who submitted something for a lesson, sorted."""
        folder = self.root / self.directory.submitted_directory
        if not folder.is_dir():
            raise CourseError(f"{folder} does not exist: there are no submissions yet")
        excluded = set(filter(None, self.directory.student_id_exclude.split(",")))
        return sorted(
            entry.name
            for entry in folder.iterdir()
            if not entry.name.startswith(".") and entry.name not in excluded and os.path.lexists(entry / lesson)
        )


def _load_config(root: Path) -> Config:
    if not (root / CONFIG_FILE).is_file():
        return Config()
    try:
        return PyFileConfigLoader(CONFIG_FILE, path=str(root)).load_config()
    except Exception as error:
        raise CourseError(f"{root / CONFIG_FILE} cannot be read: {type(error).__name__}: {error}") from error
