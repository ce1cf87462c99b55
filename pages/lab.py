"""Lab: sliders build a pool, strategies learn live, and one sees what they chose."""

from alcore.ui.lab import lab_page

lab_page.show()
