from config import wiring
from config.settings import Settings


def test_databases_of_others_come_from_the_file_of_the_actions(tmp_path, monkeypatch):
    monkeypatch.setenv("ORDERS_PASSWORD", "secret")
    file = tmp_path / "actions.toml"
    file.write_text("""
        [databases.orders]
        url = "postgresql://mendline:${ORDERS_PASSWORD}@db.example:5432/orders"
    """)
    file.chmod(0o600)
    found = wiring.databases(Settings(actions_file=file), application="tests")
    assert found.keys() == {"orders"}
    assert found["orders"].url == "postgresql://mendline:secret@db.example:5432/orders"


def test_without_the_file_there_are_none():
    assert wiring.databases(Settings(actions_file=None), application="tests") == {}
