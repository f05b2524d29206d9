"""torchvision, where it is installed for the PyTorch that is; otherwise the tests that import this are skipped."""

import pytest

try:
    import torchvision  # noqa: F401
except (ImportError, RuntimeError) as missing:  # RuntimeError: it was built for another PyTorch
    pytest.skip(f"no torchvision: {missing}", allow_module_level=True)
