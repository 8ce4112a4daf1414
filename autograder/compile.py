"""Build one corpus, as a process of its own: ``python -m autograder.compile FOLDER SEED EXAMPLES EXERCISE``.

Apart, because Hypothesis draws constants from whatever modules are loaded: so the same seed gives the same examples.
"""

import sys
from pathlib import Path

from autograder import crosscheck
from autograder.corpus import CorpusStore

if __name__ == "__main__":
    folder, seed, examples, exercise = sys.argv[1:]
    CorpusStore(Path(folder), seed, int(examples)).build(exercise, crosscheck.confirm)
