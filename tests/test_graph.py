"""The graph as text."""

import pytest

import minicv
from minicv import Function, GraphError


def test_the_lines_are_in_order_of_execution_and_name_what_they_use():
    x = minicv.tensor([[1.0, 2.0]], requires_grad=True)
    w = minicv.tensor([[1.0], [3.0]], requires_grad=True)
    y = ((x @ w) * 2 + x.sum()).exp()
    lines = [line.split() for line in str(minicv.graph(y)).splitlines()]
    leaves = {line[0]: line for line in lines if line[1] == "leaf"}
    assert {" ".join(line[2:]) for line in leaves.values()} == {"(1, 2) float32", "(2, 1) float32"}
    names = [line[1].split("(")[0] for line in lines if line[1] != "leaf"]
    assert sorted(names) == ["Add", "Exp", "MatMul", "Mul", "Sum"] and names[-2:] == ["Add", "Exp"]
    seen = set()
    for line in lines:
        call = " ".join(line[1:]).partition("(")[2].partition(")")[0]
        for used in call.split(", ") if line[1] != "leaf" else []:
            assert used in seen | {"const"}
        seen.add(line[0])


def test_the_text_of_a_small_graph():
    x = minicv.tensor([1.0, 2.0, 3.0], requires_grad=True)
    assert str(minicv.graph((x * 2).sum())) == (
        "x0       leaf                           (3,) float32\n"
        "%1       Mul(x0, const)                 (3,) float32\n"
        "%2       Sum(%1)                        () float32"
    )


def test_outputs_are_numbered_where_there_are_several():
    class Two(Function):
        def forward(self, x):
            return x + 1, x + 2

        def backward(self, a, b):
            return a + b

    x = minicv.ones(2, requires_grad=True)
    a, b = Two()(x)
    text = str(minicv.graph(a * b))
    assert "Mul(%1.0, %1.1)" in text and "(2,) float32, (2,) float32" in text


def test_nodes_and_edges_for_drawing():
    x = minicv.ones(2, requires_grad=True)
    y = x.exp()
    z = y * y
    graph = minicv.graph(z)
    assert graph.nodes == [y.creator, z.creator]
    assert graph.edges() == [(y.creator, z.creator)] * 2


def test_a_graph_that_was_used_still_prints():
    x = minicv.ones(2, requires_grad=True)
    y = x.exp().sum()
    y.backward()
    assert "Exp(x0)" in str(minicv.graph(y))


def test_nothing_recorded_is_said():
    with pytest.raises(GraphError, match="a leaf or was computed under no_grad"):
        minicv.graph(minicv.ones(2))


def test_a_deep_graph_prints():
    x = minicv.ones(1, requires_grad=True)
    y = x
    for _ in range(3000):
        y = y + 1
    assert len(str(minicv.graph(y)).splitlines()) == 3001
