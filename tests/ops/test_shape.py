"""Rearranging: the same numbers as NumPy, gradients that go back to where they came from, and the refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minicv
from minicv import LabelError, ShapeError
from minicv.testing import adjoint_check, distinct_values, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, shapes

X = distinct_values((2, 3, 4))
# (name, op on a Tensor, the same on an array), for an input of shape (2, 3, 4)
REARRANGEMENTS = [
    ("reshape", lambda x: x.reshape(4, 6), lambda x: x.reshape(4, 6)),
    ("reshape to a tuple", lambda x: x.reshape((3, 8)), lambda x: x.reshape(3, 8)),
    ("view", lambda x: x.view(-1, 2), lambda x: x.reshape(-1, 2)),
    ("flatten", lambda x: x.flatten(), lambda x: x.reshape(-1)),
    ("flatten from 1", lambda x: x.flatten(1), lambda x: x.reshape(2, 12)),
    ("flatten to -2", lambda x: minicv.flatten(x, 0, -2), lambda x: x.reshape(6, 4)),
    ("permute", lambda x: x.permute(2, 0, 1), lambda x: x.transpose(2, 0, 1)),
    ("permute from the end", lambda x: x.permute((-1, 1, -3)), lambda x: x.transpose(2, 1, 0)),
    ("transpose", lambda x: x.transpose(0, -1), lambda x: x.swapaxes(0, -1)),
    ("T", lambda x: x.T, lambda x: x.swapaxes(-1, -2)),
    ("unsqueeze", lambda x: x.unsqueeze(1), lambda x: x[:, None]),
    ("unsqueeze at the end", lambda x: x.unsqueeze(-1), lambda x: x[..., None]),
    ("squeeze", lambda x: x[:1].squeeze(), lambda x: x[0]),
    ("squeeze of one axis", lambda x: x[:1, :1].squeeze(1), lambda x: x[:1, 0]),
    ("squeeze of another length", lambda x: x.squeeze(1), lambda x: x),
    ("expand", lambda x: x.unsqueeze(0).expand(5, -1, 3, -1), lambda x: np.broadcast_to(x, (5, 2, 3, 4))),
    ("expand in front", lambda x: x.expand(5, 2, -1, 4), lambda x: np.broadcast_to(x, (5, 2, 3, 4))),
    ("flip", lambda x: x.flip(0), lambda x: x[::-1]),
    ("flip two", lambda x: x.flip((0, -1)), lambda x: x[::-1, :, ::-1]),
    ("concat", lambda x: minicv.concat([x, x * 2.0], 1), lambda x: np.concatenate([x, 2 * x], 1)),
    ("cat", lambda x: minicv.cat([x, x], axis=-1), lambda x: np.concatenate([x, x], -1)),
    ("stack", lambda x: minicv.stack([x, x, 3.0 * x]), lambda x: np.stack([x, x, 3 * x])),
    ("stack at the end", lambda x: minicv.stack([x, x], -1), lambda x: np.stack([x, x], -1)),
]
INDICES = [
    0,
    -1,
    (1, 2, 3),
    (..., 0),
    (0, ..., 1),
    None,
    (slice(None), None, 1),
    slice(None, None, -1),
    (slice(None), slice(3, 0, -2)),
    (slice(0, 0),),
    [0, 0, 1],
    np.array([[0, 1], [1, 1]]),
    (slice(None), [0, 2, 2, 0]),
    ([0, 1, 1], [2, 2, 2]),
    ([[0], [1]], [0, 2]),
    (0, slice(None), [1, 1]),
    (slice(None), np.array([0, -1]), None, [3, 0]),
    X > 0,
    (X[..., 0] > 0, 1),
    (0, np.array([True, False, True])),
    np.zeros((0,), int),
    np.int64(1),
    True,
]


@pytest.mark.parametrize("name, op, expected", REARRANGEMENTS, ids=[name for name, _, _ in REARRANGEMENTS])
def test_rearrangements(name, op, expected):
    assert np.array_equal(op(minicv.tensor(X)).numpy(), expected(X))
    assert gradcheck(op, X) and gradgradcheck(op, X, draws=1)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing(index):
    y = minicv.tensor(X)[index]
    assert y.shape == X[index].shape and np.array_equal(y.numpy(), X[index])
    assert gradcheck(lambda x: x[index], X) and gradgradcheck(lambda x: x[index], X, draws=1)


@given(x=arrays(shapes(min_dims=1, max_dims=3), distinct=True), data=st.data())
def test_drawn_indices(x, data):
    index = data.draw(
        hnp.basic_indices(x.shape, allow_newaxis=True)
        | hnp.integer_array_indices(x.shape, result_shape=hnp.array_shapes(max_dims=2, max_side=4))
        | hnp.arrays(bool, x.shape)
    )
    assert np.array_equal(minicv.tensor(x)[index].numpy(), x[index])
    assert gradcheck(lambda x: x[index], x, draws=1) and gradgradcheck(lambda x: x[index], x, draws=1)


def test_an_entry_that_is_taken_twice_gets_both_gradients():
    x = minicv.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x[[2, 0, 2, 2]].backward(minicv.tensor([1.0, 10.0, 100.0, 1000.0]))
    assert x.grad.tolist() == [10, 0, 1101]


def test_tensors_index_too():
    x = minicv.tensor(X)
    assert np.array_equal(x[minicv.tensor([1, 0])].numpy(), X[[1, 0]])
    assert np.array_equal(x[:, minicv.tensor([2, 2])].numpy(), X[:, [2, 2]])
    assert np.array_equal(x[x > 0].numpy(), X[X > 0])
    assert x[minicv.tensor(1), 0, minicv.tensor(2)].item() == X[1, 0, 2]


@given(x=arrays(shapes(min_dims=1, max_dims=3, min_side=0)), data=st.data())
def test_split_and_concat_are_inverses(x, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    size = data.draw(st.integers(1, 6))
    pieces = minicv.split(x, size, axis)
    assert np.array_equal(minicv.concat(pieces, axis).numpy(), x)
    lengths = [piece.shape[axis] for piece in pieces]
    assert sum(lengths) == x.shape[axis] and all(n == size for n in lengths[:-1]) and lengths[-1] <= size
    again = minicv.split(x, lengths, axis)
    assert [p.shape for p in again] == [p.shape for p in pieces]
    assert gradcheck(lambda x: minicv.split(x, size, axis), x, draws=1)


@given(xs=st.lists(st.integers(0, 3), min_size=1, max_size=4), data=st.data())
def test_concat_gives_every_part_its_gradient(xs, data):
    parts = [distinct_values((2, n), seed) for seed, n in enumerate(xs)]

    def join(*parts):
        return minicv.concat(parts, axis=1)

    assert np.array_equal(join(*parts).numpy(), np.concatenate(parts, axis=1))
    assert gradcheck(join, parts, draws=1) and gradgradcheck(join, parts, draws=1)


@pytest.mark.parametrize(
    "length, chunks, lengths", [(7, 3, [3, 3, 1]), (4, 3, [2, 2]), (2, 5, [1, 1]), (6, 1, [6])]
)
def test_chunk_follows_pytorch_s_rule(length, chunks, lengths):
    assert [p.shape[0] for p in minicv.arange(length).chunk(chunks)] == lengths


@pytest.mark.parametrize(
    "index",
    [0, (slice(None), 1), [0, 0, 1], (slice(None, None, -1), slice(0, 2))],
    ids=str,
)
def test_indexing_and_adding_at_the_index_are_transposes(index):
    from minicv.ops.shape import AddAt

    scatter = AddAt(index=index, shape=X.shape)
    assert adjoint_check(lambda x: x[index], lambda y: AddAt(index=index, shape=X.shape)(y), X.shape)
    assert scatter(np.ones_like(X[index])).numpy().sum() == X[index].size


def test_reshape_and_permute_where_there_is_little():
    x = minicv.zeros(0, 3, requires_grad=True)
    assert x.reshape(3, 0).shape == (3, 0) and x.reshape(0, 7).shape == (0, 7) and x.flatten().shape == (0,)
    assert minicv.tensor(5.0).reshape(1, 1).shape == (1, 1) and minicv.tensor(5.0).flatten().shape == (1,)
    assert minicv.tensor(5.0).permute().shape == () and minicv.tensor(5.0).squeeze().shape == ()
    x.permute(1, 0).sum().backward()
    assert x.grad.shape == (0, 3)


@pytest.mark.parametrize(
    "call, words",
    [
        (
            lambda x: x.reshape(5, -1),
            r"reshape: shape must be one of 24 elements, as the input \(2, 3, 4\) has; got \(5, -1\)",
        ),
        (lambda x: x.reshape(5), "reshape: shape must be one of 24 elements"),
        (lambda x: x.reshape(-1, -1), "reshape: shape must be non-negative with at most one -1"),
        (lambda x: x.reshape(-2, 12), "reshape: shape must be non-negative"),
        (lambda x: x[:0].reshape(-1, 0), "reshape: shape must be one of 0 elements"),
        (lambda x: x.permute(0, 1), r"permute: axes must be a permutation of 0..2; got \(0, 1\)"),
        (lambda x: x.permute(0, 1, 1), "permute: axes must be a permutation"),
        (lambda x: x.permute(0, 1, 5), "permute: axes must be a permutation"),
        (lambda x: x.transpose(0, 3), "transpose: axis must be in -3..2 for a tensor of 3 axes; got 3"),
        (lambda x: x.flatten(2, 1), r"flatten: start_axis must be at most end_axis \(1\); got 2"),
        (lambda x: x.unsqueeze(5), "unsqueeze: axis must be in -4..3"),
        (lambda x: x.squeeze(3), "squeeze: axis must be in -3..2"),
        (lambda x: x.expand(2, 3, 5), "broadcast_to: shape must be one that"),
        (lambda x: x.flip(3), "flip: axis must be in -3..2"),
        (lambda x: x.split(0), "split: size must be at least 1; got 0"),
        (lambda x: x.split([1, 2], 1 - 1), r"split: size must be lengths that add up to 2, .*; got \[1, 2\]"),
        (lambda x: x.chunk(0), "chunk: chunks must be at least 1; got 0"),
        (
            lambda x: minicv.concat([]),
            "concat: tensors must be a sequence of at least one tensor; got an empty one",
        ),
        (lambda x: minicv.concat([x, x[0]]), "concat: tensors must be of equal shape but for axis 0"),
        (lambda x: minicv.concat([x, x[:, :2]]), "concat: tensors must be of equal shape"),
        (
            lambda x: minicv.stack([x, x[:1]]),
            r"stack: tensors must be of one shape; got \(2, 3, 4\), \(1, 3, 4\)",
        ),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ShapeError, match=words):
        call(minicv.tensor(X))


@pytest.mark.parametrize("index", [2, (0, 3), [0, 2], (0, 0, 0, 0), np.ones((3, 3), bool), 0.5, "a"], ids=str)
def test_indices_that_do_not_fit(index):
    with pytest.raises(LabelError, match=r"getitem: the index must fit a tensor of shape \(2, 3, 4\); "):
        minicv.tensor(X)[index]


def test_a_fraction_is_no_length():
    with pytest.raises(TypeError, match="integer"):
        minicv.ones(4).reshape(2.5, 2)
