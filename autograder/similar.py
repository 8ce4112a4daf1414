"""Pairs of submissions whose solution cells are nearly the same after renaming: a hint for a human, never a score.

Fingerprints as in MOSS (Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003, doi:10.1145/872757.872770). Code is cut
into tokens; comments, layout, the text of strings and the names of variables do not count; every run of
:data:`K` tokens is hashed, and of each :data:`WINDOW` neighbouring hashes the smallest is kept. What the released
notebook gives, and what more than a third of the class shares, is taken out. An inverted index (a sparse matrix of
students and fingerprints, times its transpose) counts what any two share.

Students' code is only cut into tokens: it is never run, compiled or parsed, and may be broken.
"""

import builtins
import io
import keyword
import re
import tokenize
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

#: Tokens in a fingerprint, and fingerprints of which one is kept: any 9 equal tokens in a row leave a common one.
K, WINDOW = 6, 4
#: Fingerprints that two cells must share, some 30 tokens: in less code two people easily agree.
LEAST_SHARED = 12
#: Share of what two students wrote, and the class did not, from which on they are a pair.
NEARLY = 0.75
#: A fingerprint that more than this share of the class has is common, but never one that three students have.
COMMON, NEVER_COMMON = 1 / 3, 3
#: Pairs that are listed, and those of one student: one large group would hide all others.
MOST_LISTED, MOST_OF_ONE = 50, 5
#: Characters of a cell that are looked at; an honest one is far shorter.
_LONGEST = 20_000

_KEPT_NAMES = frozenset(keyword.kwlist) | frozenset(dir(builtins))
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
#: For code that Python's tokenizer refuses: comments, strings, names, numbers, everything else sign by sign.
_ROUGH = re.compile(r"(#[^\n]*)|(\"[^\"\n]*\"|'[^'\n]*')|([^\W\d]\w*)|(\d[\w.]*)|(\S)")


@dataclass(frozen=True)
class Side:
    """The code of one side of a pair in one exercise, with the numbers of the lines that the other side has as well."""

    source: str
    shared: frozenset[int]


@dataclass(frozen=True)
class Match:
    """One exercise in which two sides are nearly the same."""

    exercise: str
    similarity: float
    shared: int
    left: Side
    right: Side


@dataclass(frozen=True)
class Pair:
    """Two students; or, when `right` is empty, a group that has the same code, in every exercise, after renaming."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    matches: tuple[Match, ...]

    @property
    def shared(self) -> int:
        """Fingerprints in common."""
        return sum(match.shared for match in self.matches)

    @property
    def similarity(self) -> float:
        """Of the exercise in which they are most alike."""
        return max(match.similarity for match in self.matches)


@dataclass(frozen=True)
class Similar:
    """What was found: the pairs with most in common, and how many more there are."""

    pairs: tuple[Pair, ...] = ()
    more: int = 0
    compared: int = 0


@dataclass
class _Prints:
    """The fingerprints of one cell: hash to the lines from which it was taken."""

    lines: dict[int, tuple[int, int]] = field(default_factory=dict)

    def without(self, unwanted) -> "_Prints":
        return _Prints({each: lines for each, lines in self.lines.items() if each not in unwanted})

    def lines_of(self, wanted) -> frozenset[int]:
        return frozenset(line for each in wanted for line in range(self.lines[each][0], self.lines[each][1] + 1))


def tokens(source: str) -> list[tuple[str, int]]:
    """Cut code into tokens and their line numbers, names of variables replaced.

    Examples
    --------
    >>> [token for token, line in tokens("total = np.sum(x)  # all")]
    ['name', '=', 'name', '.', 'sum', '(', 'name', ')']
    >>> tokens("def broken(:")[0]
    ('def', 1)
    """
    source = source[:_LONGEST]
    found: list[tuple[str, int]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NAME:
                found.append((_name(token.string, found), token.start[0]))
            elif token.type == tokenize.STRING:
                found.append(("string", token.start[0]))
            elif token.type not in _LAYOUT:
                found.append((token.string, token.start[0]))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return _rough_tokens(source)
    return found


def _rough_tokens(source: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for number, line in enumerate(source.split("\n"), 1):
        for match in _ROUGH.finditer(line):
            comment, string, name, *_ = match.groups()
            if not comment:
                found.append(("string" if string else _name(name, found) if name else match[0], number))
    return found


def _name(text: str, before: list[tuple[str, int]]) -> str:
    """Keywords, builtins and attributes say what is done; other names are the student's choice."""
    return text if text in _KEPT_NAMES or (before and before[-1][0] == ".") else "name"


def _hashes(cut: list[tuple[str, int]]) -> np.ndarray:
    """A hash of every K tokens in a row; the same in every run, unlike Python's own."""
    if len(cut) < K:
        return np.zeros(0, np.uint64)
    values = np.array([zlib.crc32(text.encode("utf-8", "replace")) for text, _ in cut], np.uint64)
    mixed = np.zeros(len(cut) - K + 1, np.uint64)
    for offset in range(K):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + values[offset : offset + len(mixed)]
    mixed ^= mixed >> np.uint64(31)  # or the smallest would be those of small sums
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(29))


def _fingerprints(source: str) -> _Prints:
    cut = tokens(source)
    hashes = _hashes(cut)
    if not len(hashes):
        return _Prints()
    windows = np.lib.stride_tricks.sliding_window_view(hashes, min(WINDOW, len(hashes)))
    chosen = np.unique(np.arange(len(windows)) + windows.argmin(axis=1))
    return _Prints({int(hashes[i]): (cut[i][1], cut[i + K - 1][1]) for i in chosen})


def find_similar(written: Mapping[str, Mapping[str, str]], given: Iterable[str] = ()) -> Similar:
    """Find the pairs of students whose solution cells are nearly the same.

    Parameters
    ----------
    written : mapping of str to mapping of str to str
        By student and exercise, the source of the solution cell.
    given : iterable of str
        Code that everybody was given: the stubs and the other cells of the released notebook.

    Examples
    --------
    >>> ada = "def f(a):\\n t = 0\\n for i in range(len(a)):\\n  t += a[i] ** 2 - 3 * abs(a[-i])\\n return t / 7"
    >>> ben = re.sub(r"\\bt\\b", "total", ada)
    >>> found = find_similar({"ada": {"f": ada}, "ben": {"f": ben}, "cyd": {"f": "def f(a):\\n    return 0"}})
    >>> [(pair.left, pair.similarity) for pair in found.pairs]
    [(('ada', 'ben'), 1.0)]
    """
    known = {int(each) for source in given for each in _hashes(tokens(source))}
    prints: dict[str, dict[str, _Prints]] = defaultdict(dict)
    for student, cells in written.items():
        for exercise, source in cells.items():
            if own := _fingerprints(source).without(known).lines:
                prints[exercise][student] = _Prints(own)
    distinct = {exercise: _without_common(by_student) for exercise, by_student in prints.items()}
    compared = len({student for by_student in prints.values() for student in by_student})
    same, groups = _same_everywhere(distinct)
    pairs = [_same_pair(group, distinct, written) for group in same]
    found, more = _near_pairs(groups, distinct, written, MOST_LISTED)
    pairs = sorted(pairs + found, key=lambda pair: (-pair.shared, pair.left, pair.right))
    return Similar(tuple(pairs[:MOST_LISTED]), more + max(0, len(pairs) - MOST_LISTED), compared)


def _without_common(by_student: dict[str, _Prints]) -> dict[str, _Prints]:
    holders = Counter(each for prints in by_student.values() for each in prints.lines)
    most = max(len(by_student) * COMMON, NEVER_COMMON)
    common = {each for each, count in holders.items() if count > most}
    return {student: own for student, prints in by_student.items() if (own := prints.without(common)).lines}


def _same_everywhere(distinct: dict[str, dict[str, _Prints]]) -> tuple[list[tuple[str, ...]], dict[str, tuple]]:
    """Groups of students with equal fingerprints in every exercise, and, by its first member, everybody's group."""
    by_content = defaultdict(list)
    for student in sorted({student for by_student in distinct.values() for student in by_student}):
        content = frozenset((name, each) for name in distinct for each in _of(distinct, name, student).lines)
        by_content[content].append(student)
    same = [tuple(g) for content, g in by_content.items() if len(g) > 1 and len(content) >= LEAST_SHARED]
    return same, {group[0]: tuple(group) for group in by_content.values()}


def _of(distinct: dict[str, dict[str, _Prints]], exercise: str, student: str) -> _Prints:
    return distinct[exercise].get(student, _Prints())


def _same_pair(group: tuple[str, ...], distinct: dict, written: Mapping) -> Pair:
    names = [name for name in distinct if _of(distinct, name, group[0]).lines]
    matches = [_match(name, group[0], group[1], distinct, written) for name in names]
    return Pair(group, (), tuple(matches))


def _near_pairs(groups: dict, distinct: dict, written: Mapping, most: int) -> tuple[list[Pair], int]:
    """One pair for any two groups that are nearly the same in an exercise: those with most in common, and the rest."""
    names = sorted(groups)
    size = len(names)
    shared_in_all = defaultdict(int)  # by row * size + column
    where = defaultdict(list)
    for exercise, by_student in distinct.items():
        columns: dict[int, int] = {}
        pointers, indices = [0], []
        for name in names:
            lines = by_student[name].lines if name in by_student else ()
            indices += [columns.setdefault(each, len(columns)) for each in lines]
            pointers.append(len(indices))
        ones = np.ones(len(indices), np.int32)
        index = sparse.csr_array((ones, np.array(indices, np.int64), pointers), shape=(size, max(len(columns), 1)))
        counts = sparse.triu(index @ index.T, k=1).tocoo()
        sizes = np.diff(pointers)
        dice = 2 * counts.data / (sizes[counts.row] + sizes[counts.col])
        near = (counts.data >= LEAST_SHARED) & (dice >= NEARLY)
        for row, column, count in zip(counts.row[near], counts.col[near], counts.data[near], strict=True):
            shared_in_all[int(row) * size + int(column)] += int(count)
            where[int(row) * size + int(column)].append(exercise)
    best = sorted(shared_in_all, key=lambda key: (-shared_in_all[key], key))
    found, times = [], Counter()
    for key in best:
        left, right = names[key // size], names[key % size]
        if len(found) == most or MOST_OF_ONE in (times[left], times[right]):
            continue
        times.update((left, right))
        matches = [_match(exercise, left, right, distinct, written) for exercise in where[key]]
        found.append(Pair(groups[left], groups[right], tuple(matches)))
    return found, len(best) - len(found)


def _match(exercise: str, left: str, right: str, distinct: dict, written: Mapping) -> Match:
    one, other = distinct[exercise][left], distinct[exercise][right]
    shared = one.lines.keys() & other.lines.keys()
    return Match(
        exercise,
        round(2 * len(shared) / (len(one.lines) + len(other.lines)), 4),
        len(shared),
        Side(written[left][exercise][:_LONGEST], one.lines_of(shared)),
        Side(written[right][exercise][:_LONGEST], other.lines_of(shared)),
    )
