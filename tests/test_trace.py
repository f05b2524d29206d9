"""Traces: every number in a step is the op's own, and the sentences say what the numbers say."""

import doctest
import sys

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv import nn, trace
from minicv.trace import short


def image(rows):
    """Rows of numbers as a (1, 1, H, W) tensor."""
    return minicv.tensor(np.array(rows, np.float64)[None, None])


def drawn(*shape, seed=0):
    return minicv.tensor(np.random.default_rng(seed).standard_normal(shape))


RAMP = image(np.arange(1, 17).reshape(4, 4))
FILTER = image(np.arange(1, 10).reshape(3, 3))
POOLED = image([[1, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]])  # KR, "Max Pooling"
SWITCHES = minicv.tensor(np.array([[[[5, 2], [12, 15]]]]))

# Ops, arguments and keywords that have one step for each output cell; then those with one for each input cell.
GATHERS = {
    "conv2d": (
        F.conv2d,
        (drawn(2, 4, 5, 6), drawn(6, 2, 3, 2)),
        {"stride": (2, 1), "padding": 1, "groups": 2},
    ),
    "conv2d, dilated": (F.conv2d, (drawn(1, 1, 6, 6), drawn(1, 1, 3, 3)), {"padding": 2, "dilation": 2}),
    "conv2d, one image": (F.conv2d, (drawn(3, 4, 4), drawn(2, 3, 3, 3)), {}),
    "conv1d": (F.conv1d, (drawn(2, 3, 7), drawn(2, 3, 3)), {"stride": 2, "padding": 1}),
    "max_pool2d": (F.max_pool2d, (drawn(2, 2, 5, 6), 3, 2, 1), {}),
    "max_pool2d, ceil": (F.max_pool2d, (drawn(1, 1, 5, 5), 2), {"ceil_mode": True}),
    "max_pool2d, indices": (F.max_pool2d, (drawn(2, 4, 4), 2), {"return_indices": True}),
    "adaptive_max_pool2d": (F.adaptive_max_pool2d, (drawn(1, 2, 5, 7), (2, 3)), {}),
    "avg_pool2d": (F.avg_pool2d, (drawn(1, 2, 5, 5), 3, 2, 1), {}),
    "adaptive_avg_pool2d": (F.adaptive_avg_pool2d, (drawn(1, 1, 5, 4), 3), {}),
    "bed_of_nails": (F.bed_of_nails, (drawn(1, 2, 2, 3),), {}),
    "interpolate, nearest": (F.interpolate, (drawn(1, 1, 2, 3),), {"scale_factor": 2}),
    "interpolate, bilinear": (F.interpolate, (drawn(1, 2, 3, 2),), {"size": (5, 4), "mode": "bilinear"}),
    "pad, reflect": (F.pad, (drawn(1, 2, 3, 4), (1, 2, 0, 1)), {"mode": "reflect"}),
    "pad, replicate": (F.pad, (drawn(2, 2, 4), (2, 1)), {"mode": "replicate"}),
}
SCATTERS = {
    "conv_transpose2d": (
        F.conv_transpose2d,
        (drawn(2, 2, 3, 2), drawn(2, 3, 3, 3)),
        {"stride": 2, "padding": 1, "output_padding": 1},
    ),
    "conv_transpose2d, groups": (F.conv_transpose2d, (drawn(1, 4, 2, 2), drawn(4, 1, 2, 3)), {"groups": 2}),
    "conv_transpose2d, 1 x 1": (F.conv_transpose2d, (drawn(1, 3, 2, 2), drawn(3, 2, 1, 1)), {}),
    "conv_transpose1d": (F.conv_transpose1d, (drawn(2, 2, 4), drawn(2, 1, 3)), {"stride": 2, "dilation": 2}),
    "max_unpool2d": (F.max_unpool2d, (image([[1, 2], [3, 4]]), SWITCHES, 2), {}),
    "conv2d_weight": (F.conv2d_weight, (drawn(2, 2, 4, 4), (3, 2, 3, 3), drawn(2, 3, 2, 2)), {}),
}
TRACED = GATHERS | SCATTERS


def lifted(tensor, name):
    """The (N, C, H, W) array that the kernel saw."""
    a = tensor.numpy()
    if a.ndim == 4:
        return a
    return a[:, :, None] if name.endswith("1d") or name == "pad" else a[None]


def first(result):
    return result[0] if isinstance(result, tuple) else result


@pytest.fixture(params=TRACED, scope="module")
def run(request):
    """(trace, the array that the kernel read, the array that it wrote)."""
    op, args, kwargs = TRACED[request.param]
    found = trace(op, *args, **kwargs)
    return found, lifted(args[0], op.__name__), lifted(first(found.result), op.__name__)


@pytest.mark.parametrize("case", TRACED)
def test_the_result_is_that_of_the_fast_kernels(case):
    op, args, kwargs = TRACED[case]
    found, expected = trace(op, *args, **kwargs), op(*args, **kwargs)
    assert found.name == op.__name__ and np.array_equal(found.input, args[0].numpy())
    assert isinstance(found.result, tuple) == isinstance(expected, tuple)
    for ours, theirs in zip(np.atleast_1d(first(found.result).numpy()), first(expected).numpy(), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_what_is_read_is_what_the_input_holds(run):
    found, source, _ = run
    for step in found.steps:
        for index, value in step.read:
            assert value == (0 if index is None else source[index])


def test_what_is_written_ends_as_the_result(run):
    found, _, target = run
    canvas = np.zeros_like(target)
    for step in found.steps:
        for index, value in step.write:
            if index is not None:
                canvas[index] = value
    assert np.array_equal(canvas, target)


def test_the_numbers_added_sum_to_the_result(run):
    found, _, target = run
    canvas = np.zeros_like(target)
    for step in found.steps:
        assert len(step.added) == len(step.write)
        for (index, value), added in zip(step.write, step.added):
            if index is not None:
                canvas[index] += added
                assert canvas[index] == value
    assert np.array_equal(canvas, target)


def test_the_weights_turn_what_is_read_into_what_is_added(run):
    found, _, _ = run
    for step in found.steps:
        values = [value for _, value in step.read]
        if not step.weights:  # nothing is multiplied: a maximum, a copy, or nothing at all
            assert step.added == [max(values, default=0)]
        elif len(step.write) == 1:
            assert step.added[0] == pytest.approx(np.dot(values, step.weights), abs=1e-12)
        else:
            assert step.added == pytest.approx(np.multiply(values, step.weights))


@pytest.mark.parametrize("case", GATHERS)
def test_a_gather_writes_every_output_cell_once(case):
    op, args, kwargs = GATHERS[case]
    found = trace(op, *args, **kwargs)
    written = [index for step in found.steps for index, _ in step.write]
    assert len(set(written)) == len(written) == first(found.result).size


@pytest.mark.parametrize("case", [case for case in SCATTERS if case != "conv2d_weight"])
def test_a_scatter_reads_every_input_cell(case):
    op, args, kwargs = SCATTERS[case]
    found = trace(op, *args, **kwargs)
    assert {step.read[0][0] for step in found.steps} == set(np.ndindex(lifted(args[0], op.__name__).shape))


def test_padding_is_counted_as_the_lectures_draw_it():
    steps = trace(F.conv2d, RAMP, FILTER, padding=1).steps
    outside = np.reshape([sum(index is None for index, _ in step.read) for step in steps], (4, 4))
    assert outside.tolist() == [[5, 3, 3, 5], [3, 0, 0, 3], [3, 0, 0, 3], [5, 3, 3, 5]]
    assert all(len(step.read) == len(step.weights) == 9 for step in steps)


# The sentences.


def sentences(op, *args, **kwargs):
    return [step.sentence for step in trace(op, *args, **kwargs).steps]


def test_convolution_in_words():
    said = sentences(F.conv2d, RAMP, FILTER, stride=2, padding=1)
    assert said == [
        "output[0, 0] = 1 * 5 + 2 * 6 + 5 * 8 + 6 * 9 = 111   (5 of 9 cells are padding)",
        "output[0, 1] = 2 * 4 + 3 * 5 + 4 * 6 + 6 * 7 + 7 * 8 + 8 * 9 = 217   (3 of 9 cells are padding)",
        "output[1, 0] = 5 * 2 + 6 * 3 + 9 * 5 + 10 * 6 + 13 * 8 + 14 * 9 = 363   (3 of 9 cells are padding)",
        "output[1, 1] = 6 * 1 + 7 * 2 + 8 * 3 + 10 * 4 + 11 * 5 + 12 * 6 + 14 * 7 + 15 * 8 + 16 * 9 = 573",
    ]


def test_negative_factors_stand_in_brackets():
    assert sentences(F.conv2d, image([[-1, 2]]), image([[3, -4]])) == [
        "output[0] = (-1) * 3 + 2 * (-4) = -11"
    ]


def test_a_window_of_padding_alone():
    said = sentences(F.conv2d, image([[5]]), image([[2]]), padding=1, stride=2)
    assert said[0] == "output[0, 0] = 0   (1 of 1 cells are padding)"


def test_transposed_convolution_in_words():
    said = sentences(F.conv_transpose2d, image([[1, 10]]), image([[1, 2, 3]]), stride=2, padding=(0, 1))
    assert said == [
        "input[0] = 1 stamps 1 * (1, 2, 3): output[0] += 2, output[1] += 3   (1 of 3 cells are cropped)",
        "input[1] = 10 stamps 10 * (1, 2, 3): output[1] += 10 (now 13), output[2] += 20   (1 of 3 cells are cropped)",
    ]


def test_stamps_of_one_cell_still_add_up():
    y = minicv.tensor(np.array([1.0, 2.0]).reshape(1, 2, 1, 1))
    w = minicv.tensor(np.array([3.0, 5.0]).reshape(2, 1, 1, 1))
    assert sentences(F.conv_transpose2d, y, w) == [
        "input[0] = 1 stamps 1 * (3): output[0] += 3",
        "input[1] = 2 stamps 2 * (5): output[0] += 10 (now 13)",
    ]


def test_a_stamp_that_is_cropped_away():
    said = sentences(F.conv_transpose2d, image([[1, 2, 3]]), image([[4]]), padding=(0, 1))
    assert said[0] == "input[0] = 1 stamps 1 * (4): nothing is left   (1 of 1 cells are cropped)"


def test_the_gradient_of_the_filters_in_words():
    assert sentences(F.conv2d_weight, image([[1, 2, 3]]), (1, 1, 1, 2), image([[1, 10]])) == [
        "output[0] += 1 * 1, output[1] += 2 * 1",
        "output[0] += 2 * 10 (now 21), output[1] += 3 * 10 (now 32)",
    ]


def test_max_pooling_names_the_winner():
    assert sentences(F.max_pool2d, POOLED, 2) == [
        "output[0, 0] = max(1, 2, 3, 5) = 5, found at input[1, 1] (index 5)",
        "output[0, 1] = max(6, 3, 2, 1) = 6, found at input[0, 2] (index 2)",
        "output[1, 0] = max(1, 2, 7, 3) = 7, found at input[3, 0] (index 12)",
        "output[1, 1] = max(2, 1, 4, 8) = 8, found at input[3, 3] (index 15)",
    ]


@pytest.mark.parametrize(
    ("rows", "winner"),
    [
        ([[4, 4], [4, 1]], "max(4, 4, 4, 1) = 4, found at input[0, 0] (index 0)"),
        ([[4, np.nan], [9, np.nan]], "max(4, nan, 9, nan) = nan, found at input[0, 1] (index 1)"),
    ],
)
def test_the_first_of_equal_maxima_is_named(rows, winner):
    assert sentences(F.max_pool2d, image(rows), 2) == [f"output[0] = {winner}"]


def test_the_winner_of_a_later_image_and_channel_is_named_in_full():
    x = np.zeros((2, 2, 1, 4))
    x[1, 1, 0, 2] = 7
    said = sentences(F.max_pool2d, minicv.tensor(x), (1, 2))
    assert said[-1] == "output[1, 1, 1] = max(7, 0) = 7, found at input[1, 1, 2] (index 2)"


def test_unpooling_in_words():
    assert sentences(F.max_unpool2d, image([[1, 2], [3, 4]]), SWITCHES, 2) == [
        "output[1, 1] = input[0, 0] = 1",
        "output[0, 2] = input[0, 1] = 2",
        "output[3, 0] = input[1, 0] = 3",
        "output[3, 3] = input[1, 1] = 4",
    ]


def test_nails_and_averages_in_words():
    assert sentences(F.bed_of_nails, image([[7, 8]]), (1, 2)) == [
        "output[0] = 7 * 1 = 7",
        "output[1] = 0   (nothing is read)",
        "output[2] = 8 * 1 = 8",
        "output[3] = 0   (nothing is read)",
    ]
    assert sentences(F.avg_pool2d, image([[1, 2], [3, 5]]), 2) == [
        "output[0] = 1 * 0.25 + 2 * 0.25 + 3 * 0.25 + 5 * 0.25 = 2.75"
    ]


def test_signals_are_named_by_image_channel_and_place():
    x = minicv.tensor(np.arange(8.0).reshape(2, 2, 2))
    said = sentences(F.conv_transpose1d, x, minicv.ones(2, 1, 1, dtype="float64"))
    assert said[5] == "input[1, 0, 1] = 5 stamps 5 * (1): output[1, 1] += 5"


def test_a_trace_prints_its_numbered_sentences():
    assert str(trace(F.conv1d, image([[1, 2, 3]])[0], image([[10, 1]])[0])) == (
        "step 1: output[0] = 1 * 10 + 2 * 1 = 12\nstep 2: output[1] = 2 * 10 + 3 * 1 = 23"
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3.0, "3"),
        (-0.0, "0"),
        (17550.0, "17550"),
        (1 / 3, "0.3333"),
        (2e12, "2e+12"),
        (np.inf, "inf"),
        (7, "7"),
    ],
)
def test_numbers_are_written_as_a_person_would(value, said):
    assert short(value) == said


# What cannot be traced.


@pytest.mark.parametrize(
    ("op", "args", "kwargs", "message"),
    [
        (F.relu, (RAMP,), {}, "one kernel with steps; got relu, which runs none"),
        (F.pad, (RAMP, (1, 1)), {}, "got pad, which runs none"),
        (F.max_pool2d, (minicv.zeros(0, 1, 4, 4), 2), {}, "got max_pool2d, which runs none"),
        (lambda x: F.max_pool2d(F.conv2d(x, FILTER), 2), (RAMP,), {}, "got <lambda>, which runs 2 of them"),
        (F.conv2d, (RAMP, FILTER), {"padding": "same"}, "not the whole of this conv2d, which pads its input"),
    ],
)
def test_what_is_more_or_less_than_its_steps_is_refused(op, args, kwargs, message):
    with pytest.raises(ValueError, match=rf"^trace: .*{message}"):
        trace(op, *args, **kwargs)


def test_a_bias_is_there_before_the_first_step():
    x, w, b = (minicv.tensor(a) for a in ([[[1.0, 2.0, 3.0]]], [[[10.0, 1.0]]], [0.5]))
    lines = str(trace(F.conv1d, x, w, b)).splitlines()
    assert lines[0] == "step 1: output[0] += 1 * 10 + 2 * 1 = 12 (now 12.5)"
    lines = str(trace(F.conv_transpose1d, x, w, b, stride=2)).splitlines()
    assert lines[0].endswith("output[0] += 10 (now 10.5), output[1] += 1 (now 1.5)")


def test_layers_are_traced_as_functions_are():
    layer = nn.MaxPool2d(2)
    assert trace(layer, POOLED).steps == trace(F.max_pool2d, POOLED, 2).steps
    assert trace(layer, POOLED).name == "MaxPool2d"


def test_the_errors_of_the_op_come_through_and_nothing_is_left_on():
    with pytest.raises(minicv.ShapeError, match=r"^conv2d: "):
        trace(F.conv2d, RAMP, image([[1] * 9]))
    x = minicv.ones(1, 1, 4, 4, requires_grad=True)
    assert F.max_pool2d(x, 2).requires_grad and minicv.function.hooks == []


def test_a_trace_records_no_graph():
    assert not trace(F.max_pool2d, minicv.ones(1, 1, 4, 4, requires_grad=True), 2).result.requires_grad


def test_docstring_examples():
    result = doctest.testmod(sys.modules["minicv.trace"])
    assert result.attempted > 0 and result.failed == 0
