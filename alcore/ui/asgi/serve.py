"""What `alcore dashboard` serves: app.py and its pages, behind the gate that each request passes."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from alcore.access.admission import is_loopback
from alcore.home import DASHBOARD
from alcore.ui.gate import Gate


@asynccontextmanager
async def _in_a_browser(_app: st.App) -> AsyncIterator[None]:
    """Open the dashboard where somebody sits at this machine, as `streamlit run` does for a script."""
    if not st.get_option("server.headless"):
        address, base = st.get_option("server.address"), st.get_option("server.baseUrlPath")
        host = address if is_loopback(address) and ":" not in address else "localhost"
        url = f"http://{host}:{st.get_option('server.port')}/{base or ''}"
        asyncio.get_running_loop().run_in_executor(None, webbrowser.open, url)
    yield


app = st.App(DASHBOARD / "app.py", lifespan=_in_a_browser, middleware=[Middleware(Gate)])
