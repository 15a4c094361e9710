"""The managed entities of the lab ONU: sizes as G.988 has them, and what three families' consoles call them. Data.

The lab has a table of its own, so that a mistake in the agent's is seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

NULL: Final = 0xFFFF
TABLE_SIZE: Final = 4
"""Octets that Get tells of a table: its length."""

# Class, what Lantiq's, Realtek's and Cortina's consoles call it, who makes it ("+": the OLT).
# An attribute: size, kind (s text, o octets, u number, e enumeration, i signed, p pointer, c counter, t table of rows
# of that size), access, what Lantiq calls it; Realtek; Cortina, where that is another word. A !: not in a MIB upload.
_TEXT: Final = """
2 ONU data|OntData|Ontdata
1 u RW! MIB data sync|MibDataSync
5 Cardholder|Cardholder|Cardholder
1 e R Actual type|ActualType
1 e RW Expected type|ExpectedType
1 u RW Expected port count|ExpectedPortCount
20 s RW Expected equipment id|ExpEquipId
20 s R Actual equipment id|ActEquipId
1 u R Protection profile pointe|ProtectionProfilePtr
1 e RW Invoke protection switch|InvokeProtectionSwitch
1 e RW Alarm reporting control|AlarmReportingCtl
1 u RW ARC interval|ARCInterval
7 Software image|SWImage|SwImage
14 s R Version|Version
1 e R Is committed|Committed
1 e R Is active|Active
1 e R Is valid|Valid
25 o R Product code|ProductCode
16 o R Image hash|ImageHash
11 PPTP Ethernet UNI|EthUni|EthUni
1 e RW Expected type|ExpectedType
1 e RA Sensed type|SensedType
1 e RW Auto detection configurat|AutoDectectCfg
1 e RW Ethernet loopback configu|EthLoopbackCfg
1 e RW Administrative state|AdminState
1 e RA Operational state|OpState
1 e R Configuration ind|DuplexInd
2 u RW Max frame size|MaxFrameSize
1 e RW DTE or DCE ind|DTEorDCEInd
2 u RW Pause time|PauseTime
1 e RW Bridged or IP ind|BridgedorIPInd
1 e RWA ARC|ARC
1 u RW ARC interval|ARCInterval
1 e RW PPPoE filter|PppoeFilter
1 e RW Power control|PowerControl
131 OLT-G|OltG|Oltg
4 s RW OLT vendor id|OltVendorId|VendorId
20 s RW Equipment id|EquipId|EquipmentId
14 s RW Version|Version
14 o RW Time of day information|ToDInfo|TimeOfDay
134 IP host config data|IpHostCfgData|IpHost
1 u RW IP options|IpOptions
6 o R MAC address|MacAddress
25 s RW ONU identifier|OnuIdentifier
4 u RW IP address|IpAddress
4 u RW Mask|Mask
4 u RW Gateway|Gateway
4 u RW Primary DNS|PrimaryDns
4 u RW Secondary DNS|SecondaryDns
4 u RA Current address|CurrentAddress
4 u RA Current mask|CurrentMask
4 u RA Current gateway|CurrentGateway
4 u RA Current primary DNS|CurrentPrimaryDns
4 u RA Current secondary DNS|CurrentSecondaryDns
25 s RA Domain name|DomainName
25 s RA Host name|HostName
2 u RWA Relay agent options|RelayAgentOptions
137 Network address|NetworkAddr|NetworkAddr +
2 p RWS Security pointer|SecurityPtr
2 p RWS Address pointer|AddressPtr
148 Authentication security me|AuthSecMethod|AuthSecMethod +
1 e RW Validation scheme|ValidationScheme
25 s RW Username 1|Username1
25 s RW Password|Password
25 s RW Realm|Realm
25 s RW Username 2|Username2
157 Large string|LargeString|LargeString +
1 u RW Number of parts|NumOfParts
25 s RW Part 1|Part1
25 s RW Part 2|Part2
25 s RW Part 3|Part3
25 s RW Part 4|Part4
25 s RW Part 5|Part5
25 s RW Part 6|Part6
25 s RW Part 7|Part7
25 s RW Part 8|Part8
25 s RW Part 9|Part9
25 s RW Part 10|Part10
25 s RW Part 11|Part11
25 s RW Part 12|Part12
25 s RW Part 13|Part13
25 s RW Part 14|Part14
25 s RW Part 15|Part15
171 Extended VLAN tagging oper|ExtVlanTagOperCfgData|ExtVlanTag +
1 e RWS Association type|AssociationType
2 u R Received frame VLAN taggi|ReceivedFrameVlanTagOperTableMaxSize
2 u RW Input TPID|InputTPID
2 u RW Output TPID|OutputTPID
1 e RW Downstream mode|DsMode
16 t RW! Received frame VLAN taggi|ReceivedFrameVlanTaggingOperTable
2 p RWS Associated ME pointer|AssociatedMePoint
24 o RW DSCP to P-bit mapping|DscpToPbitMapping
256 ONU-G|OntG|Ontg
4 s R Vendor id|VID
14 s R Version|Version
8 o R Serial number|SerialNum
1 e R Traffic management option|TraffMgtOpt
1 u R Deprecated|AtmCCOpt
1 e RW Battery backup|BatteryBack
1 e RW Administrative state|AdminState
1 e RA Operational state|OpState
1 u R ONU survival time|OnuSurvivalTime
24 s RA Logical ONU id|LogicalOnuId|Loid
12 s RA Logical password|LogicalPassword|Password
1 e RW Credentials status|CredentialStatus|AuthState
257 ONU2-G|Ont2G|Ont2g
20 s R Equipment id|EquipId
1 e R OMCC version|OMCCVersion|OpticalOmccVersion
2 u R Vendor product code|VendorProductCode
1 e R Security capability|SecurityCapability
1 e RW Security mode|SecurityMode
2 u R Total priority queue numb|TotalPriQNum|TotalPriorityQueueNum
1 u R Total traffic scheduler n|TotalTrafficSchedulerNum
1 u R Deprecated|Deprecated
2 u R Total GEM port id number|TotalGemPortIDNum|TotalGemPortIdNum
4 u R! Sysuptime|SysUpTime
262 T-CONT|Tcont|Tcont
2 u RW Alloc id|AllocID|AllocId
1 u R Deprecated|ModeInd|Deprecated
1 e RW Policy|Policy
263 ANI-G|AniG|Anig
1 e R SR indication|SRInd
2 u R Total T-CONT number|TotalTcontNum
2 u RW GEM block length|GEMBlkLen
1 e R Piggyback DBA reporting|PiggyBackDBARpt
1 u R Deprecated|Deprecated
1 u RW Signal fail threshold|SFThreshold|SignalFailThreshold
1 u RW Signal degrade threshold|SDThreshold|SignalDegradeThreshold
1 e RWA ARC|ARC
1 u RW ARC interval|ARCInterval
2 i R Optical signal level|OpticalSignalLevel
1 u RW Lower optical threshold|LowOpThreshold|LowerOpticalThreshold
1 u RW Upper optical threshold|UppOpThreshold|UpperOpticalThreshold
2 u R ONU response time|ONTRespTime|OnuResponseTime
2 i R Transmit optical level|TranOpticLevel
1 i RW Lower transmit power thre|LowTranPowThreshold|LowerTransmitPowerThreshold
1 i RW Upper transmit power thre|UppTranPowThreshold|UpperTransmitPowerThreshold
268 GEM port network CTP|GemPortCtp|GemPortCtp +
2 u RWS Port id|PortID
2 p RWS T-CONT pointer|TcontPtr|TContPointer
1 e RWS Direction|Direction
2 p RWS Traffic management pointe|TraffMgtPtrUs|TrafficManagementPointerForUpstream
2 p RWS Traffic descriptor profil|TraffDescPtr|TrafficDescriptorProfilePointerForUpstream
1 u R UNI counter|UniCounter
2 p RWS Priority queue pointer fo|PriQPtrDs|PriorityQueuePointerForDownStream
1 e R Encryption state|EncryptionState
2 p RWS Traffic descriptor profil|TraffDescPtrDs|TrafficDescriptorProfilePointerForDownstream
1 e RWS Encryption key ring|EncryptionKeyRing
287 OMCI|Omci|Omci
2 t R! ME type table|MeTypeTable
1 t R! Message type table|MessageTypeTable
312 FEC PM history data|FecPmhd|FecPmhd +
1 u R! Interval end time|IntervalEndTime
2 p RWS! Threshold data 1/2 id|ThresholdData12Id
4 c R! Corrected bytes|CorrectedBytes
4 c R! Corrected code words|CorrectedCodeWords
4 c R! Uncorrectable code words|UncorrectableCodeWords
4 c R! Total code words|TotalCodeWords
2 c R! FEC seconds|FecSeconds
329 Virtual Ethernet interface|VEIP|Veip
1 e RW Administrative state|AdminState
1 e RA Operational state|OperState
25 s RW Interdomain name|InterDomainName
2 p RW TCP/UDP pointer|TcpUdpPtr
2 u R IANA assigned port|IansAssignPort
340 BBF TR-069 management serv|BBFTr069Server|Tr069
1 u RW Administrative state|AdminState
2 p RW ACS network address|AcsAddress
2 u RW Associated tag|AssociateTag
341 GEM port network CTP PM hi|GemPortCtpPmhd|GemPortCtpPmhd +
1 u R! Interval end time|IntervalEndTime
2 p RWS! Threshold data 1/2 id|ThresholdData12Id
4 c R! Transmitted GEM frames|TransmittedGemFrames
4 c R! Received GEM frames|ReceivedGemFrames
8 c R! Received payload bytes|ReceivedPayloadBytes
8 c R! Transmitted payload bytes|TransmittedPayloadBytes
4 c R! Encryption key errors|EncryptionKeyErrors
344 XG-PON TC PM history data|XgPonTcPmhd|XgPonTcPmhd +
1 u R! Interval end time|IntervalEndTime
2 p RWS! Threshold data 1/2 id|ThresholdData12Id
4 c R! PSBd HEC error count|PsbdHecErrorCount
4 c R! XGTC HEC error count|XgtcHecErrorCount
4 c R! Unknown profile count|UnknownProfileCount
4 c R! Transmitted XG-PON encaps|TransmittedXgemFrames|TransmittedXgPonEncapsulationMethodXgemFrames
4 c R! Fragment XGEM frames|FragmentXgemFrames
4 c R! XGEM HEC lost words count|XgemHecLostWordsCount
4 c R! XGEM key errors|XgemKeyErrors
4 c R! XGEM HEC error count|XgemHecErrorCount
"""

_KINDS: Final = {"s": "STR", "o": "STR", "u": "UINT", "e": "ENUM", "i": "INT", "p": "PTR", "c": "UINT", "t": "TBL"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: ``size`` in octets, of a table those of a row; names as consoles print them."""

    index: int
    size: int
    kind: str
    access: str
    lantiq: str
    realtek: str
    cortina: str
    is_uploaded: bool

    @property
    def bit(self) -> int:
        """Its bit in a mask."""
        return 0x8000 >> self.index - 1

    @property
    def is_table(self) -> bool:
        """Whether it is read by Get Next."""
        return self.kind == "t"

    @property
    def lantiq_kind(self) -> str:
        """How Lantiq's program calls its kind."""
        return _KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of entities."""

    number: int
    lantiq: str
    realtek: str
    cortina: str
    by_olt: bool
    attributes: tuple[Attribute, ...]

    def of(self, mask: int) -> list[Attribute]:
        """The attributes of a mask."""
        return [each for each in self.attributes if each.bit & mask]

    @property
    def known(self) -> int:
        """The mask of all."""
        return sum(each.bit for each in self.attributes)


@cache
def kinds() -> Mapping[int, Kind]:
    """The classes by number."""
    found: dict[int, Kind] = {}
    head: tuple[int, str, str, str, bool] | None = None
    rows: list[Attribute] = []
    for line in [*_TEXT.strip().splitlines(), "0 |||"]:
        names = line.split("|")
        first = names[0].split(" ", 3)
        if len(first) == 4 and first[1] in _KINDS and first[0].isdigit():
            size, kind, access, lantiq = first
            is_uploaded = not access.endswith("!")
            access = access.removesuffix("!")
            rows.append(Attribute(len(rows) + 1, int(size), kind, access, lantiq, names[1], names[-1], is_uploaded))
            continue
        if head:
            found[head[0]] = Kind(*head, tuple(rows))
        number, _, lantiq = names[0].partition(" ")
        head = (int(number), lantiq, names[1], names[-1].removesuffix(" +"), line.endswith("+"))
        rows = []
    return found
