"""The funnel in two parts: patients until they are asked, surveys until they are finished. Pure.

Each loss leads to the list of patients behind it.
"""

from collections.abc import Callable

from rsm.metrics.lost import Loss
from rsm.web.site_reading import Read
from rsm.web.site_words import Words, percent
from rsm.web.views.common import Link
from rsm.web.views.site import Funnel, FunnelStep

Address = Callable[[Loss], str]
_FEW = 5  # patients or surveys, under which "more than" is not said


def of_patients(now: Read, words: Words, address: Address) -> Funnel:
    """Patients found eligible in the period: approached, enrolled."""
    eligible, approached = now.count("eligible"), now.rate("approached")[0]
    enrolled, declined = now.rate("reach")[0], now.rate("declined")[0]

    def lost(loss: Loss, count: int) -> tuple[Link, ...]:
        return _lost(words, address, loss, count)

    waiting = max(0, approached - declined - enrolled)
    steps = (
        FunnelStep(words("step_eligible"), eligible),
        FunnelStep(
            words("step_approached"), approached, lost(Loss.NOT_APPROACHED, eligible - approached)
        ),
        FunnelStep(
            words("step_enrolled"),
            enrolled,
            (*lost(Loss.DECLINED, declined), *lost(Loss.NOT_ENROLLED, waiting)),
        ),
    )
    if not eligible:
        return Funnel(words("reach_nobody"), steps)
    share = percent(enrolled, eligible)
    return Funnel(words("reach_caption", share=share, part=enrolled, whole=eligible), steps)


def of_surveys(now: Read, words: Words, address: Address) -> Funnel:
    """Surveys that were due in the period: sent, delivered, started, completed."""
    due, sent, delivered = now.count("due"), now.count("sent"), now.count("delivered")
    losses = {
        Loss.NOT_SENT: now.count("not_sent"),
        Loss.NOT_DELIVERED: sent - delivered,
        Loss.NOT_ANSWERED: now.count("not_answered"),
        Loss.PARTIAL: now.count("partial"),
    }
    lost = {loss: _lost(words, address, loss, count) for loss, count in losses.items()}
    steps = (
        FunnelStep(words("step_due"), due),
        FunnelStep(words("step_sent"), sent, lost[Loss.NOT_SENT]),
        FunnelStep(words("step_delivered"), delivered, lost[Loss.NOT_DELIVERED]),
        FunnelStep(words("step_started"), now.count("started"), lost[Loss.NOT_ANSWERED]),
        FunnelStep(words("step_completed"), now.count("completed"), lost[Loss.PARTIAL]),
    )
    return Funnel(_most(due, losses, words), steps)


def _lost(words: Words, address: Address, loss: Loss, count: int) -> tuple[Link, ...]:
    if count <= 0:
        return ()
    return (Link(words.counted(f"lost_{loss}", count), address(loss)),)


def _most(due: int, losses: dict[Loss, int], words: Words) -> str:
    """Where most is lost. What was not confirmed may well have arrived: it is no loss by itself."""
    if not due:
        return words("funnel_nothing")
    counted = {loss: losses[loss] for loss in (Loss.NOT_SENT, Loss.NOT_ANSWERED, Loss.PARTIAL)}
    worst = max(counted, key=lambda loss: counted[loss])
    return words(f"funnel_{worst}" if counted[worst] else "funnel_none")


def never_asked(now: Read, words: Words) -> str:
    """Whom nobody ever asked, beside those who were asked and did not answer."""
    part, whole = now.rate("never_asked")
    not_sent, due = now.rate("not_sent")
    silent = now.count("not_answered")
    told = []
    if whole:
        told.append(words.counted("never_patients", part, whole=whole))
    if due:
        told.append(
            words(
                "never_surveys",
                count=not_sent,
                share=percent(not_sent, due),
                silent=silent,
                silent_share=percent(silent, due),
            )
        )
    if more_never_asked(now):
        told.append(words("never_more"))
    return " ".join(told) or words("never_nothing")


def more_never_asked(now: Read) -> bool:
    """Whether more surveys were lost by not asking than by silence, and not just by a few."""
    return now.count("not_sent") >= max(_FEW, now.count("not_answered") + 1)
