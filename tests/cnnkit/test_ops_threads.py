"""cnnkit.ops in several threads: the same results as in one, also in a forked process, and errors as ever."""

import os
import threading

import numpy as np
import pytest

from cnnkit import ops
from cnnkit.ops import threads


def results():
    """Operations on arrays that are large enough to be split; all of them in float32."""
    rng = np.random.default_rng(0)

    def array(*shape):
        return rng.normal(size=shape).astype(np.float32)

    layers = [
        (array(40, 28, 28, 1), array(6, 5, 5, 1), array(6)),
        (array(1, 90, 70, 24), array(140, 3, 3, 24), None),
        (array(120, 110, 16), array(8, 5, 3, 16), array(8)),
        (array(3, 40, 40, 40), array(16, 5, 5, 40), array(16)),
    ]
    for x, filters, bias in layers:
        for options in ({}, {"stride": (2, 1), "pad": 2}, {"dilation": (5, 2)}):
            maps = ops.conv_layer(x, filters, bias, **options)
            yield maps
            grads = ops.conv_layer_backward(x, filters, bias, array(*maps.shape), **options)
            yield from (grad for grad in grads if grad is not None)
    for rows, inputs, outputs in ((64, 400, 120), (1, 5000, 4099), (1003, 300, 200)):  # in one piece and in several
        x, weights, bias = array(rows, inputs), array(inputs, outputs), array(outputs)
        yield ops.dense(x, weights, bias)
        yield from ops.dense_backward(x, weights, bias, array(rows, outputs))
    x = array(3000, 300)
    yield ops.softmax(x)
    yield ops.softmax_backward(x, array(*x.shape))
    x = array(2, 112, 113, 32)
    for size, stride in ((2, 2), (3, 2)):
        pooled = ops.max_pool2d(x, size, stride)
        yield pooled
        yield ops.max_pool2d_backward(x, array(*pooled.shape), size, stride)


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(threads, "THREADS", 1)
    alone = list(results())
    for count in (2, 5):
        monkeypatch.setattr(threads, "THREADS", count)
        monkeypatch.setattr(threads, "_helpers", None)
        for got, right in zip(results(), alone, strict=True):
            np.testing.assert_array_equal(got, right, strict=True)


@pytest.fixture
def several(monkeypatch):
    monkeypatch.setattr(threads, "THREADS", 3)
    monkeypatch.setattr(threads, "_helpers", None)


@pytest.mark.usefixtures("several")
def test_every_piece_is_done_once_and_an_error_comes_out():
    done, met = [], threading.Barrier(3, timeout=60)

    def work(piece):
        if piece < 3:
            met.wait()  # three threads are at work
        done.append(piece)

    threads.each(work, range(100))
    assert sorted(done) == list(range(100))
    threads.each(work, [])
    with pytest.raises(ZeroDivisionError):
        threads.each(lambda piece: 1 / piece, [1, 2, 0, 3])
    x = np.zeros((3000, 300))
    x[2999, 3] = np.inf
    with pytest.raises(ValueError, match=r"a row of \(3000, 300\)"):
        ops.softmax(x)


@pytest.mark.usefixtures("several")
@pytest.mark.skipif(threads._openblas() is None, reason="NumPy has no OpenBLAS here that can be asked")
def test_openblas_has_one_thread_while_pieces_are_worked_on_and_gets_its_own_back():
    get_threads, set_threads = threads._openblas()
    before = get_threads()
    set_threads(2)
    try:
        seen = []
        threads.each(lambda _: threads.each(lambda _: seen.append(get_threads()), range(5)), range(5))
        assert seen == [1] * 25
        assert get_threads() == 2
        with pytest.raises(ZeroDivisionError):
            threads.each(lambda piece: 1 / piece, [1, 2, 0, 3])
        assert get_threads() == 2
    finally:
        set_threads(before)


@pytest.mark.usefixtures("several")
def test_errstate_holds_in_all_threads():
    met = threading.Barrier(3, timeout=60)

    def work(_):
        met.wait()
        with pytest.raises(FloatingPointError):
            np.zeros(1) / 0

    with np.errstate(all="raise"):
        threads.each(work, range(3))


@pytest.mark.usefixtures("several")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    threads.each(np.exp, [np.zeros(10)] * 10)
    pid = os.fork()
    if pid == 0:
        met = threading.Barrier(3, timeout=60)
        try:
            threads.each(lambda _: met.wait(), range(3))
        finally:
            os._exit(1 if met.broken or threads._helpers is None else 0)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.usefixtures("several")
def test_one_thread_does_it_all_where_no_other_may_start(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    done = []
    threads.each(done.append, range(10))
    assert sorted(done) == list(range(10))
