"""What looks like a secret inside text, and how it is masked.

Three signs, each masked wherever it stands: a value whose *name* says that it is a secret (`password=…`, `--token …`,
`"PSK": "…"`), a value whose *shape* does (private keys, JSON web tokens, credentials of well-known services), and user
information in a URL. Names stay, values go: that a password is set is evidence, the password is not. An empty value
stays empty for the same reason, and a reference such as `$(TOKEN)` is no secret.

Every pattern stands behind a plain substring test: nearly all text has none of these substrings, and ten thousand pods
are read in seconds only if it costs next to nothing.
"""

import hashlib
import re
from functools import lru_cache
from typing import Any

import orjson

MASK = "<redacted>"

_SENSITIVE = (
    r"pass(?:word|wd|phrase)|secret|token|credential|authorization|cookie|bearer"
    r"|api[-_.]?key|access[-_.]?key|private[-_.]?key|signing[-_.]?key|encryption[-_.]?key|(?<![a-z])psk(?![a-z])"
)
_STEMS = ("pass", "secret", "token", "credential", "authorization", "cookie", "bearer", "key", "psk")
_SENSITIVE_NAME = re.compile(_SENSITIVE, re.IGNORECASE)
# A name that ends so speaks about a secret (where it lies, how long it lives) and does not hold one.
_ABOUT = re.compile(
    r"(?:file|path|dir|names?|refs?|ttl|type|mode|enabled|namespace|audiences?|issuer|kind|seconds|lifetime|duration"
    r"|expiration|policy|secrets|driver|provider)\Z",
    re.IGNORECASE,
)

_NAME = rf"(?P<name>[\w.-]*(?:{_SENSITIVE})[\w.-]*)"
_BARE = r"[^\s\"'&|;{\[\\][^\s\"'&|;]*"
_ASSIGNMENT = re.compile(
    rf"""{_NAME}(?P<mark>\\?["']?[ \t]*(?:=|:(?!//))[ \t]*)"""
    rf"""(?P<value>\\"(?:[^"\\]|\\[^"])*\\"|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|{_BARE})""",
    re.IGNORECASE,
)
_FLAG_AND_VALUE = re.compile(
    rf"(?<![\w.-])(?P<name>--?[\w.-]*(?:{_SENSITIVE})[\w.-]*)(?P<mark>[ \t]+)(?P<value>(?!-){_BARE})",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    rf"{_NAME}(?P<mark>:[ \t]*[|>][-+\d]*[ \t]*\n)(?P<value>(?:[ \t]+[^\n]*(?:\n|\Z)|[ \t]*\n)+)",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(?P<name>\b(?:authorization|cookie)\b\\?[\"']?[ \t]*[:=][ \t]*\\?[\"']?)[^\n\"'\\]+", re.IGNORECASE
)
_REFERENCE = re.compile(r"[\"']?\$(?:\w+|\(\w+\)|\{\w+\})[\"']?\Z")
_FLAG = re.compile(r"--?[A-Za-z][\w.-]*\Z")
_ASSIGNED_FLAG = re.compile(r"(?P<flag>--?[\w.-]+)=(?P<value>.*)\Z", re.DOTALL)
_WORDS = frozenset({"null", "true", "false", "none"})

_USER_OPTIONS = ("-u", "--user", "--proxy-user")
_USER_OPTION = re.compile(r"(?P<flag>(?:^|\s)(?:-u|--user|--proxy-user)(?:[ =]\s*|(?=\S)))[^\s:]+:\S+")
_SHORT_OPTION_PROGRAMS = ("mysql", "mariadb", "sshpass", "redis-cli")
_SHORT_OPTION = re.compile(r"(?P<flag>\s-[pa][ \t]?)(?P<value>[^\s;|&]+)")

# (substrings of which one must be there, what is masked, what is written instead)
_SHAPES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("PRIVATE KEY-----",),
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)",
        MASK,
    ),
    (("eyJ",), r"eyJ[\w-]{6,}\.[\w-]+\.[\w-]*", MASK),
    (("AKIA", "ASIA"), r"\bA(?:KI|SI)A[A-Z0-9]{16}\b", MASK),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_\w{16,}", MASK),
    (("github_pat_",), r"github_pat_\w{16,}", MASK),
    (("glpat-",), r"glpat-[\w-]{16,}", MASK),
    (("npm_",), r"npm_\w{16,}", MASK),
    (("xox",), r"xox[a-z]-[\w-]{8,}", MASK),
    (("AIza",), r"AIza[\w-]{30,}", MASK),
    (("k_live_", "k_test_"), r"[sr]k_(?:live|test)_\w{8,}", MASK),
    # an image digest (`docker-pullable://nginx@sha256:…`) is no user information, and `host:8080/` is no password
    (
        ("://",),
        r"://(?:[^/\s\"'\\:@]{0,256}:(?!\d+/)[^\s\"'\\]{1,256}|[^/\s\"'\\]+)@(?!sha\d+:)",
        f"://{MASK}@",
    ),
    # addresses that whoever knows them may post to
    (
        ("hooks.slack.com/", ".webhook.office.com/", "/api/webhooks/"),
        r"((?:hooks\.slack\.com|\.webhook\.office\.com|/api/webhooks)/)[^\s\"'\\]+",
        rf"\1{MASK}",
    ),
    (
        ("earer ", "EARER ", "asic ", "ASIC "),
        r"\b([Bb]earer|BEARER|[Bb]asic|BASIC) +[A-Za-z0-9._~+/=-]{6,}",
        rf"\1 {MASK}",
    ),
)
_TEXT_SHAPES = tuple((marks, re.compile(pattern), new) for marks, pattern, new in _SHAPES)
_BYTE_SHAPES = tuple(
    (tuple(mark.encode() for mark in marks), re.compile(pattern.encode())) for marks, pattern, _ in _SHAPES
)

_MARKS = tuple(mark for marks, _, _ in _SHAPES for mark in marks)


def is_suspicious(body: bytes) -> bool:
    """True when canonical JSON holds something with the shape of a secret."""
    return any(pattern.search(body) for marks, pattern in _BYTE_SHAPES if any(map(body.__contains__, marks)))


@lru_cache(maxsize=8192)
def names_a_secret(name: str) -> bool:
    """True when a field, flag or variable of this name holds a secret."""
    return _SENSITIVE_NAME.search(name) is not None and _ABOUT.search(name) is None


def mask(value: Any) -> Any:
    """Hide a value; whether it was set stays visible."""
    return value if value is None or value == "" else MASK


def masked_shapes(text: str) -> str:
    """Mask what has the shape of a secret, whatever its name."""
    if not any(map(text.__contains__, _MARKS)):
        return text
    for marks, pattern, new in _TEXT_SHAPES:
        if any(mark in text for mark in marks):
            text = pattern.sub(new, text)
    return text


def masked_alike(value: Any) -> Any:
    """Mask in any JSON value what has the shape of a secret, whatever the fields are called.

    Labels and the selectors that ask for them must still meet, and no others: one token is masked the same everywhere,
    as a label value, and another one differently.
    """
    match value:
        case str():
            return _alike(value)
        case list():
            return [masked_alike(item) for item in value]
        case dict():
            return {key: masked_alike(item) for key, item in value.items()}
        case _:
            return value


def _alike(text: str) -> str:
    for marks, pattern, new in _TEXT_SHAPES:
        if any(mark in text for mark in marks):
            could_be_label = new == MASK and not marks[0].endswith("-----")
            text = pattern.sub(_pseudonym if could_be_label else new, text)
    return text


def _pseudonym(found: re.Match[str]) -> str:
    return f"redacted-{hashlib.sha256(found[0].encode()).hexdigest()[:12]}"


def masked_text(text: str) -> str:
    """Mask everything that looks like a secret in free text: a script, a flag, a settings file, JSON in a string."""
    if text[:1] in ("{", "["):
        inner = _masked_json(text)
        if inner is not None:
            return inner
    text = masked_shapes(text)
    lower = text.lower()
    if any(map(lower.__contains__, _STEMS)):
        text = _HEADER.sub(rf"\g<name>{MASK}", text)
        for pattern in (_BLOCK, _ASSIGNMENT, _FLAG_AND_VALUE):
            text = pattern.sub(_masked_value, text)
    if "-u" in lower or "user" in lower:
        text = _USER_OPTION.sub(rf"\g<flag>{MASK}", text)
    if any(map(lower.__contains__, _SHORT_OPTION_PROGRAMS)):
        text = _SHORT_OPTION.sub(rf"\g<flag>{MASK}", text)
    return text


def masked_arguments(arguments: list[Any]) -> list[Any]:
    """Mask secrets in a command line, also where flag and value are two arguments."""
    masked: list[Any] = []
    before = program = ""
    for item in arguments:
        if not isinstance(item, str):
            masked.append(item)
            continue
        program = program or item
        masked.append(_masked_argument(item, before, program))
        before = item
    return masked


def masked_tree(value: Any) -> Any:
    """Mask secrets in any JSON value: by name of the field, and by what stands in every string."""
    match value:
        case str():
            return masked_text(value)
        case list():
            if value and all(isinstance(item, str) for item in value):
                return masked_arguments(value)
            return [masked_tree(item) for item in value]
        case dict():
            return _masked_object(value)
        case _:
            return value


def _masked_object(value: dict[str, Any]) -> dict[str, Any]:
    named = value.get("name")
    if isinstance(named, str) and "value" in value and names_a_secret(named):
        value = {**value, "value": mask(value["value"])}  # a header, a variable, a parameter
    return {key: _masked_field(key, item) for key, item in value.items()}


def _masked_field(key: str, item: Any) -> Any:
    scalar = isinstance(item, str | int | float) and not isinstance(item, bool)
    return mask(item) if scalar and names_a_secret(key) else masked_tree(item)


def _masked_json(text: str) -> str | None:
    try:
        value = orjson.loads(text)
    except ValueError:
        return None
    hidden = masked_tree(value)
    return text if hidden == value else orjson.dumps(hidden).decode()


def _masked_value(found: re.Match[str]) -> str:
    """Replace the value of one assignment, keeping its quotes so that JSON stays JSON."""
    name, mark, value = found["name"], found["mark"], found["value"]
    quote = next((quote for quote in ('\\"', '"', "'") if value.startswith(quote)), "")
    inner = value.strip().removeprefix(quote).removesuffix(quote)
    harmless = not inner or inner.lower().rstrip("]},") in _WORDS or _REFERENCE.match(inner)
    if harmless or _ABOUT.search(name) or inner == MASK:
        return found[0]
    return f"{name}{mark}{quote}{MASK}{quote}"


def _masked_argument(item: str, before: str, program: str) -> str:
    assigned = _ASSIGNED_FLAG.match(item)
    if assigned and names_a_secret(assigned["flag"]) and not _REFERENCE.match(assigned["value"]):
        return f"{assigned['flag']}={mask(assigned['value'])}"
    if (
        _FLAG.match(before)
        and names_a_secret(before)
        and not item.startswith("--")
        and not _REFERENCE.match(item)
    ):
        return str(mask(item))
    if before in _USER_OPTIONS and ":" in item:
        return MASK
    if any(known in program for known in _SHORT_OPTION_PROGRAMS) and " " not in program:
        if before in ("-p", "-a"):
            return MASK
        if item[:2] in ("-p", "-a") and len(item) > len("-p"):
            return item[:2] + MASK
    return masked_text(item)
