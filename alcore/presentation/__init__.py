"""How results read and look: labels, sentences, palette, pictures and figures. It knows no page."""
