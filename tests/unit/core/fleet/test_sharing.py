import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fleet.sharing import Place, room, share


def place(host, children=1, **changes):
    return Place(
        **{"host": host, "children": children, "least": 1, "most": 8, "room": 99} | changes
    )


def test_growth_goes_to_the_emptiest_host():
    assert share(6, [place("a", 4), place("b", 1)]) == {"a": 4, "b": 2}


def test_the_fullest_gives_first():
    assert share(4, [place("a", 6), place("b", 2)]) == {"a": 2, "b": 2}


def test_larger_hosts_take_more():
    assert share(6, [place("a", most=4), place("b", most=8)]) == {"a": 2, "b": 4}


def test_a_host_without_room_keeps_what_it_has():
    assert share(9, [place("a", 3, room=0), place("b", 1)]) == {"a": 3, "b": 6}


def test_less_than_all_floors_is_meant():
    assert share(0, [place("a"), place("b")]) == {"a": 0, "b": 0}
    assert sum(share(1, [place("a"), place("b")]).values()) == 1


def test_nobody_is_given_nothing():
    assert share(5, []) == {}


places = st.lists(
    st.builds(
        place,
        st.sampled_from("abcdef"),
        st.integers(0, 8),
        least=st.integers(0, 2),
        most=st.integers(2, 8),
        room=st.integers(-1, 8),
    ),
    max_size=6,
    unique_by=lambda each: each.host,
)


@given(st.integers(0, 60), places)
def test_the_total_is_met_as_far_as_the_hosts_allow(total, found):
    shared = share(total, found)
    assert sum(shared.values()) <= max(total, 0)
    assert all(0 <= shared[each.host] <= each.most for each in found)
    grown = [each for each in found if shared[each.host] > each.children]
    assert all(shared[e.host] <= max(e.children + max(e.room, 0), e.least) for e in grown)


@pytest.mark.parametrize(("spare", "children"), [(350, 3), (99, 0), (0, 0), (-500, 0)])
def test_what_is_spare_has_room_for_whole_children(spare, children):
    assert room(spare, child=100) == children
