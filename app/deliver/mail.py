"""E-mail with the PDF, over a connection whose certificate is checked."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from app.deliver import message
from app.errors import DeliveryError, TransientDeliveryError
from app.model.canonical import digest
from app.model.news import DeliveryKey, News, Parcel
from app.model.report import Artefact

_TEMPORARY = range(400, 500)  # RFC 5321, 4.2.1: transient negative completion


@dataclass(frozen=True)
class MailChannel:
    """One mail to one list of people (RFC 5321, RFC 5322).

    Attributes:
        security: `starttls` (RFC 3207), `tls` (implicit, RFC 8314), or `none`, which no credentials may go over.
        trust_anchors: PEM file of an authority of your own; None takes the machine's.
        largest: most bytes of attachments; files beyond are named in the text and not sent.
    """

    name: str
    host: str
    port: int
    sender: str
    recipients: Sequence[str]
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    trust_anchors: Path | None = None
    timeout: float = 30.0
    largest: int = 15 * 2**20

    def send(self, parcel: Parcel) -> str:
        """Hand the mail to the server; each recipient must be taken."""
        mail = self.compose(parcel)
        try:
            with self._connected() as server:
                refused = server.send_message(mail, self.sender, list(self.recipients))
        except smtplib.SMTPResponseException as error:
            raise self._refused(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise self._refused(code, said) from error
        except ssl.SSLCertVerificationError as error:
            raise DeliveryError(
                f"channel {self.name}: the certificate of {self.host} is not trusted: {error.verify_message}",
                advice="name the authority in trust_anchors, or correct the host",
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            raise DeliveryError(
                f"channel {self.name}: {self.host} does not offer what is asked for: {error}",
                advice="set security: tls or another port; nothing was sent in plain text",
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise TransientDeliveryError(
                f"channel {self.name}: {self.host}:{self.port} did not take the mail: {type(error).__name__}",
                advice="check host, port and firewall",
            ) from error
        if refused:
            code, said = next(iter(refused.values()))
            raise self._refused(code, said)
        return f"{len(self.recipients)} recipients by {self.host}"

    def compose(self, parcel: Parcel) -> EmailMessage:
        """The mail; the same parcel has the same `Message-ID`, so that a mail sent twice is told as one."""
        news = parcel.news
        fitting, left = _fitting(parcel.artefacts, self.largest)
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = message.subject(news)
        mail["From"], mail["To"] = self.sender, ", ".join(self.recipients)
        mail["Date"] = format_datetime(news.at)
        mail["Message-ID"] = f"<{self._identity(news)}@netattest.invalid>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notes in return
        text = message.text(news, parcel.artefacts)
        if left:
            text += f"\nNot attached, because they are too large: {', '.join(item.name for item in left)}\n"
        mail.set_content(text)
        for item in fitting:
            kind, _, sort = item.media_type.partition(";")[0].partition("/")
            mail.add_attachment(item.body, maintype=kind, subtype=sort, filename=item.name)
        return mail

    def _identity(self, news: News) -> str:
        return digest(str(DeliveryKey(news.cluster, news.occasion, self.name)).encode())[:32]

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=self._trust()
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.security == "starttls":
                server.starttls(context=self._trust())
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.trust_anchors) if self.trust_anchors else None)

    def _refused(self, code: int, said: bytes | str) -> DeliveryError:
        words = message.one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)
        kind = TransientDeliveryError if code in _TEMPORARY else DeliveryError
        return kind(
            f"channel {self.name}: {self.host} refused the mail: {code} {words}",
            advice="check sender, recipients and credentials with whoever runs the mail server",
        )


def _fitting(artefacts: Sequence[Artefact], largest: int) -> tuple[list[Artefact], list[Artefact]]:
    """Files that go along, in order, and those that would make the mail too large."""
    fitting: list[Artefact] = []
    left: list[Artefact] = []
    size = 0
    for item in artefacts:
        fits = size + len(item.body) <= largest
        (fitting if fits else left).append(item)
        size += len(item.body) if fits else 0
    return fitting, left
