"""Whoever watches a simulation: each virtual hour what may have broken, each week everything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from rsm.alerts.packs import parse_pack
from rsm.db.work import EVERYWHERE, Tx
from rsm.escalation.policies import load_policy
from rsm.escalation.states import OutOfHours
from rsm.kernel.words import Level
from rsm.simulate import premises
from rsm.simulate.months import seal_all
from rsm.simulate.orders import Order
from rsm.simulate.promises import Broken, check_all, check_since
from rsm.simulate.promises.pack import Named, named_by
from rsm.simulate.promises.texts import Reader, unkept_thanks
from rsm.simulate.world import World

_HOUR, _WEEK = timedelta(hours=1), timedelta(weeks=1)
_MOST = 25  # more breaks tell nothing more


class Watch:
    """Of one site. `look` is asked after each event, whether to go on; `tell` hears of each break
    at once, in the transaction that saw it."""

    def __init__(
        self,
        world: World,
        site_id: UUID,
        order: Order,
        stop: Callable[[], bool],
        tell: Callable[[Tx, Broken], None],
    ) -> None:
        self._world = world
        self._site_id = site_id
        self._named = _named(order)
        self._stop = stop
        self._tell = tell
        self._looked_at = self._looked_at_all = world.now
        self._found: dict[object, Broken] = {}
        self._texts = Reader()
        self.checked: Mapping[str, int] = {}

    @property
    def broken(self) -> tuple[Broken, ...]:
        """Each once, in the order in which they were seen."""
        return tuple(self._found.values())

    def look(self) -> bool:
        """Look again, if an hour has passed; False to end it here."""
        now = self._world.now
        if now - self._looked_at_all >= _WEEK:
            self.look_at_all()
        elif now - self._looked_at >= _HOUR:
            with self._world.worker.begin(EVERYWHERE) as tx:
                self._note(tx, check_since(tx, self._looked_at, self._named).broken)
                self._note(tx, self._outside(tx))
            self._looked_at = now
        return not self._stop() and len(self._found) < _MOST

    def look_at_all(self) -> None:
        """Everything, now. The site's trail is chained as far as it goes: by each site for itself,
        side by side, and not all of it at the end."""
        with self._world.worker.begin(EVERYWHERE) as tx:
            verdict = check_all(tx, self._named)
            self._note(tx, verdict.broken)
            self._note(tx, self._outside(tx))
        texts = len(self._world.post.taken)
        self.checked = {**verdict.checked, "P10": texts}
        self._looked_at = self._looked_at_all = self._world.now
        seal_all(self._world.worker)

    def _outside(self, tx: Tx) -> Sequence[Broken]:
        """What people saw: their phones, and thanks."""
        found = self._texts.check(tx, self._world.post.taken, self._site_id)
        thanked, self._world.thanked = self._world.thanked, []
        what = "somebody was thanked, and no report is stored"
        lost = (
            Broken("P3", what, self._site_id, None, (each,), tx.now)
            for each in unkept_thanks(tx, thanked)
        )
        return [*found, *lost]

    def _note(self, tx: Tx, broken: Sequence[Broken]) -> None:
        for one in broken:
            if one.key not in self._found:
                self._found[one.key] = one
                self._tell(tx, one)


def _named(order: Order) -> Named:
    pack = parse_pack(premises.pack_text(order), "pack")[0]
    policy = load_policy(premises.policy_text(order), "policy")
    urgent = [policy.ladder(level) for level in (Level.URGENT, Level.EMERGENCY)]
    at_once = all(ladder.out_of_hours is OutOfHours.ON_CALL for ladder in urgent)
    weekly = premises.asks_weekly(order)
    return replace(
        named_by(pack), told_at_once=at_once, weekly=weekly.hash if weekly is not None else ""
    )
