"""No sequence of inputs makes the platform act without end: over pure state, for any inputs."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from core.delays import Fixed
from core.recovery.decision import Decision, Verb
from core.recovery.guard import Picture
from core.recovery.guards import refusal
from core.recovery.limits import Limits
from core.recovery.mode import Mode
from core.recovery.strategies import STRATEGIES
from core.recovery.strategy import Given, Use
from core.resilience.backoff import RetryPolicy
from tests.unit.core.recovery.situations import situation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LIMITS = st.builds(
    Limits,
    cooldown=st.sampled_from([0.0, 1.0, 60.0]),
    most=st.integers(1, 5),
    within=st.sampled_from([10.0, 900.0]),
    most_a_day=st.integers(1, 12),
    attempts=st.integers(1, 12),
)
# What may happen, and how many seconds after what was before.
INPUTS = st.lists(
    st.tuples(st.sampled_from(["ask", "healthy", "new recovery", "approved"]), st.floats(0, 5_000)),
    max_size=200,
)


@given(LIMITS, INPUTS)
def test_whatever_happens_a_target_is_acted_on_so_often_a_day_at_most(limits, inputs):
    now, acts, healthy, taken, approved = NOON, [], None, 0, False
    for what, seconds in inputs:
        now += timedelta(seconds=seconds)
        if what == "healthy":
            healthy = now
        elif what == "new recovery":
            taken, approved = 0, False
        elif what == "approved":
            approved = True
        picture = Picture(
            now=now,
            action="mend",
            target="pool:a",
            mode=Mode.APPROVE if approved else Mode.AUTO,
            limits=limits,
            acts=[at for at in reversed(acts) if at > now - DAY],
            healthy_at=healthy,
            taken=taken,
            approved=approved,
        )
        if refusal(picture) is None:
            acts.append(now)
            taken += 1
    for at in acts:
        assert sum(at - DAY < each <= at for each in acts) <= limits.most_a_day
    if healthy is None:
        span = timedelta(seconds=limits.within)
        assert all(sum(at - span < each <= at for each in acts) <= limits.most for at in acts)


class Stubborn:
    """A strategy of a plug-in that never gives up."""

    name = "stubborn"

    def decide(self, found, given):
        return Decision(Verb.ACT, "again", "mend", "pool:a")


CHAINS = st.lists(st.sampled_from([*STRATEGIES, "stubborn"]), max_size=12)


@given(CHAINS, st.integers(1, 12), st.integers(1, 20), st.integers(1, 9), st.booleans())
def test_whatever_a_chain_is_made_of_a_recovery_ends(chain, attempts, uses, retries, replayable):
    """Each try fails; guards that only say later are asked until they say yes."""
    known, limits = STRATEGIES | {"stubborn": Stubborn()}, Limits(attempts=attempts, cooldown=0)
    found, taken, looks = situation(replayable=replayable, release="1", new_in_release=True), 0, 0
    retry = RetryPolicy(retries, Fixed(1))
    for name in chain:
        tries, use = 0, Use("mend", "pool:a", attempts=uses)
        while True:
            looks += 1
            decision = known[name].decide(found, Given(retry, tries, Random(1), use))
            if decision.verb in {Verb.SKIP, Verb.ESCALATE}:
                break
            picture = Picture(
                now=NOON,
                action="mend",
                target="pool:a",
                mode=Mode.AUTO,
                limits=limits,
                taken=taken,
            )
            if decision.verb is Verb.ACT and refusal(picture) is not None:
                break
            taken, tries = taken + (decision.verb is Verb.ACT), tries + 1
            assert looks < 1_000
    assert taken <= attempts
