"""Trainings side by side: results in order, errors not lost, the kernels' threads shared and given back."""

from threading import Barrier

import pytest

import minicv
from minicv.demos.side_by_side import side_by_side


@pytest.fixture
def four_threads():
    before = minicv.get_num_threads()
    minicv.set_num_threads(4)
    yield
    minicv.set_num_threads(before)


def test_results_stand_in_the_order_of_the_names():
    assert list(side_by_side(str.upper, ["b", "a", "c"]).items()) == [("b", "B"), ("a", "A"), ("c", "C")]


def test_the_functions_run_at_the_same_time():
    meeting = Barrier(2, timeout=10)  # each waits for the other: one after the other would break the barrier
    assert side_by_side(lambda name: meeting.wait() in (0, 1), ["one", "other"]) == {
        "one": True,
        "other": True,
    }


def test_each_gets_its_share_of_the_threads(four_threads):
    shares = side_by_side(lambda name: minicv.get_num_threads(), ["one", "other"])
    assert shares == {"one": 2, "other": 2}
    assert minicv.get_num_threads() == 4


def test_an_error_reaches_the_caller_and_the_threads_are_given_back(four_threads):
    def fail(name):
        if name == "bad":
            raise FloatingPointError("the loss is nan")

    with pytest.raises(FloatingPointError, match="the loss is nan"):
        side_by_side(fail, ["good", "bad"])
    assert minicv.get_num_threads() == 4
