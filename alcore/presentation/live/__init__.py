"""Curves that answer in the browser: what they are drawn from, and a page that needs no server."""
