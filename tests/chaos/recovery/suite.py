"""Does the faults to a ground, and finds out what became of each."""

import traceback
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from tests.chaos.recovery.fault import ImpossibleError
from tests.chaos.recovery.ground import in_time
from tests.chaos.recovery.outcome import AT_ONCE, WORST, Left, Mended

# States after which the platform does nothing more by itself.
ENDED = {
    *("recovered", "subsided", "refused", "shadowed", "reported", "rejected", "expired"),
    *("escalated", "failed"),
}
# What is no act, and what only watches the client.
IDLE = {"skipped", "refused", "reported", "shadowed", "watched"}
NO_HELP = {"escalate", "fail_fast"}


def mended(ground, faults, *, at_once, verdicts=True):
    """Those of one family come after one another: they share what they break.

    `verdicts`: the platform's is waited for also where the application has mended it by itself.
    """
    for each in faults:
        if each.policy:
            ground.policy(_placed(each, ground), component=each.component)
    families = defaultdict(list)
    for each in faults:
        families[each.family].append(each)

    def done(family):
        return [_done(ground, each) for each in family]

    with ThreadPoolExecutor(at_once) as pool:
        found = [result for batch in pool.map(done, families.values()) for result in batch]
    return [_looked(ground, each) if verdicts or each.by == "engine" else each for each in found]


def _placed(fault, ground):
    place = f"http://127.0.0.1:{ground.shop.port}"
    return fault.policy.replace("SHOP", place).replace("COMPONENT", fault.component)


def _done(ground, fault):
    result = Mended(fault.name, fault.family, fault.by)
    try:
        _through(ground, fault, result)
    except ImpossibleError as error:
        result.impossible = str(error)
    except Exception as error:  # noqa: BLE001 (the others go on)
        result.recovered, result.why = False, _told(error)
    return result


def _through(ground, fault, result):
    course = fault.course(ground)
    lived = next(course)
    result.answers = lived.answers
    result.error = lived.errors[0] if lived.errors else ""
    if fault.by == "application":
        result.recovered = lived.succeeded and bool(lived.answers)
        result.seconds = lived.seconds
        result.why = "" if result.recovered else "the application's own attempts did not help"
    else:
        last = in_time(lambda: _last(ground, fault.component), within=WORST)
        result.recovered = last is not None and last["state"] == "recovered"
        result.why = "" if result.recovered else str(last and last["reason"])
    next(course, None)


def _last(ground, component):
    """The newest recovery, once all of them have ended."""
    found = ground.recoveries(component)
    if found and all(each["state"] in ENDED for each in found):
        return found[-1]
    return None


def _looked(ground, result):
    """What the platform itself says, for those as well that the application has mended."""
    component = result.name.replace(" ", "-")
    in_time(lambda: _last(ground, component), within=60 if not result.impossible else 0)
    found = ground.recoveries(component)
    if not found:
        return result
    result.state = found[-1]["state"]
    if result.state == "recovered":
        result.verified = _between(found[0]["first_event_at"], found[-1]["ended_at"])
    if result.by == "engine":
        result.seconds = result.verified
    tried = [each for recovery in found for each in ground.attempts(recovery)]
    result.strategies = [
        f"{each['strategy']}: {each['action'] or 'watch'} {each['state']}"
        for each in tried
        if each["state"] != "skipped"
    ]
    result.error = result.error or ground.get(f"issues/{found[0]['issue_id']}")["title"]
    return result


def left(ground, lasting):
    """All of them fail, and then it is looked at what was done about them."""
    courses = [
        ground.caller.work(each.component, "work", lambda each=each: each.act(ground))
        for each in lasting
    ]
    names = {each.component for each in lasting}
    in_time(lambda: names <= {each["component"] for each in _escalated(ground)}, within=AT_ONCE)
    return [_left(ground, each, course) for each, course in zip(lasting, courses, strict=True)]


def _escalated(ground):
    return ground.get("recoveries", state="escalated", limit=100)


def _left(ground, lasting, course):
    answer = course.answers[0]["action"] if course.answers else "none"
    error = course.errors[0] if course.errors else ""
    result = Left(lasting.name, error, answer)
    if not course.answers:
        result.wrong.append("it did not fail")
    result.wrong += [
        f"told to {each['action']}" for each in course.answers if each["action"] not in NO_HELP
    ]
    found = ground.recoveries(lasting.component)
    if not found:
        result.wrong.append("nobody was called")
        return result
    last = found[-1]
    result.state = last["state"]
    if last["state"] != "escalated" or len(found) > 1:
        result.wrong.append(f"{len(found)} recoveries, the last one {last['state']}")
    else:
        result.seconds = _between(found[0]["first_event_at"], last["ended_at"])
        if result.seconds > AT_ONCE:
            result.wrong.append("not at once")
    result.wrong += [
        f"{each['strategy']}: {each['action']} {each['state']}"
        for recovery in found
        for each in ground.attempts(recovery)
        if each["state"] not in IDLE
    ]
    return result


def _between(first, last):
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def _told(error):
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({where.name}:{where.lineno})"[:400]
