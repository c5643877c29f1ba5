"""Why a message of the broker ends as a dead letter instead of a task."""

from core.errors import Category, ConflictError, InvalidInputError, MendlineError


class UnreadableMessageError(InvalidInputError):
    """No task can be started from this message."""

    code = "ML-MSG-0001"


class PoisonMessageError(MendlineError):
    """Every worker that took this message was lost with it."""

    code = "ML-MSG-0002"
    category = Category.OTHER_PERMANENT


class PutAwayError(ConflictError):
    """The task put its message away without doing its work."""

    code = "ML-MSG-0003"


class RevokedError(ConflictError):
    """An operator revoked this message."""

    code = "ML-MSG-0004"


class ExpiredError(ConflictError):
    """The message came to a worker after its time was over."""

    code = "ML-MSG-0005"
