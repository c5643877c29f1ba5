"""What can go wrong around a breaker, besides what it guards."""

from core.errors import Category, DependencyError, NotFoundError, UnprocessableError


class BreakerOpenError(DependencyError):
    """The circuit breaker is open: the call was not made."""

    code = "ML-BREAKER-0001"
    category = Category.UNAVAILABLE


class UnknownBreakerError(NotFoundError):
    """There is no such breaker."""

    code = "ML-BREAKER-0003"


class TooManyBreakersError(UnprocessableError):
    """There are as many breakers as there may be; use fewer names, or declare them."""

    code = "ML-BREAKER-0004"


class BreakerNameError(UnprocessableError):
    """A breaker's name has 1 to 200 printable characters."""

    code = "ML-BREAKER-0005"


class BreakerStateUnavailableError(DependencyError):
    """The shared state of the breakers cannot be reached."""

    code = "ML-BREAKER-0006"
    category = Category.CONNECTION
