"""Which librdkafka properties a configuration may set, and why not the others."""

import re

_OURS = "is set by the exporter itself, which joins no group and writes nothing"
_REFUSED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"bootstrap\.servers|metadata\.broker\.list", "belongs in bootstrap_servers"),
        (r"group\..*|partition\.assignment\.strategy|session\.timeout\.ms|heartbeat\.interval\.ms", _OURS),
        (r"enable\.auto\..*|auto\.commit\..*|auto\.offset\.reset|offset\.store\..*", _OURS),
        (r"allow\.auto\.create\.topics", "stays false: the exporter must never create a topic"),
        (r"isolation\.level", "belongs in isolation_level of the mirror"),
        (r"transactional\.id|transaction\..*|enable\.idempotence|acks|request\.required\.acks", _OURS),
        (r"plugin\.library\.paths|ssl\.engine\..*|ssl_engine_.*", "would load foreign code"),
        (r"sasl\.kerberos\.kinit\.cmd", "would run a command of the shell"),
        (r"test\.mock\..*", "is for tests of librdkafka alone"),
        (r"statistics\.interval\.ms|enable\.partition\.eof|log\.queue|enabled_events|opaque", _OURS),
        (r".*_cb|.*\.cb|on_.*|logger|interceptors", "is a callback and cannot be configured"),
        (r"default[._]topic[._]conf(ig)?", "is about writing, which the exporter never does"),
        (r"client\.id", "is fixed, so that operators can set quotas for it"),
    )
)
# sasl.oauthbearer.config holds a secret among other things.
_SECRET = re.compile(r".*\.(password|passphrase|secret|token)|.*key\.pem|sasl\.oauthbearer\.config")


def refusal(name: str, *, is_secret_place: bool) -> str | None:
    """Why a property may not be set here; None if it may."""
    for pattern, sentence in _REFUSED:
        if pattern.fullmatch(name):
            return sentence
    if not is_secret_place and _SECRET.fullmatch(name):
        return "is a secret: use client_secrets with a file or an environment variable"
    return None
