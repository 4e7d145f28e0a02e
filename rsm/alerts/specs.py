"""What the alert room needs to know of an instrument, taken from the instruments' room."""

from rsm.alerts.model import InstrumentSpec, ItemSpec
from rsm.alerts.schema import InstrumentRange
from rsm.instruments.library import shipped
from rsm.instruments.model import Instrument


def spec_of(instrument: Instrument) -> InstrumentSpec:
    """Codes, symptoms and scales of an instrument. An item of no symptom is its own symptom."""
    items = [
        ItemSpec(
            item.code,
            item.symptom or item.code.split(".", maxsplit=1)[0],
            max(option.value for option in item.options),
        )
        for item in instrument.items
    ]
    return InstrumentSpec(instrument.key, instrument.version, items)


def find_shipped(wanted: InstrumentRange) -> InstrumentSpec | None:
    """The shipped instrument in this range, or None: a `FindInstrument` without a database."""
    instrument = shipped().get(wanted.key)
    if instrument is None or not wanted.covers(instrument.key, instrument.version):
        return None
    return spec_of(instrument)
