"""Where tensors are, how they move, and what is said when they cannot."""

import subprocess
import sys

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv import backend, cli, nn
from minicv.errors import DeviceError
from tests.gpu import stand_in


def test_made_on_the_device(cuda):
    made = [
        minicv.zeros(2, device="cuda"), minicv.ones(2, device="cuda"), minicv.full((2,), 3.0, device="cuda"),
        minicv.arange(4, device="cuda"), minicv.rand(2, device="cuda"), minicv.randn(2, device="cuda"),
        minicv.tensor([1.0, 2.0], device="cuda"), minicv.tensor(np.float32(2), device="cuda"),
    ]  # fmt: skip
    made += [minicv.zeros_like(made[0]), minicv.ones_like(made[3])]
    assert {t.device for t in made} == {"cuda"}
    assert made[3].dtype == np.int64 and made[9].dtype == np.int64
    assert all(isinstance(t.data, cuda.ndarray) and type(t.numpy()) is np.ndarray for t in made)


def test_to_and_fro(cuda):
    x = minicv.tensor([1.0, 2.0], requires_grad=True)
    there = x.to("cuda")
    assert there.device == "cuda" and x.cuda().device == "cuda" and there.to("cuda") is there
    (there * there).cpu().sum().backward()
    assert x.grad.device == "cpu" and x.grad.tolist() == [2, 4]
    assert "device=cuda" in repr(there) and repr(there.cpu().detach()) == "tensor([1., 2.])"
    assert there.tolist() == [1, 2] and there[1].item() == 2 and float(there[0]) == 1 and bool(there[0] == 1)


def test_a_tensor_is_a_copy(cuda):
    array = cuda.asarray(np.zeros(2, np.float32))
    assert minicv.tensor(array).device == "cuda"
    tensor = minicv.tensor(array)
    with minicv.no_grad():
        tensor[0] = 1
    assert array.tolist() == [0, 0] and tensor.tolist() == [1, 0]


def test_one_copy_up(on_the_host):
    stand_in.traffic.clear()
    minicv.tensor(np.zeros((3, 4)), dtype=np.float32, device="cuda")
    assert stand_in.traffic == [("up", 12)]


def test_the_same_seed(cuda):
    def draws():
        minicv.manual_seed(3)
        return (
            minicv.randn(3, device="cuda").tolist() + F.dropout(minicv.ones(8, device="cuda"), 0.5).tolist()
        )

    assert draws() == draws()


def test_a_change_in_place_is_noticed(cuda):
    x = minicv.tensor([1.0, 2.0], requires_grad=True, device="cuda")
    y = (x * x).sum()
    with minicv.no_grad():
        x[0] = 5.0
    with pytest.raises(minicv.errors.GraphError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize(
    "call",
    [
        lambda here, there: here + there,
        lambda here, there: there @ here,
        lambda here, there: F.conv2d(here.reshape(1, 1, 2, 2), there.reshape(1, 1, 2, 2)),
        lambda here, there: F.conv2d(there.reshape(1, 1, 2, 2), here.reshape(1, 1, 2, 2)),
        lambda here, there: minicv.concat([here, there]),
    ],
)
def test_two_devices_in_one_op(call, cuda):
    here = minicv.ones(2, 2)
    with pytest.raises(
        DeviceError, match=r'inputs must be on one device; got c.* and c.*model\.to\("cuda"\)'
    ):
        call(here, here.to("cuda"))


def test_a_model_left_behind(cuda):
    with pytest.raises(DeviceError, match="inputs must be on one device"):
        nn.Linear(2, 2)(minicv.ones(1, 2, device="cuda"))


# Without CuPy, and with CuPy where there is no GPU


@pytest.fixture(params=["no CuPy", "no GPU"])
def nothing(request, monkeypatch):
    """A machine without; what the sentence says of it."""
    if request.param == "no CuPy":
        monkeypatch.setitem(sys.modules, "cupy", None)
        return "needs CuPy, which is not installed.*pip install"
    monkeypatch.setitem(sys.modules, "cupy", stand_in.module)
    runtime = stand_in.module.cuda.runtime

    def refuse():
        raise runtime.CUDARuntimeError("cudaErrorNoDevice")

    monkeypatch.setattr(runtime, "getDeviceCount", refuse)
    return "finds no usable GPU .cudaErrorNoDevice"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: minicv.tensor([1.0], device="cuda"),
        lambda: minicv.zeros(2, device="cuda"),
        lambda: minicv.ones(2).to("cuda"),
        lambda: minicv.ones(2).cuda(),
        lambda: nn.Linear(2, 2).to("cuda"),
        lambda: backend.module_of("cuda"),
    ],
)
def test_a_clear_sentence(ask, nothing):
    with pytest.raises(RuntimeError, match=f'device "cuda".*{nothing}'):
        ask()


@pytest.mark.parametrize(
    "command", [["train", "lenet", "--data", "digits"], ["demo", "segmentation", "--out", "unused"]]
)
def test_the_commands_say_it_too(command, nothing, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert cli.main([*command, "--device", "cuda"]) != 0
    assert 'device "cuda"' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_importing_minicv_leaves_cupy_alone():
    check = "import sys, minicv; minicv.ones(2) + 1; assert 'cupy' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)
