import pytest

from config.actions import DeclarationError, declared, problems
from core.outbound.signing import new_secret
from core.recovery.declared import Declared

SECRET = new_secret()
ENVIRONMENT = {
    "SHOP_SECRET": SECRET,
    "SHOP_TOKEN": "hunter22hunter22",
    "ORDERS_URL": "postgresql://me:hunter22@db.internal/orders",
    "CACHE_PASSWORD": "opensesame",
}
WHOLE = """
[webhooks.shop]
url = "https://shop.example/hooks"
secret = "${SHOP_SECRET}"
headers = { Authorization = "Bearer ${SHOP_TOKEN}" }
takes_back = true

[commands.restart-nginx]
argv = ["/usr/bin/systemctl", "restart", "{unit}.service"]
parameters = { unit = "nginx|php-fpm" }
undo = ["/usr/bin/systemctl", "stop", "{unit}.service"]
user = "nobody"
seconds = 20
memory_mb = 64

[databases.orders]
url = "${ORDERS_URL}"

[transactions.settle]
database = "orders"
statements = ["UPDATE orders SET settled = true WHERE id = %(order)s"]

[queries.stuck]
database = "orders"
sql = "SELECT count(*) FROM orders WHERE NOT settled"
at_most = 5

[caches.carts]
url = "redis://:${CACHE_PASSWORD}@cache.internal/0"
prefix = "cart:"

[folders.uploads]
path = "/var/spool/uploads"
pattern = "*.tmp"
older_than_seconds = 3600

[failovers.orders]
switch = "orders.database"
values = ["primary", "standby"]
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "actions.toml"
        file.write_text(text)
        file.chmod(0o644)
        return file

    return write


def test_a_file_declares_everything_by_name(written):
    found = declared(written(WHOLE), ENVIRONMENT)
    assert found.webhooks["shop"].headers == {"Authorization": "Bearer hunter22hunter22"}
    assert found.webhooks["shop"].secrets == (SECRET,)
    assert found.commands["restart-nginx"].limits.memory_mb == 64
    assert found.databases["orders"].url == ENVIRONMENT["ORDERS_URL"]
    assert found.transactions["settle"].isolation == "serializable"
    assert found.queries["stuck"].at_most == 5
    assert found.caches["carts"].url == "redis://:opensesame@cache.internal/0"
    assert found.folders["uploads"].seconds == 3600
    assert found.failovers["orders"].values == ("primary", "standby")


def test_secrets_are_known_and_never_shown(written):
    found = declared(written(WHOLE), ENVIRONMENT)
    assert found.secrets == frozenset(ENVIRONMENT.values())
    for secret in ("hunter22", "opensesame", SECRET):
        assert secret not in repr(found)


def test_nothing_is_declared_without_a_file():
    assert declared(None) == Declared()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[webhook.a]\nurl = 'x'", "webhook: is no kind of entry"),
        ("[webhooks.a]\nurl = 'https://a/'", "webhooks.a.secret: Field required"),
        ("[webhooks.a]\nurl = 'ftp://a/'\nsecret = '${SHOP_SECRET}'", "begins with http"),
        ("[webhooks.a]\nurl = 'https://a/'\nsecret = 'whsec_abc'", "put it into the environment"),
        ("[webhooks.a]\nurl = 'https://a/'\nsecret = '${NO}'", "NO, which is not set"),
        ("[webhooks.a]\nurl = 'https://a/'\nsecret = '${SHOP_TOKEN}'", "24 to 64 bytes"),
        ("[webhooks.'a b']\nurl = 'https://a/'\nsecret = '${SHOP_SECRET}'", "the name has"),
        ("[commands.a]\nargv = ['systemctl']", "whole path"),
        ("[commands.a]\nargv = []", "at least 1 item"),
        ("[commands.a]\nargv = ['/bin/a', '{x}']", "does not say what x may be"),
        ("[commands.a]\nargv = ['/bin/a']\nparameters = {x = 'a'}", "x stands nowhere"),
        ("[commands.a]\nargv = ['/bin/a', '{x}']\nparameters = {x = '.*'}", "everything through"),
        ("[commands.a]\nargv = ['/bin/a', '{x}']\nparameters = {x = '('}", "pattern of x"),
        (
            "[commands.a]\nargv = ['/bin/sh', '-c', 'rm {x}']\nparameters = {x = '[a-z]+'}",
            "part of the script",
        ),
        ("[commands.a]\nargv = ['/bin/a', '${SHOP_TOKEN}']", "has no variables"),
        ("[commands.a]\nargv = ['/bin/a']\nshell = true", "commands.a.shell"),
        ("[commands.a]\nargv = ['/bin/a']\nseconds = 0", "commands.a.seconds"),
        ("[commands.a]\nargv = '/bin/a'", "commands.a.argv"),
        ("[databases.a]\nurl = 'postgresql://me:hunter22@db/x'", "put it into the environment"),
        ("[databases.a]\nurl = 'mysql://db/x'", "begins with postgresql"),
        ("[transactions.a]\ndatabase = 'b'\nstatements = ['SELECT 1']", "no [databases.b]"),
        ("[queries.a]\ndatabase = 'b'\nsql = 'SELECT 1'", "nothing is checked"),
        ("[caches.a]\nurl = 'redis://c/0'\nprefix = ''", "caches.a.prefix"),
        ("[folders.a]\npath = '/tmp'\npattern = '*'\nolder_than_seconds = 60", "two folders"),
        ("[folders.a]\npath = '/a/../etc'\npattern = '*'\nolder_than_seconds = 60", "without .."),
        ("[folders.a]\npath = '/etc/a/b'\npattern = '*'\nolder_than_seconds = 60", "the system"),
        ("[failovers.a]\nswitch = 's'\nvalues = ['one']", "at least 2 items"),
        ("webhooks = 3", "is not a table"),
        ("[webhooks", "is not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(written, text, told):
    found = problems(written(text), ENVIRONMENT)
    assert any(told in each for each in found), found
    assert all("actions.toml" in each for each in found)
    assert "hunter22" not in "".join(found)


def test_everything_that_is_wrong_is_told_at_once(written):
    file = written("[webhooks.a]\nurl = 'x'\n[commands.b]\nargv = ['x']\n[nothing.c]\n")
    assert len(problems(file, {})) == 3
    with pytest.raises(DeclarationError, match=r"(?s)webhooks\.a.*commands\.b"):
        declared(file, {})


def test_a_file_that_others_may_write_is_refused(written):
    file = written(WHOLE)
    file.chmod(0o666)
    with pytest.raises(DeclarationError, match="chmod go-w"):
        declared(file, ENVIRONMENT)


def test_a_file_that_is_missing_is_told(tmp_path):
    with pytest.raises(DeclarationError, match="cannot be read"):
        declared(tmp_path / "none.toml")
