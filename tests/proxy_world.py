"""A patient for whom her daughter answers: the daughter's phone, and her own link."""

from rsm.db.work import Database
from rsm.flow import outbound
from rsm.flow import proxies as flow
from rsm.invitations import service as invitations
from rsm.invitations.model import Door
from rsm.kernel.words import Relation
from rsm.patients import proxies
from rsm.patients.proxy_model import NewProxy, ProxyView
from rsm.schedules import service as schedules
from tests.survey_world import World

DAUGHTER_PHONE = "+12025550151"
DAUGHTER = NewProxy(relation=Relation.CHILD, name="Lucia Alvarez", phone=DAUGHTER_PHONE)


def appoint(world: World, new: NewProxy = DAUGHTER) -> ProxyView:
    """A nurse notes that somebody answers for the patient."""
    with world.clinic.begin(world.clinic.nurse) as tx:
        return proxies.get(tx, flow.appoint(tx, world.patient, new))


def proxy_link(world: World, worker_db: Database) -> str:
    """Open what is due, and the path of the link that the proxy got."""
    outbound.open_due(worker_db)
    return newest_link(world)


def newest_link(world: World, door: Door = Door.PROXY) -> str:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        link = invitations.latest(tx, survey.id, door)
        assert link is not None
        return invitations.url(tx, survey.id, link.serial, "")
