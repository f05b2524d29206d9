"""Files that PyTorch itself wrote, and files that it reads."""

import numpy as np
import pytest

from minicv.io import load_weights, save_weights

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("new", [True, False])
def test_files_of_torch_save(new, tmp_path):
    state = {
        "whole": torch.randn(3, 4),
        "turned": torch.randn(3, 4).t(),
        "part": torch.randn(5, 5)[1:3, ::2],
        "brain": torch.randn(7, dtype=torch.bfloat16),
        "half": torch.randn(7).half(),
        "number": torch.tensor(3),
        "empty": torch.empty(0, 2),
        "mask": torch.tensor([True, False]),
        "parameter": torch.nn.Parameter(torch.randn(2)),
        "expanded": torch.randn(1).expand(4),
    }
    state["shared"] = state["whole"][1:]
    state |= torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3)).state_dict()
    for saved in (state, {"epoch": 3, "state_dict": state}):
        torch.save(saved, tmp_path / "w.pth", _use_new_zipfile_serialization=new)
        loaded = load_weights(tmp_path / "w.pth")
        assert list(loaded) == list(state)
        for name, tensor in state.items():
            tensor = tensor.detach()
            wanted = tensor.float().numpy() if tensor.dtype == torch.bfloat16 else tensor.numpy()
            assert loaded[name].dtype == wanted.dtype
            np.testing.assert_array_equal(loaded[name], wanted)


def test_torch_reads_what_is_saved(tmp_path):
    load_file = pytest.importorskip("safetensors.torch").load_file
    weights = {"a": np.arange(6, dtype=np.float32).reshape(2, 3).T, "n": np.array(3)}
    save_weights(weights, tmp_path / "w.safetensors")
    loaded = load_file(tmp_path / "w.safetensors")
    assert set(loaded) == set(weights)
    for name, tensor in loaded.items():
        assert tensor.numpy().dtype == weights[name].dtype
        np.testing.assert_array_equal(tensor.numpy(), weights[name])
