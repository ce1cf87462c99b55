"""A server for a lab with many strangers and viewers while a run trains: its memory, and a viewer's click.

    make bench-strangers
    python -m tests.benchmarks.strangers --strangers 20 --viewers 5 --seconds 60

A stranger has no link: opens the Lab's page, asks for an upload, metrics and a picture, and comes again. A
viewer has one, and has the page drawn again every few seconds, which is what a click does. First one viewer
clicks alone while the run trains, then all together. The last line is a row for docs/reliability.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from alcore.access.invitations import make_token
from alcore.access.roles import Role
from tests.conftest import ROOT, SMALL
from tests.dashboard import serving

_CLICK_EVERY, _ALONE = 2.0, 10
_ALCORE_RUN = ("nice", "-n", "5", sys.executable, "-m", "alcore", "run")
_LONG_RUN = SMALL | {"cycles": 10, "repetitions": 100, "threads": 2}


class Tab:
    """A session of the dashboard without a browser."""

    def __init__(self, address: str, query: str = "") -> None:
        self._address, self._query = address, query
        self.number = ""

    async def __aenter__(self) -> Tab:
        self._socket = await connect(
            f"{self._address.replace('http', 'ws', 1)}/_stcore/stream",
            origin=self._address,
            subprotocols=["streamlit"],
            max_size=None,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def click(self) -> float:
        """Have the page drawn; seconds until it is."""
        message, begun = BackMsg(), time.monotonic()
        message.rerun_script.query_string = self._query
        await self._socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await self._socket.recv())
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                self.number = answer.new_session.initialize.session_id
            if kind == "script_finished":
                return time.monotonic() - begun


async def stranger(address: str, end: float, seen: Counter[str]) -> None:
    """Come, ask for what is not for strangers, leave, and come again."""
    while time.monotonic() < end:
        async with Tab(address) as tab:
            await tab.click()
            upload = f"/_stcore/upload_file/{tab.number}/file"
            for method, path in (("PUT", upload), ("GET", "/_stcore/metrics"), ("GET", "/media/a.png")):
                seen[await asyncio.to_thread(_status, method, address + path)] += 1
            await asyncio.sleep(_CLICK_EVERY)


async def viewer(address: str, query: str, end: float, times: list[float]) -> None:
    """Click now and then."""
    async with Tab(address, query) as tab:
        await tab.click()
        while time.monotonic() < end:
            await asyncio.sleep(_CLICK_EVERY)
            times.append(await tab.click())


def _status(method: str, address: str) -> str:
    request = urllib.request.Request(address, b"x" * 1000 if method == "PUT" else None, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return str(response.status)
    except urllib.error.HTTPError as error:
        return str(error.code)


async def _all(address: str, home: Path, options: argparse.Namespace) -> tuple[list[float], Counter[str]]:
    end, seen, times = time.monotonic() + options.seconds, Counter[str](), list[float]()
    async with asyncio.TaskGroup() as everyone:
        for _ in range(options.strangers):
            everyone.create_task(stranger(address, end, seen))
        for _ in range(options.viewers):
            everyone.create_task(viewer(address, _link(home), end, times))
    return times, seen


async def _alone(address: str, home: Path) -> list[float]:
    times: list[float] = []
    await viewer(address, _link(home), time.monotonic() + _ALONE * _CLICK_EVERY, times)
    return times


def _link(home: Path) -> str:
    return f"token={make_token(home, Role.VIEWER, hours=1)}"


def main() -> None:
    """Serve, train, click alone and together, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strangers", type=int, default=200)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alcore-strangers-") as folder:
        home = Path(folder) / "home"
        (Path(folder) / "config.json").write_text(json.dumps(_LONG_RUN), encoding="utf-8")
        with serving(home, "--lab", "--server.address=127.0.0.1") as (address, server):
            run = subprocess.Popen(
                [
                    "nice",
                    "-n",
                    "5",
                    *_ALCORE_RUN,
                    f"{folder}/config.json",
                    "--out",
                    str(home / "runs" / "long"),
                ],
                cwd=ROOT,
                env=os.environ | {"ALCORE_HOME": str(home)},
                stdout=subprocess.DEVNULL,
            )
            try:
                alone = asyncio.run(_alone(address, home))
                before = psutil.Process(server.pid).memory_info().rss
                together, seen = asyncio.run(_all(address, home, options))
                after = psutil.Process(server.pid).memory_info().rss
            finally:
                run.terminate()
                run.wait()
    slow = [float(np.quantile(times, 0.95)) for times in (alone, together)]
    counts = f"--strangers {options.strangers} --viewers {options.viewers} --seconds {options.seconds:g}"
    print(
        f"| {options.strangers} strangers and {options.viewers} viewers for {options.seconds:g} s while a "
        f"run trains | {len(together)} clicks | answers to strangers by status {dict(seen)}; memory "
        f"{before >> 20} to {after >> 20} MiB ({after / before:.2f} times); 95 % of a viewer's clicks within "
        f"{slow[1]:.2f} s, alone {slow[0]:.2f} s ({slow[1] / slow[0]:.1f} times) | "
        f"`python -m tests.benchmarks.strangers {counts}` |"
    )


if __name__ == "__main__":
    main()
