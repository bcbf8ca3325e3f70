"""Each parcel over each channel, once: claimed in the record, tried with growing pauses, and the outcome written down."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    retry_if_not_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from app.errors import DeliveryError, TransientDeliveryError, UnusableChannelError
from app.model.news import DeliveryKey, DeliveryStatus, Parcel
from app.model.ports import Channel, DeliveryBook

_RECENT = timedelta(days=1)  # longer than what was begun may go on before it counts as abandoned
_BEGUN_ADVICE = "if that process died, it may be begun again half an hour after its last word"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often one delivery is tried before it is left for the next round, and the pauses in seconds between."""

    attempts: int = 4
    first: float = 2.0
    longest: float = 60.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one parcel on one channel in this round; `advice` is for a person.

    `at_fault` is true where this side lacks something, and nobody else was asked.
    """

    key: DeliveryKey
    status: DeliveryStatus
    note: str
    advice: str = ""
    at_fault: bool = False


def dispatch(
    parcels: Iterable[tuple[Channel, Parcel]],
    book: DeliveryBook,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    patience: Patience = Patience(),
    *,
    given_up: bool = False,
) -> Iterator[Sent]:
    """Send what nobody has sent; a channel that fails takes no other with it.

    With `given_up` what was given up is begun again, because somebody says that the cause is gone.

    Yields:
        One outcome for each parcel that was tried, or that another process has begun and not ended: it may have died at it.
        Those that were delivered before are passed over in silence.
    """
    for channel, parcel in parcels:
        key = DeliveryKey(parcel.news.cluster, parcel.news.occasion, channel.name)
        if book.claim_delivery(key, parcel.digest, now(), given_up=given_up):
            yield _sent(channel, parcel, key, book, now, sleep, patience)
        elif _begun(book, key, now()):
            yield Sent(
                key,
                DeliveryStatus.SENDING,
                f"channel {channel.name}: another process began it",
                _BEGUN_ADVICE,
            )


def _begun(book: DeliveryBook, key: DeliveryKey, now: datetime) -> bool:
    recent = book.deliveries(key.cluster, now - _RECENT)
    return any(item.key == key and item.status is DeliveryStatus.SENDING for item in recent)


def _sent(
    channel: Channel,
    parcel: Parcel,
    key: DeliveryKey,
    book: DeliveryBook,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    patience: Patience,
) -> Sent:
    made = 0

    def count(_: RetryCallState) -> None:
        nonlocal made
        made += 1

    trying = Retrying(
        retry=retry_if_exception_type(TransientDeliveryError)
        & retry_if_not_exception_type(UnusableChannelError),
        stop=stop_after_attempt(patience.attempts),
        wait=wait_exponential_jitter(multiplier=patience.first, max=patience.longest),
        before=count,
        sleep=sleep,
        reraise=True,
    )
    try:
        outcome = Sent(key, DeliveryStatus.DELIVERED, trying(channel.send, parcel))
    except TransientDeliveryError as error:
        at_fault = isinstance(error, UnusableChannelError)
        outcome = Sent(key, DeliveryStatus.FAILED, str(error), error.advice, at_fault)
    except DeliveryError as error:
        outcome = Sent(key, DeliveryStatus.GAVE_UP, str(error), error.advice)
    except Exception as error:  # noqa: BLE001  a library's surprise must not stop the other channels
        outcome = Sent(key, DeliveryStatus.GAVE_UP, f"channel {channel.name}: {type(error).__name__}")
    book.close_delivery(key, outcome.status, now(), attempts=made, note=outcome.note)
    return outcome
