#!/bin/sh
# A chart that plotly 7 saves as HTML has a button that uploads it: plotly.js 4 shows "Share chart..." by default,
# and two clicks send the figure with its data to cloud.plotly.com. Earlier versions had it off (plotly.js 3:
# showSendToCloud false). It takes config={"showSendToCloud": False} to have it off again.
#
# Needs Chromium on the PATH. Exits 1 where the button is not there by default, or stays when it is turned off.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet plotly==7.1.0
cd "$scratch"
"$scratch/venv/bin/python" - <<'PY'
import plotly
import plotly.graph_objects as go

print("plotly", plotly.__version__)
figure = go.Figure(go.Scatter(x=[1, 2, 3], y=[3, 1, 2]))
for name, config in {"default": {}, "off": {"showSendToCloud": False}}.items():
    figure.write_html(f"{name}.html", config={"displayModeBar": True} | config)
PY
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
"$browser" --version
for name in default off; do
    "$browser" --headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking \
        --user-data-dir="$scratch/profile" --virtual-time-budget=5000 --dump-dom "file://$scratch/$name.html" \
        >"$name.dom" 2>"$name.log"
    echo "$name: $(grep -c 'class="main-svg"' "$name.dom") lines with a drawn chart," \
        "$(grep -o 'data-title="Share chart[^"]*"' "$name.dom" | wc -l) buttons to share it"
done
grep -q 'class="main-svg"' off.dom
grep -q 'data-title="Share chart' default.dom
if grep -q 'data-title="Share chart' off.dom; then exit 1; fi
