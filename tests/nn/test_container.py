"""Sequential and ModuleList."""

import pytest

import minicv
from minicv import nn


class Add(nn.Module):
    def __init__(self, number):
        super().__init__()
        self.number = nn.Parameter(minicv.full((), float(number)))

    def forward(self, x):
        return x * 10 + self.number


def names(container):
    return [name for name, _ in container.named_children()]


def test_sequential_applies_in_order():
    assert nn.Sequential(Add(1), Add(2), Add(3))(minicv.tensor(0.0)).item() == 123
    assert nn.Sequential()(5) == 5


def test_sequential_from_a_dict_and_by_index():
    net = nn.Sequential({"one": Add(1), "two": Add(2)})
    assert names(net) == ["one", "two"] and net[-1] is net.two and len(net) == 2
    net[0] = Add(7)
    assert names(net) == ["one", "two"] and net(minicv.tensor(0.0)).item() == 72
    assert list(net) == [net.one, net.two]


def test_a_slice_keeps_the_names_and_shares_the_modules():
    net = nn.Sequential(Add(1), Add(2), Add(3), Add(4))
    tail = net[2:]
    assert type(tail) is nn.Sequential and names(tail) == ["2", "3"] and tail[0] is net[2]
    tail.append(Add(5))
    assert tail(minicv.tensor(0.0)).item() == 345 and names(tail) == ["2", "3", "4"]


def test_append_and_extend():
    net = nn.Sequential(Add(1)).append(Add(2)).extend([Add(3), Add(4)])
    assert names(net) == ["0", "1", "2", "3"] and net(minicv.tensor(0.0)).item() == 1234


def test_module_list():
    parts = nn.ModuleList(Add(n) for n in range(4))
    assert list(parts.state_dict()) == [f"{n}.number" for n in range(4)]
    assert [part.number.item() for part in parts] == [0, 1, 2, 3]
    half = parts[::2]
    assert type(half) is nn.ModuleList and names(half) == ["0", "1"] and half[1] is parts[2]
    parts[1] = nn.Identity()
    assert names(parts) == ["0", "1", "2", "3"] and isinstance(parts[1], nn.Identity)
    with pytest.raises(NotImplementedError, match="ModuleList: forward"):
        parts(minicv.ones(1))


def test_only_modules_go_in():
    with pytest.raises(TypeError, match="Sequential: part 1 must be a Module; got a function"):
        nn.Sequential(nn.Identity(), minicv.exp)
    with pytest.raises(TypeError, match="ModuleList: part 0 must be a Module; got a Tensor"):
        nn.ModuleList([minicv.ones(1)])
    with pytest.raises(IndexError):
        nn.Sequential(nn.Identity())[1]


def test_one_module_twice_runs_twice_and_counts_once():
    step = Add(1)
    net = nn.Sequential(step, step)
    assert net(minicv.tensor(0.0)).item() == 11 and len(list(net.parameters())) == 1
    assert len(net) == 2 and list(net.state_dict()) == ["0.number", "1.number"]
