import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.patterns.reading import MOST_WORDS, VALUE, gaps, read


def shown(text):
    return " ".join(read(text).form)


@pytest.mark.parametrize(
    "value",
    [
        "5", "-16020", "1,234.5", "0x7fff5fbff8a0", "10.0.0.1:8080", "/10.0.0.1:8080",
        "fe80::1%eth0", "00:11:43:e3:ba:c3", "7c1811ed-e98f-4c9c-a9f9-58c757ff494f",
        "blk_-1608999687919862906", "deadbeef", "https://example.com/a?b=c", "hdfs://store/a",
        "/var/log/messages", "~/x", "C:\\a\\b", "ns.example.com",
        "proxy.cse.example.co.uk:5070", "bob@example.org", "12.5 MB", "19 bytes (1.2 KB)",
        "<1 sec", "00:17", "2024-02-20T22:16:36Z", "Fri Jun 17 07:07:00 2005",
        "Token{78af589 u0 com.x}", "1 2 3", "a1, b2, c3", "10.0.0.1, 10.0.0.2", "<*>", "<uuid>",
        "0|com.example.app|121|null|10111", "Info{com.example/com.example.App}",
    ],
)  # fmt: skip
def test_a_value_is_one_whatever_it_is_made_of(value):
    assert shown(f"seen {value} there") == f"seen {VALUE} there"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("session opened", "session opened"),
        ("retries=3, host=db1", "retries = <*> , host = <*>"),
        ("debug wait enable.....0", "debug wait enable ..... <*>"),
        ("name=com.example.App done", "name = <*> done"),
        ("action=ACTION_DOWN done", "action = ACTION_DOWN done"),
        ('tag="*alarm*" held', 'tag = " <*> " held'),
        ("user 'bob', host ''", "user ' <*> ' , host ' <*> '"),
        (r'err="open \"x\": no such file" now', 'err = " <*> " now'),
        (r'"started \"shop\" again"', r'" started \" <*> \" again "'),
        ('"sync done" source="api"', '" sync done " source = " <*> "'),
        ('pods=["a","b"] held', "pods = <*> held"),
        ('held "a", "b" and "c"', 'held " <*> " and " <*> "'),
        ("tables [shop.users, shop.orders] held", "tables [ <*> ] held"),
        ("command { find: shop, filter: { a: true } } ran", "command { <*> } ran"),
        ('{"level": "error", "event": "lost"}', '{ " level " : " error " , " event " : " lost " }'),
        ('"GET /a HTTP/1.1" answered', '" GET <*> " answered'),
        ('ran "GET /a HTTP/1.1" again', 'ran " GET <*> " again'),
        ("merged x:level=1:level=2:level=3", "merged x : level = <*>"),
        ("users' data and others' data", "users ' data and others ' data"),
        ("mapred.job.id is deprecated", "mapred.job.id is deprecated"),
        ("jetty-6.1.26", "jetty - <*>"),
        ("", ""),
    ],
)
def test_forms(text, form):
    assert shown(text) == form


def test_values_are_the_parameters():
    assert read("took 5 ms at 10.0.0.1:80").parameters == ("5 ms", "10.0.0.1:80")


@given(st.text(max_size=300))
def test_any_text_has_a_form(text):
    line = read(text)

    assert len(line.parameters) == line.form.count(VALUE)
    assert len(gaps(text)) == len(line.form)


# What every shape begins with, again and again: nothing may be tried from every place to the end.
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    ["a.", "A{", "A{ {", "0:", "ab:", "1,", "a@", "./", "...", '="', "a=b.c", "Mon Jan ", "<", "f",
     "x1 ", "http://", "C:\\", "_-", "com.", "#|~@"],
)  # fmt: skip
def test_a_long_line_is_read_in_one_go(part):
    assert len(read(part * 20_000).form) <= MOST_WORDS


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "2024-01-02 03:04:05,123 INFO shop: order paid",
            "2025-11-12 13:14:15,007 WARN shop: order paid",
        ),
        ("2024-01-02T03:04:05Z ERROR order lost", "2024-01-02T03:04:06Z FATAL order lost"),
        ("Jan  2 03:04:05 web1 sshd[17]: closed", "Dec 12 13:14:15 db-2.prod sshd[4711]: closed"),
    ],
)
def test_what_a_header_left_on_the_line_is_a_value(first, second):
    assert read(first).form == read(second).form


def test_words_that_only_look_like_a_level_stay():
    assert "ERROR" in read("state changed to ERROR by user").form
    assert "INFORMED" in read("17 INFORMED users").form
