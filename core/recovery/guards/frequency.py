"""The same again and again mends nothing: N in M, then a person. Health resets it, but not a day's
total.
"""

from datetime import timedelta

from core.recovery.guard import Picture, Refusal, Then


def check(picture: Picture) -> Refusal | None:
    limits, now = picture.limits, picture.now
    day = sum(at > now - timedelta(days=1) for at in picture.acts)
    if day >= limits.most_a_day:
        return _refusal(picture, day, "a day")
    since = now - timedelta(seconds=limits.within)
    if picture.healthy_at is not None:
        since = max(since, picture.healthy_at)
    recent = sum(at > since for at in picture.acts)
    if recent >= limits.most:
        return _refusal(picture, recent, f"{limits.within:g} s")
    return None


def _refusal(picture: Picture, times: int, span: str) -> Refusal:
    reason = f"{picture.action} was ordered {times} times in {span} for {picture.target}"
    return Refusal("frequency", reason, Then.ESCALATE)
