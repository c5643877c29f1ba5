"""People and their rights: logging in, sessions, permissions, profiles."""

import re

from core.analysis.details import Detail, found, told, user_of
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Advice
from core.errors import Category

_LIBRARIES = frozenset({
    "jwt", "jose", "authlib", "oauthlib", "requests_oauthlib", "itsdangerous", "passlib",
    "argon2", "msal", "allauth", "django.contrib.sessions", "fastapi_users", "flask_login",
    "django.contrib.auth", "rest_framework_simplejwt", "org.springframework.security",
    "microsoft.identitymodel", "devise", "io.jsonwebtoken", "com.auth0.jwt", "jsonwebtoken",
    "warden", "pundit", "cancan", "illuminate.auth", "passport", "next-auth",
})  # fmt: skip
_TYPES = frozenset({
    "JsonWebTokenError", "TokenExpiredError", "NotBeforeError", "ExpiredJwtException",
    "BadCredentialsException", "InvalidCredentialsError", "SessionExpired", "SessionInterrupted",
    "SecurityTokenExpiredException", "CSRFError", "InvalidAuthenticityToken",
})  # fmt: skip
_COMPONENTS = frozenset({
    "auth", "authentication", "authorization", "login", "session", "sessions", "user", "users",
    "profile", "account", "accounts", "signup", "oauth", "sso",
})  # fmt: skip
_DETAILS = (
    Detail("permission",
           re.compile(r"\bpermission(?: to)?:? ['\"]?([\w.:-]{2,80})|\bscope[ :=]{1,2}['\"]?"
                      r"([\w.:/-]{2,80})|\bmissing (?:role|scope|permission)[ :=]{1,2}['\"]?"
                      r"([\w.:/-]{2,80})"),
           ("permission", "scope", "role")),
    Detail("resource",
           re.compile(r"\b(?:access to|for resource|on resource|perform)(?: the)? ['\"]?"
                      r"([\w./:-]{2,100})"),
           ("access to", "resource", "perform")),
    Detail("field",
           re.compile(r"\b(?:field|attribute)[: ]{1,2}['\"`]?([\w.-]{1,60})"
                      r"|\b(e-?mail|username|password|avatar|phone(?: number)?|display name)\b",
                      re.IGNORECASE)),
    Detail("expired_at",
           re.compile(r"\bexpired(?: at| on)?[ :]{1,2}(\d{4}-\d\d-\d\d[T ][\d:.]{5,15}Z?)"),
           ("expired",)),
    Detail("retry_after",
           re.compile(r"\b(?:try again|retry|locked)[ _-]?(?:after|in|for) (\d{1,6} ?[a-z]{0,8})",
                      re.IGNORECASE),
           ("try again", "retry", "locked")),
)  # fmt: skip
_TOLD = {
    "user_id": "user", "permission": "permission", "required_role": "permission", "role": "role",
    "scope": "permission", "resource": "resource", "session_id": "session", "provider": "provider",
    "auth_method": "method", "field": "field", "retry_after": "retry_after", "grant": "method",
}  # fmt: skip

_KINDS = Kinds(
    Kind(
        "csrf", "The request does not prove that it comes from our own page.", 403,
        codes=("419",), types=("CSRFError", "CsrfException", "InvalidAuthenticityToken",
                               "TokenMismatchException", "InvalidCsrfTokenException"),
        words=("csrf", "xsrf", "authenticity token"),
    ),
    Kind(
        "token_expired", "The token was good, and its time is over.", 401,
        codes=("ExpiredToken", "ExpiredTokenException", "token_expired"),
        types=("ExpiredSignatureError", "TokenExpiredError", "ExpiredJwtException",
               "ExpiredTokenError", "SignatureExpired", "SecurityTokenExpiredException"),
        words=("signature has expired", "jwt expired", "token has expired", "token is expired",
               "token expired", "expired token"),
    ),
    Kind(
        "clock", "A token is from the future: clocks differ.", 401,
        codes=("RequestTimeTooSkewed", "RequestExpired"),
        types=("ImmatureSignatureError", "NotBeforeError", "PrematureJwtException",
               "SecurityTokenNotYetValidException"),
        words=("not yet valid", "used before", "clock skew", "jwt not active", "too skewed",
               "iat in the future", "(iat)", "(nbf)"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "token_invalid", "The token is none of ours, or was changed.", 401,
        codes=("invalid_token", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        types=("InvalidTokenError", "InvalidSignatureError", "DecodeError", "JsonWebTokenError",
               "BadSignature", "InvalidToken", "SignatureException", "MalformedJwtException",
               "JWTError", "InvalidAudienceError", "InvalidIssuerError"),
        words=("invalid token", "invalid signature", "jwt malformed", "signature verification",
               "bad signature", "invalid audience", "token is invalid"),
    ),
    Kind(
        "session", "There is no session, or its time is over.", 401,
        types=("SessionInterrupted", "SessionExpired", "InvalidSessionKey", "UpdateError",
               "SessionAuthenticationException", "InvalidCookieException"),
        words=("session", "cookie", "expired"),
    ),
    Kind(
        "locked", "The account is locked or switched off.", 403,
        types=("LockedException", "DisabledException", "AccountExpiredException", "UserInactive"),
        words=("account is locked", "account locked", "account is disabled", "inactive user",
               "user is inactive", "too many failed", "too many login attempts", "suspended"),
    ),
    Kind(
        "second_factor", "The second factor is missing or wrong.", 401,
        words=("two-factor", "second factor", "mfa", "otp", "one-time"),
    ),
    Kind(
        "authorization", "This person may not do this.", 403,
        codes=("403", "PERMISSION_DENIED", "AccessDenied", "AccessDeniedException",
               "insufficient_scope"),
        types=("PermissionDenied", "NotAuthorizedError", "AccessDenied", "Forbidden",
               "AuthorizationException", "AccessDeniedException", "AuthorizationDeniedException",
               "InsufficientScope", "NotPermitted", "InsufficientScopeError"),
        words=("permission", "forbidden", "not allowed", "denied", "not authorized", "may not",
               "insufficient scope", "insufficient privileges", "missing role"),
    ),
    Kind(
        "profile", "What is known of a person cannot be read or changed.", 422,
        types=("UserAlreadyExists", "EmailAlreadyExists", "InvalidProfile", "UserNotFound",
               "UsernameNotFoundException"),
        words=("profile", "already exists", "already taken", "already registered",
               "email address", "user not found", "no such user", "avatar", "display name"),
        categories=(Category.VALIDATION, Category.INTEGRITY, Category.NOT_FOUND),
    ),
    Kind(
        "authentication", "Nobody is logged in, or the credentials are wrong.", 401,
        codes=("401", "UNAUTHENTICATED", "invalid_grant", "invalid_client"),
        types=("AuthenticationFailed", "BadCredentialsException", "InvalidCredentialsError",
               "NotAuthenticated", "VerifyMismatchError", "AuthenticationException",
               "InvalidGrantError", "InsufficientAuthenticationException"),
        words=("login", "log in", "password", "credential", "unauthorized", "unauthenticated"),
        categories=(Category.AUTH,),
    ),
    Kind("unavailable", "The service for accounts does not answer.", 503,
         categories=(Category.CONNECTION, Category.TIMEOUT, Category.UNAVAILABLE, Category.SERVER),
         again=Advice.CIRCUIT_BREAK),
    Kind("account", "Another failure with an account.", 500),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES) or facts.type in _TYPES:
        return 0.85
    if facts.of_component(_COMPONENTS):
        return 0.7
    return 0.62 if facts.category is Category.AUTH else 0.0


def context(facts: Facts) -> dict[str, str]:
    details = {**found(_DETAILS, facts), **told(facts, _TOLD)}
    details.pop("session", None)  # whoever has the id has the session
    if user := user_of(facts):
        details["user"] = user
    return details


FAMILY = Family(
    "user",
    "USER",
    "People: logging in, sessions, rights and profiles.",
    weight,
    context,
    _KINDS,
)
