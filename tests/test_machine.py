"""What a process takes of the machine."""

import platform
import subprocess
import sys

import psutil
import pytest

from tests.pace import pace

_HEAPS_OF_TWELVE_THREADS = """
import ctypes, sys, threading
from alcore.machine import share_heaps

if sys.argv[1] == "shared":
    share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(12)

def allocate():
    libc.malloc(1000)
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps of threads are glibc's")
def test_threads_of_a_server_share_two_heaps(tmp_path):
    def heaps(how: str) -> int:
        output = tmp_path / how
        subprocess.run([sys.executable, "-c", _HEAPS_OF_TWELVE_THREADS, how, output], check=True)
        return output.read_text().count("<heap nr=")

    assert heaps("shared") <= 2 < heaps("own")


_STARTS_ONE_THAT_LOADS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(120)
"""
_LOADS = """
import time
from alcore.machine import ending_with_parent
with ending_with_parent():
    print("loading", flush=True)
    time.sleep(120)
"""


def test_a_process_that_still_loads_does_not_outlive_the_one_that_started_it():
    command = [sys.executable, "-c", _STARTS_ONE_THAT_LOADS, _LOADS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        loading = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    _, alive = psutil.wait_procs([loading], timeout=30 * pace())
    for one in alive:
        one.kill()
    assert not alive, "it saw that its parent had gone"
