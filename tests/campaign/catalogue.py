"""All faults of a campaign, in the order of the table."""

from tests.campaign.faults import Fault
from tests.campaign.faults_database import (
    DatabaseDiskFull,
    DatabaseKilled,
    EmbeddedKilled,
    Failover,
)
from tests.campaign.faults_hosts import ClocksOff, DataDirFull, DstNight, HostCutOff, TwoVersions
from tests.campaign.faults_processes import (
    CommitLost,
    DeathsAtPoints,
    ProviderAtItsWorst,
    WebKilled,
    WorkersKilled,
)

FAULTS: tuple[type[Fault], ...] = (
    WebKilled,
    WorkersKilled,
    DeathsAtPoints,
    DatabaseKilled,
    EmbeddedKilled,
    Failover,
    CommitLost,
    DatabaseDiskFull,
    DataDirFull,
    ClocksOff,
    DstNight,
    TwoVersions,
    ProviderAtItsWorst,
    HostCutOff,
)
