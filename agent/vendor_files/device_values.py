"""Own values that say what has become of this device, and not how it is configured: no backup has them.

What connection requests are let in by is one of them: the ACS calls with what it has set last, and is not told of a
restore. Another one, after 0 BOOTSTRAP, sets its own.
"""

from typing import Final

from agent.cwmp import management_server as ms
from agent.cwmp.planned_reboot import DELAY_REBOOT, SCHEDULE_REBOOT
from agent.first_values import CONNECTION_REQUEST_PATH
from agent.runtime import not_listening as connection_request
from agent.runtime.discovery import PROVISIONED, REMEMBERED_HOST
from agent.runtime.initial_values import APPLIED
from backends.tr181.device_info import FIRST_USE_DATE
from backends.tr181.user_interface import PASSWORD_RESET

STAY: Final = (
    ms.PARAMETER_KEY, DELAY_REBOOT, SCHEDULE_REBOOT, CONNECTION_REQUEST_PATH, REMEMBERED_HOST, PROVISIONED, APPLIED,
    FIRST_USE_DATE, PASSWORD_RESET, connection_request.USER, connection_request.PASSWORD,
)  # fmt: skip
