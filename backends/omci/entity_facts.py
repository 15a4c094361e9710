"""What managed entities are: compiled by entity_compiler.py, never edited.

A class: number, name, who makes it, messages. An attribute: name, octets (0: not known), kind, access, flags (t table,
o optional, a told by AVC, d deprecated), what its number means. An alarm: number and text.
"""

from typing import Final

FACTS: Final = """\
2 OnuData ONU Get,GetAllAlarms,GetAllAlarmsNext,MIBReset,MIBUpload,MIBUploadNext,Set
 MibDataSync 1 uint RW -

5 Cardholder ONU Get,Set
 ActualPlugInUnitType 1 enum R a
 ExpectedPlugInUnitType 1 enum RW -
 ExpectedPortCount 1 uint RW o
 ExpectedEquipmentId 20 string RW o
 ActualEquipmentId 20 string R oa
 ProtectionProfilePointer 1 uint R o
 InvokeProtectionSwitch 1 enum RW o
 AlarmReportingControl 1 enum RW oa
 ArcInterval 1 uint RW o
 ! 0 Plug-in circuit pack missing
 ! 1 Plug-in type mismatch alarm
 ! 2 Improper card removal
 ! 3 Plug-in equipment ID mismatch alarm
 ! 4 Protection switch

6 CircuitPack ONU Create,Delete,Get,Set
 Type 1 enum RS -
 NumberOfPorts 1 uint R o
 SerialNumber 8 serial R -
 Version 14 string R -
 VendorId 4 string R o
 AdministrativeState 1 enum RW - words=0:unlocked,1:locked
 OperationalState 1 enum R oa words=0:enabled,1:disabled
 BridgedOrIpInd 1 enum RW -
 EquipmentId 20 string R o
 CardConfiguration 1 enum RWS -
 TotalTContBufferNumber 1 uint R -
 TotalPriorityQueueNumber 1 uint R -
 TotalTrafficSchedulerNumber 1 uint R -
 PowerShedOverride 4 bits RW o
 ! 0 Equipment alarm
 ! 1 Powering alarm
 ! 2 Self-test failure
 ! 3 Laser end of life
 ! 4 Temperature yellow
 ! 5 Temperature red

7 SoftwareImage ONU ActivateSoftware,CommitSoftware,DownloadSection,EndSoftwareDownload,Get,StartSoftwareDownload
 Version 14 string R a
 IsCommitted 1 enum R a words=0:no,1:yes
 IsActive 1 enum R a words=0:no,1:yes
 IsValid 1 enum R a words=0:no,1:yes
 ProductCode 25 octets R oa
 ImageHash 16 octets R oa

11 PhysicalPathTerminationPointEthernetUni ONU Get,Set
 ExpectedType 1 enum RW -
 SensedType 1 enum R a
 AutoDetectionConfiguration 1 enum RW -
 EthernetLoopbackConfiguration 1 enum RW -
 AdministrativeState 1 enum RW - words=0:unlocked,1:locked
 OperationalState 1 enum R oa words=0:enabled,1:disabled
 ConfigurationInd 1 enum R - words=1:10,2:100,3:1000,4:10G,5:2.5G,6:5G,7:25G,8:40G,17:10-half,18:100-half,19:1000-half
 MaxFrameSize 2 uint RW -
 DteOrDceInd 1 enum RW -
 PauseTime 2 uint RW o
 BridgedOrIpInd 1 enum RW o
 Arc 1 enum RW oa
 ArcInterval 1 uint RW o
 PppoeFilter 1 enum RW o
 PowerControl 1 enum RW o
 ! 0 LAN-LOS

24 EthernetPerformanceMonitoringHistoryData OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 pointer RWS -
 FcsErrors 4 counter R -
 ExcessiveCollisionCounter 4 counter R -
 LateCollisionCounter 4 counter R -
 FramesTooLong 4 counter R -
 BufferOverflowsOnReceive 4 counter R -
 BufferOverflowsOnTransmit 4 counter R -
 SingleCollisionFrameCounter 4 counter R -
 MultipleCollisionsFrameCounter 4 counter R -
 SqeCounter 4 counter R -
 DeferredTransmissionCounter 4 counter R -
 InternalMacTransmitErrorCounter 4 counter R -
 CarrierSenseErrorCounter 4 counter R -
 AlignmentErrorCounter 4 counter R -
 InternalMacReceiveErrorCounter 4 counter R -
 ! 0 FCS errors
 ! 1 Excessive collision counter
 ! 2 Late collision counter
 ! 3 Frames too long
 ! 4 Buffer overflows on receive
 ! 5 Buffer overflows on transmit
 ! 6 Single collision frame counter
 ! 7 Multiple collisions frame counter
 ! 8 SQE counter
 ! 9 Deferred transmission counter
 ! 10 Internal MAC transmit error counter
 ! 11 Carrier sense error counter
 ! 12 Alignment error counter
 ! 13 Internal MAC receive error counter

45 MacBridgeServiceProfile OLT Create,Delete,Get,Set
 SpanningTreeInd 1 enum RWS -
 LearningInd 1 enum RWS -
 PortBridgingInd 1 enum RWS -
 Priority 2 uint RWS -
 MaxAge 2 uint RWS -
 HelloTime 2 uint RWS -
 ForwardDelay 2 uint RWS -
 UnknownMacAddressDiscard 1 enum RWS -
 MacLearningDepth 1 uint RWS o
 DynamicFilteringAgeingTime 4 uint RWS o

47 MacBridgePortConfigurationData OLT Create,Delete,Get,Set
 BridgeIdPointer 2 uint RWS -
 PortNum 1 uint RWS -
 TpType 1 enum RWS -
 TpPointer 2 pointer RWS -
 PortPriority 2 uint RWS o
 PortPathCost 2 uint RWS -
 PortSpanningTreeInd 1 enum RWS -
 Deprecated1 1 uint RWS od
 Deprecated2 1 uint RWS od
 PortMacAddress 6 octets R o
 OutboundTdPointer 2 pointer RW o
 InboundTdPointer 2 pointer RW o
 MacLearningDepth 1 uint RWS o
 LaspIdPointer 2 uint RWS o
 ! 0 Port blocking

49 MacBridgePortFilterTableData ONU Get,GetNext,Set,SetTable
 MacFilterTable 8 table RW t

84 VlanTaggingFilterData OLT Create,Delete,Get,Set
 VlanFilterList 24 octets RWS -
 ForwardOperation 1 enum RWS -
 NumberOfEntries 1 uint RWS -

130 Ieee8021PMapperServiceProfile OLT Create,Delete,Get,Set
 TpPointer 2 uint RWS -
 InterworkTpPointerForPBitPriority0 2 uint RWS -
 InterworkTpPointerForPBitPriority1 2 uint RWS -
 InterworkTpPointerForPBitPriority2 2 uint RWS -
 InterworkTpPointerForPBitPriority3 2 uint RWS -
 InterworkTpPointerForPBitPriority4 2 uint RWS -
 InterworkTpPointerForPBitPriority5 2 uint RWS -
 InterworkTpPointerForPBitPriority6 2 uint RWS -
 InterworkTpPointerForPBitPriority7 2 uint RWS -
 UnmarkedFrameOption 1 uint RWS -
 DscpToPBitMapping 24 octets RW -
 DefaultPBitAssumption 1 uint RWS -
 TpType 1 uint RWS o

131 OltG ONU Get,Set
 OltVendorId 4 string RW -
 EquipmentId 20 string RW -
 Version 14 string RW -
 TimeOfDayInformation 14 octets RW o

133 OnuPowerShedding ONU Get,Set
 RestorePowerTimerResetInterval 2 uint RW -
 DataClassSheddingInterval 2 uint RW -
 VoiceClassSheddingInterval 2 uint RW -
 VideoOverlayClassSheddingInterval 2 uint RW -
 VideoReturnClassSheddingInterval 2 uint RW -
 DigitalSubscriberLineClassSheddingInterval 2 uint RW -
 AtmClassSheddingInterval 2 uint RW -
 CesClassSheddingInterval 2 uint RW -
 FrameClassSheddingInterval 2 uint RW -
 SdhSonetClassSheddingInterval 2 uint RW -
 SheddingStatus 2 uint R oa

134 IpHostConfigData ONU Get,Set,Test
 IpOptions 1 uint RW -
 MacAddress 6 octets R -
 OnuIdentifier 25 string RW -
 IpAddress 4 uint RW -
 Mask 4 uint RW -
 Gateway 4 uint RW -
 PrimaryDns 4 uint RW -
 SecondaryDns 4 uint RW -
 CurrentAddress 4 uint R oa
 CurrentMask 4 uint R oa
 CurrentGateway 4 uint R oa
 CurrentPrimaryDns 4 uint R oa
 CurrentSecondaryDns 4 uint R oa
 DomainName 25 string R a
 HostName 25 string R a
 RelayAgentOptions 2 uint RW oa

135 IpHostPerformanceMonitoringHistoryData OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 uint RWS -
 IcmpErrors 4 counter R -
 DnsErrors 4 counter R -
 DhcpTimeouts 2 counter R o
 IpAddressConflict 2 counter R o
 OutOfMemory 2 counter R o
 InternalError 2 counter R o
 ! 1 IPNPM ICMP error
 ! 2 IPNPM DNS error
 ! 3 DHCP timeout
 ! 4 IP address conflict
 ! 5 Out of memory
 ! 6 Internal error

136 TcpUdpConfigData OLT Create,Delete,Get,Set
 PortId 2 uint RWS -
 Protocol 1 uint RWS -
 TosDiffservField 1 uint RWS -
 IpHostPointer 2 uint RWS -

137 NetworkAddress OLT Create,Delete,Get,Set
 SecurityPointer 2 uint RWS - words=65535:null
 AddressPointer 2 uint RWS - words=65535:null

138 VoipConfigData ONU Get,Set
 AvailableSignallingProtocols 1 uint R -
 SignallingProtocolUsed 1 uint RW -
 AvailableVoipConfigurationMethods 4 uint R -
 VoipConfigurationMethodUsed 1 uint RW -
 VoipConfigurationAddressPointer 2 uint RW -
 VoipConfigurationState 1 uint R -
 RetrieveProfile 1 uint W -
 ProfileVersion 25 octets R a
 ! 0 VCD config server name
 ! 1 VCD config server reach
 ! 2 VCD config server connect
 ! 3 VCD config server validate
 ! 4 VCD config server auth
 ! 5 VCD config server timeout
 ! 6 VCD config server fail
 ! 7 VCD config file error
 ! 8 VCD subscription name
 ! 9 VCD subscription reach
 ! 10 VCD subscription connect
 ! 11 VCD subscription validate
 ! 12 VCD subscription auth
 ! 13 VCD subscription timeout
 ! 14 VCD subscription fail
 ! 15 VCD reboot request

148 AuthenticationSecurityMethod OLT Create,Delete,Get,Set
 ValidationScheme 1 uint RW - words=0:off,1:digest,3:basic
 Username1 25 string RW -
 Password 25 string RW -
 Realm 25 string RW -
 Username2 25 string RW o

157 LargeString OLT Create,Delete,Get,Set
 NumberOfParts 1 uint RW a
 Part1 25 string RW a
 Part2 25 string RW a
 Part3 25 string RW a
 Part4 25 string RW a
 Part5 25 string RW a
 Part6 25 string RW a
 Part7 25 string RW a
 Part8 25 string RW a
 Part9 25 string RW a
 Part10 25 string RW a
 Part11 25 string RW a
 Part12 25 string RW a
 Part13 25 string RW a
 Part14 25 string RW a
 Part15 25 string RW a

158 OnuRemoteDebug ONU Get,GetNext,Set
 CommandFormat 1 uint R -
 Command 25 octets W -
 ReplyTable 0 table R t

171 ExtendedVlanTaggingOperationConfigurationData OLT Create,Delete,Get,GetNext,Set,SetTable
 AssociationType 1 enum RWS -
 ReceivedFrameVlanTaggingOperationTableMaxSize 2 uint R -
 InputTpid 2 uint RW -
 OutputTpid 2 uint RW -
 DownstreamMode 1 enum RW -
 ReceivedFrameVlanTaggingOperationTable 16 table RW t
 AssociatedMePointer 2 pointer RWS -
 DscpToPBitMapping 24 octets RW o
 EnhancedMode 1 uint RS o
 EnhancedReceivedFrameClassificationAndProcessingTable 28 table RW to

256 OnuG ONU Get,Reboot,Set,SynchronizeTime,Test
 VendorId 4 string R -
 Version 14 string R -
 SerialNumber 8 serial R -
 TrafficManagementOption 1 enum R -
 Deprecated 1 uint R od
 BatteryBackup 1 enum RW -
 AdministrativeState 1 enum RW - words=0:unlocked,1:locked
 OperationalState 1 enum R oa words=0:enabled,1:disabled
 OnuSurvivalTime 1 uint R o
 LogicalOnuId 24 string R oa
 LogicalPassword 12 string R oa
 CredentialsStatus 1 enum RW o
 ExtendedTcLayerOptions 2 bits R o
 ! 0 Equipment alarm
 ! 1 Powering alarm
 ! 2 Battery missing
 ! 3 Battery failure
 ! 4 Battery low
 ! 5 Physical intrusion
 ! 6 ONU self-test failure
 ! 7 Dying gasp
 ! 8 Temperature yellow
 ! 9 Temperature red
 ! 10 Voltage yellow
 ! 11 Voltage red
 ! 12 ONU manual power off
 ! 13 Inv-Image
 ! 14 PSE overload yellow
 ! 15 PSE overload red

257 Onu2G ONU Get,Set
 EquipmentId 20 string R o
 OpticalNetworkUnitManagementAndControlChannelOmccVersion 1 enum R a
 VendorProductCode 2 uint R o
 SecurityCapability 1 enum R -
 SecurityMode 1 enum RW -
 TotalPriorityQueueNumber 2 uint R -
 TotalTrafficSchedulerNumber 1 uint R -
 Deprecated 1 uint R d
 TotalGemPortIdNumber 2 uint R o
 Sysuptime 4 uint R o unit=s step=0.01
 ConnectivityCapability 2 bits R o
 CurrentConnectivityMode 1 bits RW o
 QualityOfServiceQosConfigurationFlexibility 2 bits R o
 PriorityQueueScaleFactor 2 uint RW o

262 TCont ONU Get,Set
 AllocId 2 uint RW -
 Deprecated 1 uint R d
 Policy 1 enum RW -

263 AniG ONU Get,Set,Test
 SrIndication 1 enum R -
 TotalTcontNumber 2 uint R -
 GemBlockLength 2 uint RW -
 PiggybackDbaReporting 1 enum R -
 Deprecated 1 uint R d
 SignalFailThreshold 1 uint RW -
 SignalDegradeThreshold 1 uint RW -
 Arc 1 enum RW oa
 ArcInterval 1 uint RW o
 OpticalSignalLevel 2 sint R o unit=dBm step=0.002
 LowerOpticalThreshold 1 uint RW o unit=dBm step=-0.5 policy=255
 UpperOpticalThreshold 1 uint RW o unit=dBm step=-0.5 policy=255
 OnuResponseTime 2 uint R o unit=ns
 TransmitOpticalLevel 2 sint R o unit=dBm step=0.002
 LowerTransmitPowerThreshold 1 sint RW o unit=dBm step=0.5 policy=-127
 UpperTransmitPowerThreshold 1 sint RW o unit=dBm step=0.5 policy=-127
 ! 0 Low received optical power
 ! 1 High received optical power
 ! 2 SF
 ! 3 SD
 ! 4 Low transmit optical power
 ! 5 High transmit optical power
 ! 6 Laser bias current

264 UniG ONU Get,Set
 Deprecated 2 uint RW d
 AdministrativeState 1 enum RW - words=0:unlocked,1:locked
 ManagementCapability 1 enum R o
 NonOmciManagementIdentifier 2 pointer RW o
 RelayAgentOptions 2 pointer RW o

266 GemInterworkingTerminationPoint OLT Create,Delete,Get,Set
 GemPortNetworkCtpConnectivityPointer 2 pointer RWS -
 InterworkingOption 1 enum RWS -
 ServiceProfilePointer 2 pointer RWS -
 InterworkingTerminationPointPointer 2 pointer RWS -
 PptpCounter 1 uint R o
 OperationalState 1 enum R oa words=0:enabled,1:disabled
 GalProfilePointer 2 pointer RWS -
 GalLoopbackConfiguration 1 enum RW -
 ! 0 Deprecated

268 GemPortNetworkCtp OLT Create,Delete,Get,Set
 PortId 2 uint RWS -
 TContPointer 2 pointer RWS -
 Direction 1 enum RWS - words=1:UNI-to-ANI,2:ANI-to-UNI,3:bidirectional
 TrafficManagementPointerForUpstream 2 pointer RWS -
 TrafficDescriptorProfilePointerForUpstream 2 pointer RWS o
 UniCounter 1 uint R o
 PriorityQueuePointerForDownStream 2 pointer RWS -
 EncryptionState 1 enum R o
 TrafficDescriptorProfilePointerForDownstream 2 pointer RWS o
 EncryptionKeyRing 1 enum RWS o
 ! 5 End-to-end loss of continuity

272 GalEthernetProfile OLT Create,Delete,Get,Set
 MaximumGemPayloadSize 2 uint RWS -

273 ThresholdData1 OLT Create,Delete,Get,Set
 ThresholdValue1 4 uint RWS -
 ThresholdValue2 4 uint RWS -
 ThresholdValue3 4 uint RWS -
 ThresholdValue4 4 uint RWS -
 ThresholdValue5 4 uint RWS -
 ThresholdValue6 4 uint RWS -
 ThresholdValue7 4 uint RWS -

274 ThresholdData2 OLT Create,Delete,Get,Set
 ThresholdValue8 4 uint RWS -
 ThresholdValue9 4 uint RWS -
 ThresholdValue10 4 uint RWS -
 ThresholdValue11 4 uint RWS -
 ThresholdValue12 4 uint RWS -
 ThresholdValue13 4 uint RWS -
 ThresholdValue14 4 uint RWS -

277 PriorityQueue ONU Get,Set
 QueueConfigurationOption 1 uint R -
 MaximumQueueSize 2 uint R -
 AllocatedQueueSize 2 uint RW -
 DiscardBlockCounterResetInterval 2 uint RW o
 ThresholdValueForDiscardedBlocksDueToBufferOverflow 2 uint RW o
 RelatedPort 4 uint RW -
 TrafficSchedulerPointer 2 uint RW -
 Weight 1 uint RW -
 BackPressureOperation 2 uint RW -
 BackPressureTime 4 uint RW -
 BackPressureOccurQueueThreshold 2 uint RW -
 BackPressureClearQueueThreshold 2 uint RW -
 PacketDropQueueThresholds 8 uint RW o
 PacketDropMaxP 2 uint RW o
 QueueDropWQ 1 uint RW o
 DropPrecedenceColourMarking 1 uint RW o
 ! 0 Block loss

280 TrafficDescriptor OLT Create,Delete,Get,Set
 Cir 4 uint RWS o
 Pir 4 uint RWS o
 Cbs 4 uint RWS o
 Pbs 4 uint RWS o
 ColourMode 1 enum RWS o
 IngressColourMarking 1 enum RWS o
 EgressColourMarking 1 enum RWS o
 MeterType 1 enum RS o

281 MulticastGemInterworkingTerminationPoint OLT Create,Delete,Get,GetNext,Set,SetTable
 GemPortNetworkCtpConnectivityPointer 2 pointer RWS -
 InterworkingOption 1 enum RWS -
 ServiceProfilePointer 2 pointer RWS -
 NotUsed1 2 uint RWS -
 PptpCounter 1 uint R o
 OperationalState 1 enum R oa words=0:enabled,1:disabled
 GalProfilePointer 2 pointer RWS -
 NotUsed2 1 uint RWS -
 Ipv4MulticastAddressTable 12 table RW t
 Ipv6MulticastAddressTable 24 table RW to
 ! 0 Deprecated

287 Omci ONU Get,GetNext
 MeTypeTable 2 table R t
 MessageTypeTable 1 table R t

288 ManagedEntityMe ONU Get,GetNext
 Name 25 octets R -
 AttributesTable 2 table R t
 Access 1 uint R -
 AlarmsTable 1 table R t
 AvcsTable 1 table R t
 Actions 4 uint R -
 InstancesTable 2 table R t
 Support 1 uint R -

289 AttributeMe ONU Get,GetNext
 Name 25 octets R -
 Size 2 uint R -
 Access 1 uint R -
 Format 1 uint R -
 LowerLimit 4 uint R -
 UpperLimit 4 uint R -
 BitField 4 uint R -
 CodePointsTable 2 table R t
 Support 1 uint R -

290 Dot1XPortExtensionPackage ONU Get,Set
 Dot1XEnable 1 uint RW -
 ActionRegister 1 uint W -
 AuthenticatorPaeState 1 uint R o
 BackendAuthenticationState 1 uint R o
 AdminControlledDirections 1 uint RW o
 OperationalControlledDirections 1 uint R o
 AuthenticatorControlledPortStatus 1 uint R o
 QuietPeriod 2 uint RW o
 ServerTimeoutPeriod 2 uint RW o
 ReAuthenticationPeriod 2 uint R o
 ReAuthenticationEnabled 1 uint R o
 KeyTransmissionEnabled 1 uint RW o
 ! 0 dot1x local authentication - allowed
 ! 1 dot1x local authentication - denied

296 EthernetPerformanceMonitoringHistoryData3 OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 pointer RWS -
 DropEvents 4 counter R -
 Octets 4 counter R -
 Packets 4 counter R -
 BroadcastPackets 4 counter R -
 MulticastPackets 4 counter R -
 UndersizePackets 4 counter R -
 Fragments 4 counter R -
 Jabbers 4 counter R -
 Packets64Octets 4 counter R -
 Packets65To127Octets 4 counter R -
 Packets128To255Octets 4 counter R -
 Packets256To511Octets 4 counter R -
 Packets512To1023Octets 4 counter R -
 Packets1024To1518Octets 4 counter R -
 ! 0 Drop events
 ! 1 Undersize packets
 ! 2 Fragments
 ! 3 Jabbers

307 OctetString OLT Create,Delete,Get,Set
 Length 2 uint RW -
 Part1 25 octets RW -
 Part2 25 octets RW o
 Part3 25 octets RW o
 Part4 25 octets RW o
 Part5 25 octets RW o
 Part6 25 octets RW o
 Part7 25 octets RW o
 Part8 25 octets RW o
 Part9 25 octets RW o
 Part10 25 octets RW o
 Part11 25 octets RW o
 Part12 25 octets RW o
 Part13 25 octets RW o
 Part14 25 octets RW o
 Part15 25 octets RW o

309 MulticastOperationsProfile OLT Create,Delete,Get,GetNext,Set,SetTable
 IgmpVersion 1 enum RWS -
 IgmpFunction 1 enum RWS -
 ImmediateLeave 1 enum RWS -
 UpstreamIgmpTci 2 uint RWS o
 UpstreamIgmpTagControl 1 uint RWS o
 UpstreamIgmpRate 4 uint RWS o
 DynamicAccessControlListTable 24 table RW t
 StaticAccessControlListTable 24 table RW t
 LostGroupsListTable 10 table R to
 Robustness 1 uint RWS o
 QuerierIpAddress 4 uint RWS o
 QueryInterval 4 uint RWS o
 QueryMaxResponseTime 4 uint RWS o
 LastMemberQueryInterval 4 uint RW o
 UnauthorizedJoinRequestBehaviour 1 uint RW o
 DownstreamIgmpAndMulticastTci 3 octets RWS o

310 MulticastSubscriberConfigInfo OLT Create,Delete,Get,GetNext,Set,SetTable
 MeType 1 enum RWS -
 MulticastOperationsProfilePointer 2 pointer RWS -
 MaxSimultaneousGroups 2 uint RWS o
 MaxMulticastBandwidth 4 uint RWS o
 BandwidthEnforcement 1 enum RWS o
 MulticastServicePackageTable 20 table RW to
 AllowedPreviewGroupsTable 22 table RW t

311 MulticastSubscriberMonitor OLT Create,Delete,Get,GetNext,Set
 MeType 1 enum RWS -
 CurrentMulticastBandwidth 4 uint R o
 JoinMessagesCounter 4 uint R o
 BandwidthExceededCounter 4 uint R o
 Ipv4ActiveGroupListTable 24 table R t
 Ipv6ActiveGroupListTable 58 table R to

312 FecPerformanceMonitoringHistoryData OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 uint RWS -
 CorrectedBytes 4 counter R -
 CorrectedCodeWords 4 counter R -
 UncorrectableCodeWords 4 counter R -
 TotalCodeWords 4 counter R -
 FecSeconds 2 counter R -
 ! 0 Corrected bytes
 ! 1 Corrected code words
 ! 2 Uncorrectable code words
 ! 4 FEC seconds

321 EthernetFramePerformanceMonitoringHistoryDataDownstream OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 pointer RWS -
 DropEvents 4 counter R -
 Octets 4 counter R -
 Packets 4 counter R -
 BroadcastPackets 4 counter R -
 MulticastPackets 4 counter R -
 CrcErroredPackets 4 counter R -
 UndersizePackets 4 counter R -
 OversizePackets 4 counter R -
 Packets64Octets 4 counter R -
 Packets65To127Octets 4 counter R -
 Packets128To255Octets 4 counter R -
 Packets256To511Octets 4 counter R -
 Packets512To1023Octets 4 counter R -
 Packets1024To1518Octets 4 counter R -
 ! 0 Drop events
 ! 1 CRC errored packets
 ! 2 Undersize packets
 ! 3 Oversize packets

322 EthernetFramePerformanceMonitoringHistoryDataUpstream OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 pointer RWS -
 DropEvents 4 counter R -
 Octets 4 counter R -
 Packets 4 counter R -
 BroadcastPackets 4 counter R -
 MulticastPackets 4 counter R -
 CrcErroredPackets 4 counter R -
 UndersizePackets 4 counter R -
 OversizePackets 4 counter R -
 Packets64Octets 4 counter R -
 Packets65To127Octets 4 counter R -
 Packets128To255Octets 4 counter R -
 Packets256To511Octets 4 counter R -
 Packets512To1023Octets 4 counter R -
 Packets1024To1518Octets 4 counter R -
 ! 0 Drop events
 ! 1 CRC errored packets
 ! 2 Undersize packets
 ! 3 Oversize packets

329 VirtualEthernetInterfacePoint ONU Get,Set
 AdministrativeState 1 enum RW - words=0:unlocked,1:locked
 OperationalState 1 enum R oa words=0:enabled,1:disabled
 InterdomainName 25 string RW o
 TcpUdpPointer 2 pointer RW o
 IanaAssignedPort 2 uint R -
 ! 0 Connecting function fail

332 EnhancedSecurityControl ONU Get,GetNext,Set
 OltCryptoCapabilities 16 octets W -
 OltRandomChallengeTable 17 table RW t
 OltChallengeStatus 1 uint RW -
 OnuSelectedCryptoCapabilities 1 uint R -
 OnuRandomChallengeTable 16 table R ta
 OnuAuthenticationResultTable 16 table R ta
 OltAuthenticationResultTable 17 table RW t
 OltResultStatus 1 uint RW -
 OnuAuthenticationStatus 1 uint R a
 MasterSessionKeyName 16 octets R -
 BroadcastKeyTable 18 table RW to
 EffectiveKeyLength 2 uint R o

334 EthernetFrameExtendedPm OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ControlBlock 16 octets RWS -
 DropEvents 4 counter R -
 Octets 4 counter R -
 Frames 4 counter R -
 BroadcastFrames 4 counter R -
 MulticastFrames 4 counter R -
 CrcErroredFrames 4 counter R -
 UndersizeFrames 4 counter R -
 OversizeFrames 4 counter R -
 Frames64Octets 4 counter R -
 Frames65To127Octets 4 counter R -
 Frames128To255Octets 4 counter R -
 Frames256To511Octets 4 counter R -
 Frames512To1023Octets 4 counter R -
 Frames1024To1518Octets 4 counter R -
 ! 1 Drop events
 ! 2 CRC errored frames
 ! 3 Undersize frames
 ! 4 Oversize frames

336 OnuDynamicPowerManagementControl ONU Get,Set
 PowerReductionManagementCapability 1 uint R -
 PowerReductionManagementMode 1 uint RW -
 Itransinit 2 uint R -
 Itxinit 2 uint R -
 MaximumSleepInterval 4 uint RW -
 MaximumReceiverOffInterval 4 uint RW -
 MinimumAwareInterval 4 uint RW -
 MinimumActiveHeldInterval 2 uint RW -
 MaximumSleepIntervalExtension 8 uint RW o
 EthernetPassiveOpticalNetworkEponCapabilityExtension 1 uint R o
 EponSetupExtension 1 uint RW o
 MissingConsecutiveBurstsThreshold 4 uint RW -

340 BbfTr069ManagementServer ONU Get,Set
 AdministrativeState 1 uint RW - words=0:unlocked,1:locked
 AcsNetworkAddress 2 uint RW - words=65535:null
 AssociatedTag 2 uint RW - words=65535:untagged

341 GemPortNetworkCtpPerformanceMonitoringHistoryData OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 pointer RWS -
 TransmittedGemFrames 4 counter R -
 ReceivedGemFrames 4 counter R -
 ReceivedPayloadBytes 8 counter R -
 TransmittedPayloadBytes 8 counter R -
 EncryptionKeyErrors 4 counter R o
 ! 1 Encryption key errors

342 TcpUdpPerformanceMonitoringHistoryData OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 uint RWS -
 SocketFailed 2 counter R -
 ListenFailed 2 counter R -
 BindFailed 2 counter R -
 AcceptFailed 2 counter R -
 SelectFailed 2 counter R -
 ! 1 Socket failed
 ! 2 Listen failed
 ! 3 Bind failed
 ! 4 Accept failed
 ! 5 Select failed

343 EnergyConsumptionPerformanceMonitoringHistoryData OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 pointer RWS -
 DozeTime 4 counter R -
 CyclicSleepTime 4 counter R -
 WatchfulSleepTime 4 counter R -
 EnergyConsumed 4 counter R o

344 XgPonTcPerformanceMonitoringHistoryData OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 pointer RWS -
 PsbdHecErrorCount 4 counter R o
 XgtcHecErrorCount 4 counter R o
 UnknownProfileCount 4 counter R o
 TransmittedXgPonEncapsulationMethodXgemFrames 4 counter R -
 FragmentXgemFrames 4 counter R o
 XgemHecLostWordsCount 4 counter R o
 XgemKeyErrors 4 counter R -
 XgemHecErrorCount 4 counter R -
 TransmittedBytesInNonIdleXgemFrames 8 counter R -
 ReceivedBytesInNonIdleXgemFrames 8 counter R o
 LossOfDownstreamSynchronizationLodsEventCount 4 counter R o
 LodsEventRestoredCount 4 counter R o
 OnuReactivationByLodsEvents 4 counter R o
 ! 1 PSBd HEC error count
 ! 2 XGTC HEC error count
 ! 3 Unknown profile count
 ! 4 XGEM HEC loss count
 ! 5 XGEM key errors
 ! 6 XGEM HEC error count

345 XgPonDownstreamManagementPerformanceMonitoringHistoryData OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 pointer RWS -
 PloamMessageIntegrityCheckMicErrorCount 4 counter R o
 DownstreamPloamMessagesCount 4 counter R o
 ProfileMessagesReceived 4 counter R o
 RangingTimeMessagesReceived 4 counter R -
 DeactivateOnuIdMessagesReceived 4 counter R o
 DisableSerialNumberMessagesReceived 4 counter R o
 RequestRegistrationMessagesReceived 4 counter R o
 AssignAllocIdMessagesReceived 4 counter R o
 KeyControlMessagesReceived 4 counter R o
 SleepAllowMessagesReceived 4 counter R o
 BaselineOmciMessagesReceivedCount 4 counter R o
 ExtendedOmciMessagesReceivedCount 4 counter R o
 AssignOnuIdMessagesReceived 4 counter R o
 OmciMicErrorCount 4 counter R o
 ! 1 PLOAM MIC error count
 ! 2 OMCI MIC error count

346 XgPonUpstreamManagementPerformanceMonitoringHistoryData OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ThresholdData12Id 2 pointer RWS -
 UpstreamPloamMessageCount 4 counter R o
 SerialNumberOnuMessageCount 4 counter R o
 RegistrationMessageCount 4 counter R o
 KeyReportMessageCount 4 counter R o
 AcknowledgeMessageCount 4 counter R o
 SleepRequestMessageCount 4 counter R o

348 MacBridgePortIcmpv6ProcessPreAssignTable ONU Get
 Icmpv6ErrorMessagesProcessing 1 uint RW -
 Icmpv6InformationalMessagesProcessing 1 uint RW -
 RouterSolicitationProcessing 1 uint RW -
 RouterAdvertisementProcessing 1 uint RW -
 NeighbourSolicitationProcessing 1 uint RW -
 NeighbourAdvertisementProcessing 1 uint RW -
 RedirectProcessing 1 uint RW -
 MulticastListenerQueryProcessing 1 uint RW -
 UnknownIcmpv6Processing 1 uint RW -

425 EthernetFrameExtendedPm64Bit OLT Create,Delete,Get,GetCurrentData,Set
 IntervalEndTime 1 uint R -
 ControlBlock 16 octets RWS -
 DropEvents 8 counter R -
 Octets 8 counter R -
 Frames 8 counter R -
 BroadcastFrames 8 counter R -
 MulticastFrames 8 counter R -
 CrcErroredFrames 8 counter R -
 UndersizeFrames 8 counter R -
 OversizeFrames 8 counter R -
 Frames64Octets 8 counter R -
 Frames65To127Octets 8 counter R -
 Frames128To255Octets 8 counter R -
 Frames256To511Octets 8 counter R -
 Frames512To1023Octets 8 counter R -
 Frames1024To1518Octets 8 counter R -
 ! 1 Drop events
 ! 2 CRC errored frames
 ! 3 Undersize frames
 ! 4 Oversize frames

44 VendorSpecific OLT -
 SubEntity 1 octets RWS -

297 PortMappingPackage ONU Get
 MaxPorts 1 uint R -
 PortList1 16 octets R -
 PortList2 16 octets R -
 PortList3 16 octets R -
 PortList4 16 octets R -
 PortList5 16 octets R -
 PortList6 16 octets R -
 PortList7 16 octets R -
 PortList8 16 octets R -
"""
