"""What the shell may do to accounts: the first administrator, and a lost way in. Cli prints."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, NotFound
from rsm.kernel.words import Role
from rsm.security import invitations, second_factor, staff
from rsm.security.invitations import Invitation
from rsm.security.model import NewStaff


def create_administrator(tx: Tx, new: NewStaff, site_id: UUID) -> Invitation:
    """`rsm admin create`: an account with the role at this site, and the link to its password.

    The transaction's scope must hold the site, since the grant is audited there.
    """
    known = staff.find(tx, new.email)
    if known and known.organisation_id != new.organisation_id:
        raise Conflict("this e-mail has an account of another organisation")
    staff_id = known.id if known else staff.create(tx, new)
    staff.grant(tx, staff_id, site_id, Role.ADMINISTRATOR)
    return invitations.invite(tx, staff_id)


def reset(tx: Tx, email: str) -> Invitation:
    """`rsm admin reset`: forget second factor and pause, sign out, and make a new link.

    The old password stays good until the link is used.
    """
    known = staff.find(tx, email)
    if known is None:
        raise NotFound("no account with this e-mail")
    staff.unpause(tx, known.id)
    second_factor.reset(tx, known.id)
    return invitations.invite(tx, known.id)
