import pytest

from core.analysis.place import file_name, stable


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/srv/build-17/shop/cart.py", "cart.py"),
        ("C:\\src\\Shop\\Cart.cs", "cart.cs"),
        ("https://x.example/static/main.3f2a1b9c.js?v=7#x", "static/main.#.js"),
        ("https://x.example/static/chunk-A1B2C3D4.js", "chunk-#.js"),
        ("/go/pkg/mod/github.com/x/y@v0.3.0/wait.go", "wait.go"),
        ("/app/users/index.js", "users/index.js"),
        ("lodash-4.17.21.js", "lodash.js"),
        ("tmp_1234567.py", "tmp_#.py"),
        ("https://x.example/assets/index-DiwrgTda.js", "index-#.js"),
        ("main-QWERTYUI.js", "main-#.js"),
        ("/_nuxt/B3f9x_1a.js", "#.js"),
        ("/views/3f2a1b9c3f2a1b9c3f2a1b9c.php", "#.php"),
        ("/app/main.py", "main.py"),
        ("/srv/shop/src/index.js", "index.js"),
        ("chunk.checkout.js", "chunk.checkout.js"),
        ("", ""),
    ],
)
def test_a_file_is_the_same_everywhere(path, name):
    assert file_name(path) == name


def test_short_numbers_belong_to_the_name():
    assert stable("md5") == "md5"
    assert stable("Utf8") == "utf8"
