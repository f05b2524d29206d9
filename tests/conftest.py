"""Settings that every test shares: how Hypothesis draws, and the seed it draws from."""

import gc
import os
import secrets
import zlib

import pytest
from hypothesis import HealthCheck, settings

import minicv

# A first call compiles, so no deadline; a busy machine is slow to draw, so no health check on time.
settings.register_profile(
    "minicv",
    deadline=None,
    derandomize=False,
    print_blob=True,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("minicv"), max_examples=300)
# For .ci/run: who lands a change is not answered by luck, so the same tree always gets the same verdict. Draws that
# nobody has seen are made by everybody's own runs, and by the thorough profile.
settings.register_profile("ci", settings.get_profile("minicv"), derandomize=True)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "minicv")
settings.load_profile(PROFILE)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Draw the seed here rather than inside Hypothesis, so that it can be printed and given back.

    Hypothesis itself needs none where it derandomizes: there it draws from what each test's source says.
    """
    if config.getoption("hypothesis_seed") is None:
        drawn = 0 if settings().derandomize else secrets.randbelow(2**32)
        config.option.hypothesis_seed = str(drawn)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Let minicv's own random numbers follow from that seed too, whichever tests ran before."""
    minicv.manual_seed(zlib.crc32(item.config.getoption("hypothesis_seed").encode()))


@pytest.fixture(scope="module", autouse=True)
def the_collector_looks_at_what_is_new():
    """Whoever collects garbage on purpose need not walk over PyTorch and four thousand tests each time."""
    gc.collect()
    gc.freeze()


def pytest_report_header(config):
    again = f"--hypothesis-seed={config.getoption('hypothesis_seed')}"
    if settings().derandomize:
        again = f"HYPOTHESIS_PROFILE={PROFILE}"
    return f"hypothesis draws: profile {PROFILE}; the same again with {again}"
