from config.placeholders import placeholders_page
from core.analysis.template import PLACEHOLDERS


def test_every_placeholder_has_a_line_with_its_example():
    lines = placeholders_page().splitlines()
    for placeholder in PLACEHOLDERS:
        (line,) = [line for line in lines if line.startswith(f"| `<{placeholder.name}>`")]
        assert placeholder.example in line
