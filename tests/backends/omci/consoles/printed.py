"""What the programs of ONTs print, written from what is known of their grammars; values are this file's own."""

LANTIQ_NEW = """\
Class ID    = 340 (BBF TR-069 management se)
Instance ID = 3585
Upload      = yes
Alarms      = -
-------------------------------------------------------------------------------
 1 Administrative state          1b ENUM RW---------
   0x00 (0)
-------------------------------------------------------------------------------
 2 ACS network address           2b PTR  RW---------
   0x8000 (32768)
-------------------------------------------------------------------------------
 3 Associated tag                2b UINT RW---------
   0xffff (65535)
-------------------------------------------------------------------------------
R - Readable          O - Not supported (optional)
W - Writable          E - Excluded from MIB upload (template)

errorcode=0
"""
LANTIQ_OLD = """\
Class ID    = 263 (ANI-G)
Instance ID = 32769
Uploaded    = no_pm
Alarms      = 0x20 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 \
0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00
-------------------------------------------------------------------------------
 0 SR indication                 1b ENUM R---------
   0x01 (1)
-------------------------------------------------------------------------------
 9 Optical signal level          2b INT  R---O-----
   0xd56a (-10902)
-------------------------------------------------------------------------------
10 Lower optical threshold       1b UINT RW--O-----
   0xff (255)
-------------------------------------------------------------------------------
errorcode=0
"""
LANTIQ_TABLE = """\
Class ID    = 158 (ONU remote debug)
Instance ID = 0
 1 Command format                1b ENUM R----------
   0x00 (0)
 3 Reply table                   4b TBL  R----T-----
   0x41 0x42 0x43 0x44
   0x45 0x46
errorcode=0
"""
LANTIQ_LIST = """\
-------------------------------------
| Class | Inst. |
|   256 |     0 | ONU-G
|   263 | 32769 | ANI-G
|   340 |  3585 |
-------------------------------------
errorcode=0
"""

X, RULE = "X" * 33, "=" * 33
REALTEK_SERVER = f"""\
{X}
BBFTr069Server
{X}
{RULE}
EntityID: 0x0e01
AdminState: 0
AcsAddress: 0x8000
AssociateTag: 0xffff
{RULE}
"""
REALTEK_ANIG = f"""\
{X}
Anig
{X}
{RULE}
EntityId: 0x8001
SRInd: 1
TotalTcontNum: 8
OpticalSignalLevel: 0xd56a
LowerOpticalThreshold: 0xff
TranOpticLevel: 1031
{RULE}
{RULE}
EntityId: 0x8002
SRInd: 0
OpticalSignalLevel: -10902
{RULE}
"""
REALTEK_FILTER = f"""\
{X}
VlanTagFilterData
{X}
{RULE}
EntityID: 0x1202
FilterTbl[0]: PRI 0,CFI 0, VID 621
FilterTbl[2]: PRI 7,CFI 1, VID 821
FwdOp:  0x10
NumOfEntries: 2
{RULE}
"""
REALTEK_TAGGING = f"""\
{X}
ExtVlanTagOperCfgData
{X}
{RULE}
EntityId: 0x101
AssociationType: 2
ReceivedFrameVlanTagOperTableMaxSize: 0
InputTPID: 0x8100
OutputTPID: 0x8100
DsMode: 0
ReceivedFrameVlanTaggingOperTable
INDEX 0
Filter Outer   : PRI 15,VID 4096, TPID 0
Filter Inner   : PRI 8,VID 100, TPID 5, EthType 0x00
Treatment Outer   : PRI 15,VID 0, TPID 0, RemoveTags 1
Treatment Inner   : PRI 8,VID 100, TPID 2
AssociatedMePoint: 0x101
DscpToPbitMapping:
0x000000
0x249249
0x492492
0x6db6db
0x924924
0xb6db6d
0xdb6db6
0xffffff
{RULE}
"""
REALTEK_NONE = f"{X}\nBBFTr069Server\n{X}\n"

CORTINA_ONU = """\
Table Ontg, Ont-g, total 1 instances

EntityID                  = 0x0000
VID                       = "GPON"
Version                   = 58 47 2d 39 39 53 00 00 00 00 00 00 00 00
SerialNum                 = 47 50 4f 4e ab cd 12 34
TraffMgtOpt               = 2
AtmCCOpt                  = 0
BatteryBack               = 1
AdminState                = 0
OpState                   = 0
OnuSurvivalTime           = 0
Loid                      = ""
AuthState                 = 3
OntState                  = 1

"""
CORTINA_LINK = """
 ----------------- LINK STATE -----------------
 Link State:              ACTIVE
 Operation State Machine: OPERATION (O5)
 ----------------- STATE  END -----------------

"""
CORTINA_ME = """
------------------------- ONU INFO --------------------------

Onu id 17
eqd:   0
Serial Number(vendor code): GPON
Serial Number(sn):          abcd1234
------------------------- INFO END --------------------------

"""
EVERY = [
    LANTIQ_NEW, LANTIQ_OLD, LANTIQ_TABLE, LANTIQ_LIST, REALTEK_SERVER, REALTEK_ANIG, REALTEK_FILTER, REALTEK_TAGGING,
    REALTEK_NONE, CORTINA_ONU, CORTINA_LINK, CORTINA_ME,
]  # fmt: skip
