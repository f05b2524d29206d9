import subprocess
import sys


def test_importing_the_data_sets_loads_no_library_for_files():
    script = (
        "import sys, minicv.data; minicv.data.Meadow(size=32)[0];"
        "print([m for m in ('PIL', 'sklearn', 'matplotlib', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
