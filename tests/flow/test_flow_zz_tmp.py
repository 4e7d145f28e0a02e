"""tmp"""
from time import perf_counter
from tests.flow.test_flow_simulate import *
from rsm.simulate.rules_scene import RulesScene
import rsm.flow.effective as eff
def test_zz(owner_url: str, monkeypatch) -> None:
    spent = {}
    for name in ("_judges_shadow", "_starts_shadow", "_expects", "_changes_hers", "_changes_sites"):
        old = getattr(RulesScene, name)
        def timed(self, *a, _old=old, _name=name, **k):
            t = perf_counter()
            try:
                return _old(self, *a, **k)
            finally:
                spent[_name] = spent.get(_name, 0) + perf_counter() - t
        monkeypatch.setattr(RulesScene, name, timed)
    t = perf_counter()
    play(owner_url, Size(patients=60, days=91, sites=1))
    print("TOTAL", perf_counter() - t, spent)
    print({row[:2]: row[2] for row in read(owner_url, RULES)})
