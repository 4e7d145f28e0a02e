"""What the check-up says of settings alone."""

import pytest

from rsm.cli.doctor import of_settings
from rsm.settings import read_settings


@pytest.mark.parametrize("name", ["RSM_TWILIO_FROM", "RSM_TWILIO_MESSAGING_SERVICE_SID"])
def test_a_setting_without_effect_is_named(name: str) -> None:
    found = [one for one in of_settings(read_settings({name: "+12025550100"})) if name in one.what]
    assert [one.is_well for one in found] == [False]
    assert "settings page" in found[0].mend
    assert not any(name in one.what for one in of_settings(read_settings({})))
