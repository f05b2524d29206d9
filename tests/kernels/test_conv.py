"""Convolution: the definition written out, PyTorch as an oracle, and each of the three as the others' transpose."""

import numpy as np
import pytest
from hypothesis import given

from minicv import kernels
from minicv.kernels.reference import conv
from tests.kernels.drawn import assert_same_inner_product, convolutions
from tests.kernels.formula import by_the_formula


@given(convolutions())
def test_reference_is_the_formula(drawn):
    x, w, _, rest = drawn
    np.testing.assert_allclose(conv.conv2d(x, w, None, *rest), by_the_formula(x, w, *rest), atol=1e-12)


@pytest.mark.torch
@given(convolutions())
def test_reference_is_pytorch(drawn):
    torch = pytest.importorskip("torch")
    x, w, y, rest = drawn
    tx, tw = torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)
    out = torch.nn.functional.conv2d(tx, tw, None, *rest)
    out.backward(torch.tensor(y))
    np.testing.assert_allclose(conv.conv2d(x, w, None, *rest), out.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(
        conv.conv_transpose2d(y, w, None, x.shape[2:], *rest), tx.grad.numpy(), atol=1e-12
    )
    np.testing.assert_allclose(conv.conv2d_weight(x, y, w.shape[2:], *rest), tw.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("host", ["reference", "cpu"])
@given(drawn=convolutions())
def test_each_is_the_transpose_of_the_others(host, drawn):
    x, w, y, rest = drawn
    with kernels.use(host):
        forward = kernels.conv2d(x, w, None, *rest)
        back = kernels.conv_transpose2d(y, w, None, x.shape[2:], *rest)
        weight = kernels.conv2d_weight(x, y, w.shape[2:], *rest)
    assert_same_inner_product(forward, y, x, back)
    assert_same_inner_product(forward, y, w, weight)


def test_columns_are_made_in_parts():
    """A batch whose columns exceed the limit is cut up, and the cuts leave no mark."""
    from minicv.kernels.reference.im2col import Im2col
    from minicv.kernels.reference.unfold import fold, unfold

    rng = np.random.default_rng(0)
    x, w, y = (rng.standard_normal(s) for s in [(5, 2, 4, 4), (3, 2, 3, 3), (5, 3, 4, 4)])
    rest = (1, 1), (1, 1), (1, 1), 1
    batches = []

    def counting(x, *args):
        batches.append(len(x))
        return unfold(x, *args)

    two_images = 2 * (2 * 3 * 3 * 4 * 4 * x.itemsize)
    got = Im2col(np, counting, fold, two_images).conv2d(x, w, None, *rest)
    np.testing.assert_allclose(got, conv.conv2d(x, w, None, *rest), atol=1e-12)
    got = Im2col(np, counting, fold, 1).conv2d_weight(
        x, y, (3, 3), *rest
    )  # less than an image: one at a time
    np.testing.assert_allclose(got, conv.conv2d_weight(x, y, (3, 3), *rest), atol=1e-12)
    got = Im2col(np, counting, fold, two_images).conv_transpose2d(y, w, None, (4, 4), *rest)
    np.testing.assert_allclose(got, conv.conv_transpose2d(y, w, None, (4, 4), *rest), atol=1e-12)
    assert batches == [2, 2, 1, 1, 1, 1, 1, 1]


def test_the_weight_gradient_adds_in_one_order():
    """The partial sums over a batch are the same for 1 and for 4 threads, to the last bit."""
    from minicv.kernels.cpu import parallel

    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((33, c, 40, 40)).astype(np.float32) for c in (8, 16))
    rest = (3, 3), (1, 1), (1, 1), (1, 1), 1
    before = parallel.get_num_threads()
    try:
        results = []
        for threads in (1, 4):
            parallel.set_num_threads(threads)
            results.append(kernels.conv2d_weight(x, y, *rest))
    finally:
        parallel.set_num_threads(before)
    np.testing.assert_array_equal(*results)


class TestWatching:
    """The steps add up to the result."""

    x = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    w = np.array([[[[1.0, 10.0], [100.0, 1000.0]]]])
    rest = (2, 2), (1, 1), (1, 1), 1

    def test_conv2d(self):
        steps = []
        y = conv.conv2d(self.x, self.w, None, *self.rest, watch=steps.append)
        assert len(steps) == y.size == 4
        first, last = steps[0], steps[-1]
        padding = ("x", None, 0.0)
        assert first.read == [padding, padding, padding, ("x", (0, 0, 0, 0), 1.0)]
        assert first.weights == [1.0, 10.0, 100.0, 1000.0]
        assert first.write == [("y", (0, 0, 0, 0), 1000.0)]
        assert [value for _, _, value in last.read] == [5.0, 6.0, 8.0, 9.0]
        assert last.result == [5 + 60 + 800 + 9000] == [y[0, 0, 1, 1]]
        for step in steps:
            assert sum(v * w for (_, _, v), w in zip(step.read, step.weights)) == step.result[0]

    def test_conv_transpose2d(self):
        y = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
        steps = []
        x = conv.conv_transpose2d(y, self.w, None, (3, 3), *self.rest, watch=steps.append)
        assert [step.read for step in steps] == [
            [("y", (0, 0, *at), y[0, 0][at].item())] for at in np.ndindex(2, 2)
        ]
        assert steps[1].result == [2.0, 20.0, 200.0, 2000.0]
        assert steps[1].write[0] == ("x", None, 2.0)  # falls on the padding, and is cropped
        written = {index: value for step in steps for _, index, value in step.write if index}
        assert written == {(0, 0, *at): x[0, 0][at] for at in np.ndindex(3, 3)}

    def test_conv2d_weight(self):
        y = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
        steps = []
        w = conv.conv2d_weight(self.x, y, (2, 2), *self.rest, watch=steps.append)
        assert steps[-1].weights == [4.0] * 4
        assert [value for _, _, value in steps[-1].write] == w.ravel().tolist()
        assert np.sum([step.result for step in steps], axis=0).tolist() == w.ravel().tolist()
