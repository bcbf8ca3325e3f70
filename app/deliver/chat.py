"""Messages for Slack and Microsoft Teams, through the incoming webhook that each of them gives.

Names come from clusters, so nothing of a message is markup: Slack gets `plain_text` objects (Block Kit), Teams gets
`RichTextBlock`s (Adaptive Cards 1.2), whose runs are not read as Markdown. A mention or a link cannot be smuggled in.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.deliver import message
from app.deliver.post import Address, post_json
from app.model.canonical import canonical_json
from app.model.news import News, Parcel

_SLACK_TEXT = 2900  # of 3,000 that one text object may have
_SLACK_HEADER = 150


@dataclass(frozen=True)
class ChatChannel:
    """Posts what is new; files stay where other channels put them, and `link` says where that is."""

    name: str
    address: Address
    layout: Callable[[News, str], dict[str, object]]
    link: str = ""

    def send(self, parcel: Parcel) -> str:
        """Post one message."""
        post_json(self.address, canonical_json(self.layout(parcel.news, self.link)), {}, self.name)
        return self.address.host


def slack(news: News, link: str) -> dict[str, object]:
    """Block Kit: a header, a section for each list, and the link as context."""
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": _plain(message.one_line(message.subject(news), _SLACK_HEADER))}
    ]
    for title, lines in message.sections(news):
        listed = "\n".join(f"• {line}" for line in lines)
        blocks.append({"type": "section", "text": _plain(f"{title}\n{listed}"[:_SLACK_TEXT])})
    if link:
        blocks.append({"type": "context", "elements": [_plain(f"Evidence: {link}")]})
    return {"text": _unmarked(message.subject(news)), "blocks": blocks}


def _plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _unmarked(text: str) -> str:
    """The fallback text is markup: `&`, `<` and `>` are escaped, as Slack asks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(news: News, link: str) -> dict[str, object]:
    """An Adaptive Card in the envelope that workflows of Teams expect."""
    body: list[dict[str, object]] = [_run(message.subject(news), weight="Bolder", size="Medium")]
    for title, lines in message.sections(news):
        body.append(_run(title, weight="Bolder"))
        body += [_run(f"• {line}") for line in lines]
    if link:
        body.append(_run(f"Evidence: {link}"))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": body,
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [content]}


def _run(text: str, **style: str) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


LAYOUTS = {"slack": slack, "teams": teams}
