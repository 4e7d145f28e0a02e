"""For flow tests: a site whose pack has one rule more."""

import json

from sqlalchemy import text

from rsm.alerts import service as alerts
from rsm.alerts.packs import parse_pack
from tests.packs import FIRST, as_version
from tests.survey_world import World


def judged_by(world: World, rule: str, level: str = "emergency") -> None:
    """From now on the site judges by the first pack and by this rule, of this level."""
    more = f'\n[[rules]]\nid = "more"\ntitle = "More"\nlevel = "{level}"\n'
    body = as_version("9.9.9", f'{FIRST}\n{more}{rule}sure = "our_choice"\nsource = "A test."\n')
    with world.begin() as tx:
        pin = alerts.publish(tx, parse_pack(body, "test.toml")[0], body)
        agree = text("UPDATE site SET rule_pack = CAST(:pin AS jsonb)")
        tx.session.execute(agree, {"pin": json.dumps(pin.document)})
