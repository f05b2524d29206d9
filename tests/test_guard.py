"""In-place changes to what backward needs: refused, or at least noticed, and allowed when nothing is lost."""

import gc
import pickle

import numpy as np
import pytest

import minicv
from minicv import GraphError, guard

REFUSED = "in-place change refused: backward still needs this array"
NOTICED = "that backward needs was changed in place after forward"


@pytest.fixture
def x():
    return minicv.tensor(np.arange(1.0, 5.0), requires_grad=True)


@pytest.fixture(autouse=True)
def no_lock_is_left():
    gc.collect()
    before = set(guard._locks)
    yield
    gc.collect()
    assert set(guard._locks) == before


def sort(data):
    data[::-1].sort()


def add_at(data):
    np.add.at(data, [0], 1)


def add_out(data):
    np.add(data, 1, out=data)


def through_a_view(data):
    data[1:][0] = 5


def through_a_reshaped_view(data):
    data.reshape(2, 2).T[0, 0] = 5


WRITES = {
    "item": lambda data: data.__setitem__(0, 9),
    "everything": lambda data: data.__setitem__(..., 9),
    "+=": lambda data: data.__iadd__(1),
    "*=": lambda data: data.__imul__(2),
    "out": add_out,
    "at": add_at,
    "fill": lambda data: data.fill(0),
    "view": through_a_view,
    "reshaped view": through_a_reshaped_view,
}
NUMPY_REFUSES = {
    "sort": sort,
    "put": lambda data: np.put(data, 0, 9),
    "copyto": lambda data: np.copyto(data, 0),
    "flat": lambda data: data.flat.__setitem__(0, 9),
    "plain view": lambda data: data.view(np.ndarray).__setitem__(0, 9),
    "into a ufunc": lambda data: np.add(1, 1, out=np.asarray(data)),
}


@pytest.mark.parametrize("name", WRITES)
def test_writing_to_saved_data_is_refused_with_a_sentence(x, name):
    y = x * x
    with pytest.raises(GraphError, match=REFUSED):
        WRITES[name](x.data)
    y.sum().backward()
    assert x.grad.tolist() == [2, 4, 6, 8]
    WRITES[name](x.data)  # nobody needs it any more


@pytest.mark.parametrize("name", NUMPY_REFUSES)
def test_other_ways_to_write_are_refused_by_numpy(x, name):
    y = x * x
    with pytest.raises((ValueError, RuntimeError), match=r"read-only|refused"):
        NUMPY_REFUSES[name](x.data)
    y.sum().backward()
    assert x.grad.tolist() == [2, 4, 6, 8] and x.tolist() == [1, 2, 3, 4]


def test_an_array_that_the_user_holds_is_protected_too():
    array = np.arange(1.0, 5.0)
    x = minicv.Tensor(array, requires_grad=True)
    y = x * x
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 5
    del y
    array[0] = 5
    assert x.tolist() == [5, 2, 3, 4]


def test_a_saved_view_protects_the_memory_under_it():
    array = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    x = minicv.Tensor(array[1:], requires_grad=True)
    y = (x * x).sum()
    with pytest.raises(ValueError, match="read-only"):
        array[1, 0] = 5
    y.backward()
    array[1, 0] = 5
    x.data[0, 1] = 7
    assert x.tolist() == [[5, 7, 6]]


def test_a_saved_output_is_protected(x):
    y = x.exp()
    with pytest.raises(GraphError, match=REFUSED):
        y.data[0] = 0
    y.sum().backward()
    assert x.grad.tolist() == np.exp([1, 2, 3, 4]).tolist()
    y.data[0] = 0


def test_what_no_op_saved_may_change(x):
    y = (x + 1).sum()
    x.data[0] = 9
    x.data += 1
    y.backward()
    assert x.grad.tolist() == [1, 1, 1, 1]


def test_assignment_that_would_have_to_be_recorded_is_refused(x):
    with pytest.raises(GraphError, match=r"x\[index\] = value cannot be recorded.*minicv.where"):
        x[0] = 5
    constant = minicv.zeros(4, dtype=np.float64)
    with pytest.raises(GraphError, match="cannot be recorded"):
        constant[0] = x[0]
    constant[1:3] = minicv.tensor([7.0, 8.0])
    constant[0] = 6
    assert constant.tolist() == [6, 7, 8, 0]


def set_items(x):
    with minicv.no_grad():
        x[...] = 9


def set_data(x):
    x.data = np.full(4, 9.0)


def mutate(x):
    x.mutate()[...] = 9


def change_a_detached_copy(x):
    with minicv.no_grad():
        x.detach()[...] = 9


@pytest.mark.parametrize("change", [set_items, set_data, mutate, change_a_detached_copy])
def test_a_change_through_a_tensor_is_let_through_and_noticed_by_backward(x, change):
    y = (x * x).sum()
    change(x)
    assert x.tolist()[1:] == [9, 9, 9]
    with pytest.raises(GraphError, match=f"Mul: an array .* {NOTICED}"):
        y.backward()
    assert x.grad is None
    (x * x).sum().backward()
    assert x.grad.tolist()[1:] == [18, 18, 18]


def test_a_change_through_a_slice_is_noticed_or_refused(x):
    before = x.detach()[1:]
    y = (x * x).sum()
    after = x.detach()[1:]
    with pytest.raises(GraphError, match="this tensor is a read-only view"):
        after[...] = 9
    before[...] = 9
    with pytest.raises(GraphError, match=NOTICED):
        y.backward()
    assert x.tolist() == [1, 9, 9, 9]


def test_a_change_of_a_saved_output_is_noticed(x):
    y = x.exp()
    y.mutate()[...] = 0
    with pytest.raises(GraphError, match=f"Exp: .* {NOTICED}"):
        y.sum().backward()


def test_a_change_in_the_middle_of_two_graphs_spoils_only_the_first(x):
    first = (x * x).sum()
    x.mutate()[0] = 10
    second = (x * x).sum()
    with pytest.raises(GraphError, match=REFUSED):
        x.data[0] = 11
    second.backward()
    assert x.grad.tolist() == [20, 4, 6, 8]
    with pytest.raises(GraphError, match=NOTICED):
        first.backward()


def test_a_change_after_backward_is_nobody_s_business(x):
    y = (x * x).sum()
    y.backward()
    x.mutate()[...] = 0
    x.data[...] = 1
    with pytest.raises(GraphError, match="already used"):
        y.backward()


def test_locks_are_counted_over_graphs(x):
    graphs = [(x * x).sum() for _ in range(3)]
    graphs[0].backward(retain_graph=True)
    graphs[1].backward()
    for _ in range(2):
        with pytest.raises(GraphError, match=REFUSED):
            x.data[0] = 9
        graphs.pop()
    with pytest.raises(GraphError, match=REFUSED):
        x.data[0] = 9
    graphs[0].backward()
    x.data[0] = 9


def test_dropping_a_graph_lifts_its_locks(x):
    y = (x * x).exp()
    del y
    x.data[0] = 9
    assert x.data.flags.writeable and type(x.data) is np.ndarray


def test_arrays_that_were_read_only_before_stay_so():
    array = np.arange(3.0)
    array.flags.writeable = False
    x = minicv.Tensor(array, requires_grad=True)
    (x * x).sum().backward()
    assert not array.flags.writeable and x.grad.tolist() == [0, 2, 4]
    with pytest.raises(ValueError, match="read-only"):
        x.data[0] = 1


def test_saved_data_reads_like_any_array(x):
    y = x * x
    data = x.data
    assert (
        isinstance(data, guard.SavedArray)
        and repr(data) == "array([1., 2., 3., 4.])"
        and str(data) == "[1. 2. 3. 4.]"
    )
    for result in (
        data + 1,
        np.sqrt(data),
        data.sum(keepdims=True),
        np.concatenate([data, data]),
        data.copy() * 1,
    ):
        assert type(result) is np.ndarray and result.flags.writeable
    assert data[1:].sum() == 9 and data.mean() == 2.5 and np.maximum(data, 3).tolist() == [3, 3, 3, 4]
    copy = data.copy()
    copy[0] = 7
    copy += 1
    assert copy.tolist() == [8, 3, 4, 5] and x.tolist() == [1, 2, 3, 4]
    again = pickle.loads(pickle.dumps(data))
    assert type(again) is np.ndarray and again.tolist() == [1, 2, 3, 4]
    out = np.zeros(4)
    np.add(data, 1, out=out)
    assert out.tolist() == [2, 3, 4, 5]
    y.sum().backward()


def test_saved_data_can_be_wrapped_and_computed_with(x):
    y = (x * x).sum()
    z = minicv.Tensor(x.data, requires_grad=True)
    assert type(z._array) is np.ndarray
    (z * z).sum().backward()
    assert z.grad.tolist() == [2, 4, 6, 8]
    with pytest.raises(GraphError, match=REFUSED):
        x.data[0] = 1
    y.backward()
    x.data[0] = 9
    assert x.tolist()[0] == 9


def test_assigning_data_to_itself_is_no_change(x):
    x.data = x.data
    y = (x + 1.0).sum()
    x.data += 1
    x.data *= 2
    y.backward()
    assert x.tolist() == [4, 6, 8, 10]
