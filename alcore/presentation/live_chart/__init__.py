"""Charts that are interactive in the browser: their data, computed here, and the scripts that draw them."""
