"""Words that tests of the wire share: one sample of every message, and the published XSDs as judge."""

import functools
import importlib.util
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree

from agent.cwmp import messages as m
from agent.cwmp.soap import render

VALIDATOR = Path(__file__).resolve().parent.parent.parent / "shared" / "tools" / "validate_soap.py"
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
UUID = "6e1d1bd5-0b3a-4a52-9a7e-0f2f1c3f5a01"
DEVICE = m.DeviceIdStruct("Example Networks", "00D09E", "Gateway", "SN0001")
VALUE = m.ParameterValueStruct("Device.DeviceInfo.UpTime", "42", "unsignedInt")
RESULT = {
    "uuid": UUID,
    "deployment_unit_ref": "Device.SoftwareModules.DeploymentUnit.1.",
    "version": "1.0",
    "current_state": "Installed",
    "resolved": True,
    "execution_unit_ref_list": "",
    "start_time": NOON,
    "complete_time": NOON,
    "fault": m.FaultStruct(),
}

SAMPLES: tuple[m.Message, ...] = (
    m.GetRPCMethods(),
    m.GetRPCMethodsResponse(("GetRPCMethods", "Reboot")),
    m.SetParameterValues((VALUE, m.ParameterValueStruct("Device.Time.Enable", "1", "boolean")), "key"),
    m.SetParameterValuesResponse(1),
    m.GetParameterValues(("Device.DeviceInfo.", "")),
    m.GetParameterValuesResponse((VALUE, m.ParameterValueStruct("Device.X.Data", "AAEC", "base64Binary"))),
    m.GetParameterValuesResponse(()),
    m.GetParameterNames("", True),
    m.GetParameterNamesResponse((m.ParameterInfoStruct("Device.", False), m.ParameterInfoStruct("Device.A.", True))),
    m.SetParameterAttributes(
        (
            m.SetParameterAttributesStruct("Device.A", True, 2, True, ("Subscriber",)),
            m.SetParameterAttributesStruct("Device.B.", notification_change=True, notification=1),
        )
    ),
    m.SetParameterAttributesResponse(),
    m.GetParameterAttributes(("Device.",)),
    m.GetParameterAttributesResponse(
        (m.ParameterAttributeStruct("Device.A", 2, ("Subscriber",)), m.ParameterAttributeStruct("Device.B", 0))
    ),
    m.AddObject("Device.IP.Interface.", "key"),
    m.AddObjectResponse(7, 0),
    m.DeleteObject("Device.IP.Interface.7.", "key"),
    m.DeleteObjectResponse(1),
    m.Reboot("key"),
    m.RebootResponse(),
    m.FactoryReset(),
    m.FactoryResetResponse(),
    m.ScheduleInform(3600, "key"),
    m.ScheduleInformResponse(),
    m.Download(
        command_key="key",
        file_type="1 Firmware Upgrade Image",
        url="http://files.example/image?a=1&b=2",
        username="user",
        password="pass",
        file_size=4_000_000_000,
        target_file_name="image",
        delay_seconds=10,
        success_url="http://files.example/ok",
        failure_url="http://files.example/no",
    ),
    m.DownloadResponse(0, NOON, NOON + timedelta(minutes=1)),
    m.Upload(command_key="key", file_type="1 Vendor Configuration File", url="http://files.example/up"),
    m.UploadResponse(1),
    m.GetQueuedTransfers(),
    m.GetQueuedTransfersResponse((m.QueuedTransferStruct("key", 2),)),
    m.GetAllQueuedTransfers(),
    m.GetAllQueuedTransfersResponse((m.AllQueuedTransferStruct("key", 1, True, "1 Firmware Upgrade Image", 9, "x"),)),
    m.ScheduleDownload(
        command_key="key",
        file_type="1 Firmware Upgrade Image",
        url="http://files.example/image",
        time_window_list=(
            m.TimeWindowStruct(0, 3600, "1 At Any Time", "", -1),
            m.TimeWindowStruct(7200, 9000, "3 When Idle", "now?", 2),
        ),
    ),
    m.ScheduleDownloadResponse(),
    m.CancelTransfer("key"),
    m.CancelTransferResponse(),
    m.ChangeDUState(
        (
            m.InstallOpStruct("http://files.example/du", UUID, "user", "pass", ""),
            m.UpdateOpStruct(version="2.0"),
            m.UninstallOpStruct(UUID),
        ),
        "key",
    ),
    m.ChangeDUStateResponse(),
    m.Inform(
        device_id=DEVICE,
        event=(m.EventStruct("0 BOOTSTRAP"), m.EventStruct("M Reboot", "key")),
        current_time=NOON.astimezone(timezone(timedelta(hours=-3, minutes=-30))),
        retry_count=2,
        parameter_list=(VALUE,),
    ),
    m.Inform(device_id=DEVICE, event=(), current_time=NOON, parameter_list=()),
    m.InformResponse(1),
    m.TransferComplete("key", m.FaultStruct(9010, "File transfer failure"), NOON),
    m.TransferCompleteResponse(),
    m.AutonomousTransferComplete(
        is_download=True, file_type="1 Firmware Upgrade Image", fault_struct=m.FaultStruct(), start_time=NOON
    ),
    m.AutonomousTransferCompleteResponse(),
    m.DUStateChangeComplete((m.OpResultStruct(**RESULT),), "key"),
    m.DUStateChangeCompleteResponse(),
    m.AutonomousDUStateChangeComplete((m.AutonOpResultStruct(**RESULT, operation_performed="Install"),)),
    m.AutonomousDUStateChangeCompleteResponse(),
    m.RequestDownload("1 Firmware Upgrade Image", (m.ArgStruct("Version", "2"),)),
    m.RequestDownloadResponse(),
    m.Kicked("reload", "http://cpe.example/", "", "http://cpe.example/next"),
    m.KickedResponse("http://acs.example/next"),
    m.Fault(9005, "Invalid parameter name", soap_code="Client"),
    m.Fault(
        9003,
        "Invalid arguments",
        (m.ParameterFault("Device.A", 9005, "Invalid parameter name"), m.ParameterFault("Device.B", 9008)),
        "Client",
    ),
    m.Fault(8000, "Method not supported", soap_code="Server"),
)
"""Every message at least once; texts that XML must escape among them."""


@functools.cache
def _validator() -> ModuleType | None:
    if not VALIDATOR.exists():
        return None
    spec = importlib.util.spec_from_file_location("validate_soap", VALIDATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def needs_xsds() -> None:
    """Skips the test on a machine without the published XSDs."""
    if _validator() is None:
        pytest.skip(f"no XSDs on this machine: {VALIDATOR} is missing")


def problems(data: bytes, version: str) -> list[str]:
    """What the XSDs of a CWMP version say against an envelope; nothing where they are not on this machine."""
    validator = _validator()
    if validator is None:
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    found: list[str] = validator.problems(etree.fromstring(data, parser), version)
    return found


def valid(envelope: m.Envelope) -> bytes:
    """The envelope as it goes out, after the XSDs have found nothing wrong with it."""
    data = render(envelope)
    assert problems(data, envelope.version or m.VERSIONS[-1]) == [], data.decode()
    return data
