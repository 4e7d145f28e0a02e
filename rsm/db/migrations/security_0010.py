"""Revision 0010's security: grants and policies, and that a site which is not live sends nothing.

The gate (`rsm.flow.admission`) turns away what may not leave and says so. Below it the database
refuses: no row of the outbox gets to be sent for a patient of a site that nobody signed for,
whichever way it came there, and no site becomes live without a clinician's signature.
"""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, OWN, WEB, WORKER, policies

_APPEND_ONLY = (
    "journal_entry",
    "improvement_cycle",
    "improvement_step",
    "staff_training",
    "go_live_check",
    "go_live_signature",
)
_ENDING = ("site_trial", "pilot_member")

_MAY_BE_SENT = """
CREATE FUNCTION rsm_may_be_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM site WHERE id = NEW.site_id AND live_since IS NOT NULL;
  IF FOUND THEN RETURN NEW; END IF;
  IF NEW.audience = 'patient' THEN
    PERFORM FROM patient WHERE id = NEW.patient_id AND site_id = NEW.site_id AND is_test;
    IF FOUND THEN RETURN NEW; END IF;
    PERFORM FROM pilot_member m JOIN go_live_signature s
      ON s.site_id = m.site_id AND s.extent = 'pilot'
      WHERE m.patient_id = NEW.patient_id AND m.site_id = NEW.site_id AND m.left_at IS NULL;
    IF FOUND THEN RETURN NEW; END IF;
  ELSIF NEW.staff_id IS NOT NULL THEN
    PERFORM FROM staff_account WHERE id = NEW.staff_id
      AND (NEW.channel = 'email' OR phone_verified_at IS NOT NULL);
    IF FOUND THEN RETURN NEW; END IF;
  ELSIF NEW.alert_id IS NOT NULL OR NEW.purpose = 'staff_alert_bundle' THEN
    RETURN NEW;  -- the safety contact, who always hears of an alert, and of many in one text
  END IF;
  RAISE EXCEPTION 'the site is not live: this message may not be sent' USING ERRCODE = 'RS010';
END $$;
CREATE TRIGGER rsm_may_be_sent BEFORE UPDATE ON message FOR EACH ROW
  WHEN (NEW.state = 'sending' AND OLD.state IS DISTINCT FROM 'sending')
  EXECUTE FUNCTION rsm_may_be_sent();
CREATE TRIGGER rsm_may_be_sent_at_once BEFORE INSERT ON message FOR EACH ROW
  WHEN (NEW.state = 'sending')
  EXECUTE FUNCTION rsm_may_be_sent();
"""
_IS_SIGNED = """
CREATE FUNCTION rsm_is_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM go_live_signature WHERE site_id = NEW.id AND extent = 'everybody';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'nobody has signed that the site may go live' USING ERRCODE = 'RS011';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER rsm_is_signed BEFORE UPDATE ON site FOR EACH ROW
  WHEN (OLD.live_since IS NULL AND NEW.live_since IS NOT NULL)
  EXECUTE FUNCTION rsm_is_signed();
"""


def protect_improvement() -> None:
    """Policies, grants. What was written stays as it was written."""
    both = f"{WEB}, {WORKER}"
    of_nobody = f"{IN_SITE} AND (SELECT rsm_patient()) IS NULL"
    for table in _APPEND_ONLY:
        # A patient's own session writes messages: the signature is looked up for those.
        op.execute(policies(table, IN_SITE if table == "go_live_signature" else of_nobody))
    op.execute(policies("site_trial", IN_SITE))
    op.execute(policies("pilot_member", f"{IN_SITE} AND {OWN}"))
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(_APPEND_ONLY)} TO {both}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(_ENDING)} TO {both}")


def keep_unsent() -> None:
    """The triggers."""
    op.execute(_MAY_BE_SENT)
    op.execute(_IS_SIGNED)
