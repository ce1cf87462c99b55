"""Charts that act in the browser: what they show, computed here once, and the script that draws it."""
