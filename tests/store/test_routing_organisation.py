"""A new site without a routing tree of its own begins with its organisation's."""

from rsm.db.work import NOWHERE, Database
from rsm.routing.trees import single, tree_of
from rsm.sites import service as sites
from tests.clinic import new_site, publish


def test_a_site_begins_with_its_organisations_tree_and_keeps_its_own(web_db: Database) -> None:
    with web_db.begin(NOWHERE) as tx:
        pins = publish(tx)
        organisation = sites.create_organisation(tx, "Example Care")
        sites.set_organisation_routes(tx, organisation, single("nurses").model_dump(mode="json"))
        without = new_site("Lakeside Clinic", pins).model_copy(update={"routes": {}})
        inherits = sites.create_site(tx, organisation, without)
        keeps = sites.create_site(tx, organisation, new_site("Hillside Clinic", pins))
        assert tree_of(dict(sites.get(tx, inherits).routes)).team == "nurses"
        assert tree_of(dict(sites.get(tx, keeps).routes)).team == "triage"
