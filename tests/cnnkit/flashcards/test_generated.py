"""Generated cards: right by counting, with unkind inputs, feedback that means one thing, the same in JavaScript."""

import json
import re
import shutil
import subprocess
from dataclasses import asdict
from itertools import pairwise, product
from math import exp, prod

import pytest

from cnnkit.flashcards import generated
from cnnkit.flashcards.answering import judge
from cnnkit.flashcards.cards import Card, Matrix
from cnnkit.flashcards.generated import SEEDS, TEMPLATES, VECTORS, Numbers, draw, shown

MANY = range(150)
NODE = shutil.which("node")


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"-?\d+", text.split("\n\n")[0])]


def stops(size: int, kernel: int, stride: int, pad: int = 0) -> list[int]:
    """Where a window begins, by walking."""
    found, at = [], 0
    while at + kernel <= size + 2 * pad:
        found.append(at)
        at += stride
    return found


def axis(front: str) -> int:
    return int("How many columns" in front or "columns does" in front)


# What is asked, answered from the text and the matrices alone, by counting.


def count_output_size(card):
    kh, kw, height, width, stride, *pad = numbers(card.front)
    at = axis(card.front)
    return len(stops((height, width)[at], (kh, kw)[at], stride, *pad))


def count_conv_params(card):
    channels, _, _, filters, kh, kw = numbers(card.front)
    per_filter = [1 for _ in product(range(kh), range(kw), range(channels))]
    return filters * (len(per_filter) + ("each with a bias" in card.front))


def count_dense_params(card):
    channels, height, width, units = numbers(card.front)
    return sum(height * width * channels + ("with biases" in card.front) for _ in range(units))


def count_receptive_field(card):
    layers = [tuple(map(int, found)) for found in re.findall(r"- .* (\d) × (\d), stride (\d)", card.front)]
    cells, at = {0}, axis(card.front)
    for *kernel, stride in reversed(layers):
        cells = {cell * stride + k for cell in cells for k in range(kernel[at])}
    return max(cells) - min(cells) + 1


def count_convolution_cell(card):
    image, kernel = (matrix.rows for matrix in card.matrices)
    stride, i, j, _ = numbers(card.front)  # the last is in "counted from 0"
    places = product(range(len(kernel)), range(len(kernel[0])))
    return sum(image[i * stride + p][j * stride + q] * kernel[p][q] for p, q in places)


def count_pooling_cell(card):
    (image,) = (matrix.rows for matrix in card.matrices)
    height, width, stride, i, j, *_ = numbers(card.front)
    window = [image[i * stride + p][j * stride + q] for p, q in product(range(height), range(width))]
    kind = card.front.split()[0]
    return {"Max": max(window), "Sum": sum(window), "Average": sum(window) / len(window)}[kind]


def count_softmax_order(card):
    labels, scores = card.matrices[0].rows
    powers = [exp(float(score)) for score in scores]
    shares = {label: power / sum(powers) for label, power in zip(labels, powers, strict=True)}
    return ", ".join(sorted(shares, key=shares.get, reverse=True))


def count_detector_response(card):
    patch, weights = ([x for row in matrix.rows for x in row] for matrix in card.matrices)
    (bias,) = numbers(card.front)
    response = sum(x * w for x, w in zip(patch, weights, strict=True)) + bias
    return max(response, 0) if "after ReLU" in card.front else response


def count_padded_size(card):
    height, width, channels, above, left = numbers(card.front)
    rows, columns = above + height + above, left + width + left
    if "zeros came in" in card.front:
        inside = {(i, j) for i in range(above, above + height) for j in range(left, left + width)}
        return channels * sum(cell not in inside for cell in product(range(rows), range(columns)))
    if "numbers does it hold" in card.front:
        return rows * columns * channels
    return (rows, columns)["How many columns" in card.front]


def count_stride_positions(card):
    kh, kw, height, width, stride = numbers(card.front)
    down, across = stops(height, kh, stride), stops(width, kw, stride)
    if "how many places" in card.front:
        return len(list(product(down, across)))
    return across[-1] if "left edge" in card.front else len(range(across[-1] + kw, width))


COUNTS = {
    "output-size": count_output_size,
    "conv-params": count_conv_params,
    "dense-params": count_dense_params,
    "receptive-field": count_receptive_field,
    "convolution-cell": count_convolution_cell,
    "pooling-cell": count_pooling_cell,
    "softmax-order": count_softmax_order,
    "detector-response": count_detector_response,
    "padded-size": count_padded_size,
    "stride-positions": count_stride_positions,
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_answer_is_what_counting_gives(template):
    for seed in MANY:
        card = draw(template, seed)
        counted = COUNTS[template](card)
        if card.kind == "numeric":
            assert float(card.answers[0]) == counted, (template, seed, card.front)
        else:
            assert card.answers[0] == counted, (template, seed, card.front)


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_a_card_says_of_itself_holds(template):
    for seed in MANY:
        card = draw(template, seed)
        (right,) = card.answers
        assert card.kind == ("choice" if card.choices else "numeric")
        assert right not in card.feedback
        assert len(card.feedback) >= 2
        assert card.back.startswith(f"**{right}**") or card.back.replace(",", "").startswith(f"**{right}**")
        assert judge(card, right).right
        for wrong, why in card.feedback.items():
            judged = judge(card, wrong)
            assert not judged.right, (template, seed, wrong)
            assert judged.message == why, (template, seed, wrong)
        if card.choices:
            assert {right, *card.feedback} == set(card.choices)
            assert len(set(card.choices)) == len(card.choices)
        for text in (card.front, card.back, *card.feedback.values()):
            assert text.count("$") % 2 == 0
            assert text.count("**") % 2 == 0
            assert not re.search(r"[<>{}`]|None|nan", text), text


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_review_has_fresh_numbers(template):
    cards = [draw(template, seed) for seed in MANY]
    texts = [(card.front, card.matrices) for card in cards]
    assert all(a != b for a, b in pairwise(texts))
    assert len(set(texts)) >= len(MANY) - 3
    assert draw(template, 7) == draw(template, 7)


def test_inputs_are_not_kind():
    """Sides differ, kernels are no squares nor symmetric, numbers are negative, strides do not divide."""
    for seed in MANY:
        for template in ("convolution-cell", "pooling-cell"):
            card = draw(template, seed)
            rows = card.matrices[0].rows
            assert len(rows) != len(rows[0])
            assert min(min(row) for row in rows) < 0
        _, kernel = draw("convolution-cell", seed).matrices
        assert [row[::-1] for row in kernel.rows[::-1]] != list(kernel.rows)
    left_over = []
    for seed in MANY:
        kh, kw, height, width, stride, *pad = numbers(draw("output-size", seed).front)
        assert height != width
        span = (height - kh, width - kw)[axis(draw("output-size", seed).front)] + 2 * (pad[0] if pad else 0)
        left_over.append(span % stride)
    assert sum(map(bool, left_over)) > len(MANY) / 4
    answers = [int(draw("detector-response", seed).answers[0]) for seed in MANY]
    assert min(answers) < 0 < max(answers)
    assert 0 in answers


def test_every_mistake_of_a_template_comes_up():
    """A mistake that never has feedback would be dead text."""
    source = (VECTORS.parents[1] / "templates.py").read_text(encoding="utf-8")
    texts = {why for template in TEMPLATES for seed in range(300) for why in draw(template, seed).feedback.values()}
    whole = re.findall(r'\(\s*[^"\n]+,\s*"([A-Z][^"{]+\.)",?\s*\)', source)
    assert len(whole) > 20
    assert set(whole) <= texts, set(whole) - texts


def test_numbers_are_those_of_the_published_generators():
    """FNV-1a's own test vectors, and mulberry32 as its JavaScript original prints it for the seed 0."""
    assert Numbers("a")._state == 0xE40C292C
    assert Numbers("foobar")._state == 0xBF9CF968
    zero = Numbers("")
    zero._state = 0
    assert [zero.word() for _ in range(3)] == [1144304738, 1416247, 958946056]


def test_draws_are_spread_evenly():
    dice = Numbers("dice")
    counts = [0] * 6
    for _ in range(6000):
        counts[dice.between(1, 6) - 1] += 1
    assert all(850 < count < 1150 for count in counts), counts
    assert sorted(Numbers("x").shuffled(list(range(20)))) == list(range(20))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("output", 0), r"there is no template 'output'; take one of output-size, .*stride-positions"),
        (("output-size", -1), "a seed is 0 or more, not -1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw(*arguments)


def test_a_template_without_a_good_drawing_says_so(monkeypatch):
    problem = generated.templates.Problem("f", "b", 3, [(3, "the same"), (4, "other")])
    monkeypatch.setitem(TEMPLATES, "hopeless", generated.Template("hopeless", lambda random: problem))
    with pytest.raises(ValueError, match="template 'hopeless': no unambiguous numbers in 10000 draws from seed 5"):
        draw("hopeless", 5)


def test_of_two_mistakes_with_one_result_neither_is_blamed(monkeypatch):
    mistakes = [(1, "one"), (2, "two"), ("1", "another one"), (4, "four")]
    problem = generated.templates.Problem("f", "b", 3, mistakes)
    monkeypatch.setitem(TEMPLATES, "double", generated.Template("double", lambda random: problem))
    assert draw("double", 0).feedback == {"2": "two", "4": "four"}


def test_shown_copies_other_cards_and_draws_generated_ones():
    matrix = Matrix("kernel", ((0, 1),))
    card = Card(
        "c", "choice", "front", "back", "d", ("t",), "s", ("a",), choices=("a", "b"), feedback={"b": "no"},
        matrices=(matrix,),
    )  # fmt: skip
    seen = shown(card, 3)
    assert seen == shown(card, 4)
    assert (seen.kind, seen.front, seen.back, seen.answers) == ("choice", "front", "back", ("a",))
    assert (seen.choices, seen.feedback, seen.matrices) == (("a", "b"), {"b": "no"}, (matrix,))
    drawn = Card("g", "generated", "", "", "d", ("t",), "s", template="softmax-order")
    assert shown(drawn, 3) == draw("softmax-order", 3) != shown(drawn, 4)


def test_the_file_of_test_vectors_is_current():
    assert VECTORS.read_text(encoding="utf-8") == generated.vectors(), "type: python -m cnnkit.flashcards.generated"
    assert {name: len(cards) for name, cards in json.loads(VECTORS.read_text()).items()} == dict.fromkeys(
        TEMPLATES, SEEDS
    )


@pytest.mark.skipif(NODE is None, reason="no node; tests/browser compares the same in Chromium")
def test_javascript_shows_the_same_for_many_seeds(tmp_path):
    script = tmp_path / "draw.mjs"
    module = tmp_path / "generated.mjs"
    shutil.copy(VECTORS.with_name("generated.js"), module)
    script.write_text(
        f"""import {{ draw }} from {json.dumps(module.as_uri())};
        const seeds = Array.from({{ length: {len(MANY)} }}, (_, seed) => seed).concat([{10**6}, {2**53 - 1}]);
        const cards = {json.dumps(list(TEMPLATES))}.map((name) => [name, seeds.map((seed) => draw(name, seed))]);
        process.stdout.write(JSON.stringify(Object.fromEntries(cards)));"""
    )
    cards = json.loads(subprocess.run([NODE, script], capture_output=True, check=True, text=True).stdout)
    for template in TEMPLATES:
        for seed, theirs in zip([*MANY, 10**6, 2**53 - 1], cards[template], strict=True):
            ours = json.loads(json.dumps(asdict(draw(template, seed))))
            assert theirs == ours, (template, seed)


def test_a_worked_number_of_the_course():
    """The counting above agrees with the course: ten 5 × 5 filters on 32 × 32 × 3 have 760 parameters."""
    front = "A layer gets **3** channels of **32 × 32** and has **10** filters of **5 × 5**, each with a bias."
    assert count_conv_params(generated.Shown("numeric", front, "")) == 760
    assert prod((5, 5, 3)) + 1 == 76
