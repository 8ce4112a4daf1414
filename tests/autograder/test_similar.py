"""Similar submissions: what renaming cannot hide, what a class shares anyway, and code that is no code."""

import random

import pytest

from autograder import similar
from autograder.similar import find_similar, tokens

ADA = '''def conv2d(image, kernel, stride=1):
    """Slide the kernel."""
    rows = (image.shape[0] - kernel.shape[0]) // stride + 1
    columns = (image.shape[1] - kernel.shape[1]) // stride + 1
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = image[i * stride : i * stride + kernel.shape[0], j * stride : j * stride + kernel.shape[1]]
            result[i, j] = np.sum(window * kernel)
    return result
'''
#: The same after renaming, with other comments, layout and strings.
BEN = '''def conv2d( img , k , s = 1 ):
    """Written all by myself!"""
    # the height
    height = (img.shape[0] - k.shape[0]) // s + 1

    width = (img.shape[1] - k.shape[1]) // s + 1
    answer = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            part = img[y * s : y * s + k.shape[0], x * s : x * s + k.shape[1]]  # a window
            answer[y, x] = np.sum(part * k)
    return answer
'''
OTHER = """def conv2d(image, kernel, stride=1):
    h, w = kernel.shape
    windows = np.lib.stride_tricks.sliding_window_view(image, (h, w))[::stride, ::stride]
    return np.einsum("ijkl,kl->ij", windows.astype(float), kernel, optimize=True)
"""


def written(**sources):
    return {name: {"conv2d": source} for name, source in sources.items()}


def unlike(seed: int) -> str:
    """A function that nobody else writes."""
    draw = random.Random(seed)
    signs = [f"{draw.choice('+-*/%')} {draw.randrange(1000)} {draw.choice('+-*/%')} abs(x)" for _ in range(30)]
    return "def conv2d(x):\n    return x " + " ".join(signs)


def test_renaming_layout_comments_and_strings_hide_nothing():
    found = find_similar(written(ada=ADA, ben=BEN, cyd=OTHER))
    (pair,) = found.pairs
    assert (pair.left, pair.right) == (("ada", "ben"), ())
    assert pair.similarity == 1.0
    assert found.compared == 3
    (match,) = pair.matches
    assert match.exercise == "conv2d"
    assert {3, 8, 9} <= match.left.shared
    assert {4, 10, 11} <= match.right.shared


def test_a_small_change_leaves_a_pair_and_shows_what_is_shared():
    changed = BEN.replace("np.sum(part * k)", "(part * k).sum()")
    (pair,) = find_similar(written(ada=ADA, ben=changed, cyd=OTHER)).pairs
    assert (pair.left, pair.right) == (("ada",), ("ben",))
    assert similar.NEARLY <= pair.similarity < 1
    assert {3, 4, 5} <= pair.matches[0].left.shared


def test_what_was_given_is_nobodys():
    assert not find_similar(written(ada=ADA, ben=BEN), given=[ADA]).pairs
    stub = ADA[: ADA.index("    rows")] + "    raise NotImplementedError()\n"
    assert find_similar(written(ada=stub, ben=stub), given=[stub]).compared == 0


def test_what_more_than_a_third_of_the_class_writes_is_no_sign():
    class_ = {f"student-{n}": ADA for n in range(5)} | {f"other-{n}": unlike(n) for n in range(5)}
    assert not find_similar(written(**class_)).pairs
    few = {f"student-{n}": ADA for n in range(3)} | {f"other-{n}": unlike(n) for n in range(7)}
    assert [pair.left for pair in find_similar(written(**few)).pairs] == [("student-0", "student-1", "student-2")]


def test_three_of_a_small_class_are_still_seen():
    assert len(find_similar(written(ada=ADA, ben=BEN, cyd=ADA)).pairs) == 1


def test_short_functions_are_no_sign():
    short = "def relu(x):\n    return np.maximum(x, 0)\n"
    assert not find_similar(written(ada=short, ben=short)).pairs


def test_different_functions_are_no_pair():
    assert not find_similar(written(ada=ADA, cyd=OTHER, dee=unlike(1))).pairs


def test_one_exercise_is_enough_and_the_others_are_not_named():
    cells = {
        "ada": {"conv2d": ADA, "to_gray": unlike(1)},
        "ben": {"conv2d": BEN, "to_gray": unlike(2)},
        "cyd": {"conv2d": unlike(3), "to_gray": unlike(4)},
    }
    (pair,) = find_similar(cells).pairs
    assert (pair.left, pair.right) == (("ada",), ("ben",))
    assert [match.exercise for match in pair.matches] == ["conv2d"]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "def broken(:\n" + ADA,
        ADA + "\n   )))",
        ADA + "\n'''never closed",
        "\tif x:\n  y\n z" + ADA,
        "%matplotlib inline\n!ls\nx = ?\n" + ADA,
        "\0" + ADA,
        "(" * 10_000,
        "é = 'ü' 😀 \ud800",
        "x = 0b2 + 1_ + 0777 + $",
    ],
)
def test_broken_code_is_compared_as_well(source):
    first = find_similar(written(ada=source, ben=source, cyd=OTHER))
    assert find_similar(written(ada=source, ben=source, cyd=OTHER)) == first
    if ADA in source:
        assert first.pairs[0].left == ("ada", "ben")


def test_code_is_only_cut_into_tokens(tmp_path):
    """Were it run, there would be a file."""
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').write('x')\n"
    find_similar(written(ada=trap + ADA, ben=trap + ADA))
    assert not list(tmp_path.iterdir())


def test_names_are_replaced_and_what_is_done_is_kept():
    kinds = [token for token, _ in tokens("for i in range(n): a.sum(axis=1) + 'text'")]
    assert kinds == [
        *("for", "name", "in", "range", "(", "name", ")", ":", "name", ".", "sum", "(", "name", "=", "1", ")"),
        *("+", "string"),
    ]


def test_pairs_beyond_the_longest_list_are_counted(monkeypatch):
    monkeypatch.setattr(similar, "MOST_LISTED", 2)
    pairs = {f"{side}{n}": unlike(n) + (" + 1" if side == "b" else "") for n in range(5) for side in "ab"}
    found = find_similar(written(**pairs))
    assert len(found.pairs) == 2
    assert found.more == 3


def test_one_large_group_does_not_hide_the_others():
    group = {f"group-{n}": unlike(1) + f" + {n} ** ({n} @ x[{n}])" for n in range(12)}
    few = {f"{side}-{n}": unlike(n)[:200] + (" + 1" if side == "b" else "") for n in range(2, 16) for side in "ab"}
    found = find_similar(written(**group, **few))
    assert sum("group-3" in pair.left + pair.right for pair in found.pairs) == similar.MOST_OF_ONE
    assert {pair.left + pair.right for pair in found.pairs} >= {(f"a-{n}", f"b-{n}") for n in range(2, 16)}
    assert len(found.pairs) + found.more == 12 * 11 / 2 + 14


def test_fingerprints_do_not_depend_on_the_process():
    """Python's own hashes of text do."""
    assert int(similar._hashes(tokens("a = b + c * 2"))[0]) == 18054601878286080787
