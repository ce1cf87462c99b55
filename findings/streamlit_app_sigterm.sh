#!/bin/sh
# Streamlit 1.67 ends in two ways. `streamlit run script.py` takes SIGTERM, stops, and exits with 0 after atexit
# handlers have run. The same page served as `st.App("script.py")`, by the same `streamlit run`, is ended by the
# signal itself: uvicorn shuts down in order and then raises SIGTERM again under the default action, so no atexit
# handler runs (locks, child processes, last lines of a log). A handler for SIGTERM that calls sys.exit, set
# before the server starts, brings them back.
#
# Exits 1 where both ways end alike, or the handler does not help.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet streamlit==1.67.0 uvicorn==0.54.0
cd "$scratch"
cat >page.py <<'PY'
import streamlit as st

st.write("hello")
PY
cat >served.py <<'PY'
import streamlit as st

app = st.App("page.py")
PY
cat >start.py <<'PY'
"""start.py PORT SCRIPT HANDLER"""
import atexit
import signal
import sys

from streamlit.web.cli import main

port, script, handler = sys.argv[1:]
atexit.register(print, "atexit ran", flush=True)
if handler == "with":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
options = [f"--server.port={port}", "--server.headless=true", "--browser.gatherUsageStats=false"]
sys.argv = ["streamlit", "run", script, "--server.address=127.0.0.1", *options]
main()
PY
cat >ask.py <<'PY'
import importlib.metadata
import socket
import subprocess
import sys
import time
import urllib.request

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("streamlit", "uvicorn")))


def ended(script, handler):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "start.py", str(port), script, handler]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for _ in range(300):
        time.sleep(0.2)
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2)
            break
        except OSError:
            continue
    process.terminate()
    said, _ = process.communicate(timeout=60)
    found = process.returncode, "atexit ran" in said
    print(f"{script}, {handler} a handler: exit code {found[0]}, atexit handlers {'ran' if found[1] else 'did not run'}")
    return found


ways = ended("page.py", "without"), ended("served.py", "without"), ended("served.py", "with")
sys.exit(ways != ((0, True), (-15, False), (0, True)))
PY
"$scratch/venv/bin/python" ask.py
