"""Builds every object of the daemon and connects them; the only file that knows all the others."""

import contextlib
import gc
import logging
import os
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent import extensions, presets, settings
from agent.connection_requests import ConnectionRequests, index_of
from agent.cwmp import management_server as ms
from agent.cwmp.describe import describe
from agent.cwmp.event_queue import Event
from agent.cwmp.heartbeat import Heartbeat
from agent.cwmp.inform import inform
from agent.cwmp.messages import DeviceIdStruct, Fault, Inform, Request, Response
from agent.cwmp.outbox import Outbox
from agent.cwmp.planned_reboot import DELAY_REBOOT, SCHEDULE_REBOOT, PlannedReboot
from agent.cwmp.retry import Retries
from agent.cwmp.rpc import Clocks, Rpc
from agent.cwmp.schedule import Recurring
from agent.discovery.offer import Neighbour, Offer, Source
from agent.features import Feature, Stream, features, units_of
from agent.firmware.choice import installer_of, told_by
from agent.first_values import ACS_VALUES, CONNECTION_REQUEST_PATH, SET_BY, begin_anew, from_file
from agent.going_down import GoingDown
from agent.late_verbs import late_streams, late_verbs
from agent.lease_watches import LeaseWatches
from agent.model.coverage import Reasons
from agent.model.data_model import Addressing, Caller, DataModel
from agent.model.own_values import OwnValues
from agent.page import SERVING as PAGE_ASKS_OF
from agent.page import PageService, Verb
from agent.page import Surroundings as PageSurroundings
from agent.preset_service import OWN_VALUES as PRESET_VALUES
from agent.preset_service import PresetService, who
from agent.runtime import loop
from agent.runtime.acs_session import AcsSession
from agent.runtime.actions import Listen
from agent.runtime.calendar import Calendar
from agent.runtime.clock import iso, local_time
from agent.runtime.commit_confirm import CommitConfirm
from agent.runtime.control import ControlServer
from agent.runtime.core import Core, Parts, Policy
from agent.runtime.delivery import DOCUMENT as DELIVERY
from agent.runtime.delivery import Delivery
from agent.runtime.discovery import OWN_VALUES as DISCOVERY_VALUES
from agent.runtime.discovery import Contact, Discovery
from agent.runtime.documents import shapes
from agent.runtime.endpoint import shown_url
from agent.runtime.events import Changed, ControlAsked, InTurn, LeaseHeard, Moment, Reload, Stop
from agent.runtime.history import History
from agent.runtime.home_links import HomeLinks
from agent.runtime.housekeeping import Housekeeping
from agent.runtime.kept_secrets import KeptSecrets
from agent.runtime.lease_events import LeaseEvents
from agent.runtime.leases import ways_out
from agent.runtime.listen_again import ListenAgain
from agent.runtime.live import Live
from agent.runtime.logs import log_to
from agent.runtime.memory import give_back, slim_data_classes
from agent.runtime.reach import Reach
from agent.runtime.redactor import Redactor
from agent.runtime.refusals import RefusedLogins
from agent.runtime.starts import DOCUMENT as STARTS
from agent.runtime.starts import Starts
from agent.runtime.status import Device, Verbs
from agent.runtime.store import FileStore, Unsaved, claim
from agent.runtime.strip import Strip
from agent.runtime.systemd import Notifier
from agent.runtime.trace import TraceStore
from agent.runtime.verbs import ModelVerbs, Profiles
from agent.runtime.workers import Workers
from agent.settings import Loaded
from agent.shipped_schema import shipped_schema
from agent.system_changes import SystemChanges
from agent.transfer_service import Surroundings as TransferSurroundings
from agent.transfer_service import TransferService, homes
from agent.transfers.url_policy import UrlPolicy
from agent.vendor_files.build import Given as VendorGiven
from agent.vendor_files.build import VendorConfiguration
from agent.vendor_files.transfer_types import Parts as VendorParts
from agent.vendor_files.transfer_types import register as register_types
from agent.vendor_files.transfer_types import register_vendors
from agent.version import VERSION
from agent.way_to_acs import WayToAcs
from backends import tr181
from backends.addresses import Addresses, installed_netifaces
from backends.association import Named
from backends.errors import MechanismError
from backends.ethtool import Ethtool
from backends.faults import HISTORY
from backends.ieee8021x.configuration import Credentials
from backends.kernel_features import lacking
from backends.netlink import Netlink
from backends.other_managers import OtherManagers
from backends.procfs import Procfs
from backends.sysfs import Sysfs
from backends.system import System
from backends.tr181.absent import reasons
from backends.tr181.device_info import FIRST_USE_DATE, device_identity
from backends.tr181.fault_mgmt import TOPIC as FAULT
from backends.tr181.fault_mgmt import faults_of
from backends.tr181.gateway_profiles import GATEWAY_PROFILES
from backends.tr181.links import Links
from backends.tr181.management_interface import management_way
from backends.tr181.mechanisms import Identity, Mechanisms, ModuleRules
from backends.tr181.parts import Machine, Watch
from backends.tr181.services import is_openwrt, network_and_services
from backends.tr181.supported_data_model import supported_data_model
from backends.tr181.user_interface import ENABLE, PASSWORD_RESET, Page
from backends.tunnels.links import TunnelLinks

if TYPE_CHECKING:
    from agent.firmware.upgrade import Upgrade

log = logging.getLogger(__name__)

LAST_GOOD_ACS: Final = "acs"
ACS_ADDRESS: Final = "address"
MOST_TOLD: Final = 8
"""Edits of one change in the event history."""
PUT_IN_FORCE_WITHIN: Final = 300.0
"""Seconds that a configuration file may take; who gives up before would tell of a failure that is none."""


def run(config: Path | None, state_directory: Path | None, boot: bool) -> int:
    """Be the agent until SIGTERM; ``boot``: report as after a boot. Raises SettingsError, ControlSocketError."""
    slim_data_classes()
    loaded = settings.load(config, state_directory)
    inbox = loop.Inbox()
    _hear_signals(inbox)
    agent = Agent(loaded, boot, inbox)
    agent.reload_with(lambda: settings.load(config, state_directory))
    return agent.run()


def leave(config: Path | None, state_directory: Path | None) -> int:
    """Take back what the agent made in this system, and end. Its settings and its state stay as they are, so that the
    next start makes all of it again; wrong settings are no reason to stay. Raises ControlSocketError, StateInUse.
    """
    try:
        loaded = settings.load(config, state_directory)
    except settings.SettingsError:
        from agent.salvage import salvaged

        loaded = salvaged(config, state_directory)
    return Agent(loaded, boot=False, leaves=True).leave()


class Agent:
    """The daemon. Its constructor refuses before it touches anything where another agent is at work."""

    page: PageService

    def __init__(self, loaded: Loaded, boot: bool, inbox: loop.Inbox | None = None, *, leaves: bool = False) -> None:
        """``leaves``: it is there to take back what was made; nothing is made before, and nothing is saved."""
        self.leaves = leaves
        self.settings = self._started_with = loaded.settings
        self._own_defaults = {
            **ms.DEFAULTS,
            **tr181.OWN_VALUES,
            **DISCOVERY_VALUES,
            **PRESET_VALUES,
            CONNECTION_REQUEST_PATH: "",
        }
        self.own = OwnValues(self._own_defaults, from_file(self.settings))
        self._transfer_secrets: Callable[[], Sequence[str]] = tuple
        self.features: Sequence[Feature] = ()
        self._kept_secrets = KeptSecrets(lambda name: self.redactor.is_secret(f"{self.model.root}{name}"))
        self.redactor = Redactor(self._is_secret, self._known_secrets)
        self.log_lines = log_to(self.settings.log.target, self.settings.log.level, self.redactor).lines
        for warning in loaded.warnings:
            log.warning("%s", warning)
        self.inbox = inbox or loop.Inbox()
        self.notifier = Notifier()
        self.restarts_as_booted = False
        self.upgrade: Upgrade | None = None
        self.going_down = GoingDown(self)
        self.way_to_acs = WayToAcs(self)
        self.connection_requests = ConnectionRequests(self)
        self.system_changes = SystemChanges(self)
        self._started_from = loaded.source
        self._load: Callable[[], Loaded] = lambda: loaded
        self._stop_watching = threading.Event()
        self._take_its_place(loaded)
        self._build_mechanisms()
        self._build_model()
        self._build_core(boot)

    def reload_with(self, load: Callable[[], Loaded]) -> None:
        """How SIGHUP reads the settings again."""
        self._load = load

    # -- building ---------------------------------------------------------------------------------------------------

    def _take_its_place(self, loaded: Loaded) -> None:
        """One agent for a state directory and for a control socket; raises StateInUse or ControlSocketError."""
        place = self.settings.state.directory
        try:
            self.store = (Unsaved if self.leaves else FileStore)(place, shapes(self._own_defaults, ACS_VALUES))
            self._claim = claim(place)
        except PermissionError:
            raise
        except OSError as refused:
            what = f"{place}: {refused.strerror}; it must be a directory, or a place where one can be made"
            raise loaded.refusal("state.directory", what) from None
        traces = self.settings.trace
        self.traces = TraceStore(
            self.settings.trace_directory(), self.redactor, sessions=traces.sessions, total_bytes=traces.bytes
        )
        self.strip = Strip(self.traces.sessions(), time.time)
        self.history = History(self.settings.trace_directory(), self.redactor.text)
        self.streams: dict[str, Stream] = late_streams(self)
        self.control = ControlServer(
            self.settings.control_socket(),
            lambda verb, arguments, answer: self.inbox.put(ControlAsked(verb, arguments, answer)),
            self.streams,
        )
        self.control.start()

    def _build_mechanisms(self) -> None:
        set_by_person = self.settings
        self.netlink, self.procfs, self.sysfs = Netlink(), Procfs(), Sysfs()
        self.system = System(
            reboot_command=set_by_person.system.reboot_command,
            factory_reset_command=set_by_person.system.factory_reset_command,
            restart=self._restart_as_booted,
        )
        self.reach = Reach(self.way_to_acs.route_to, lambda: str(self.own.get(ms.URL)), self.netlink.addresses)
        manage = set_by_person.network.manage
        self.network, builds = network_and_services(
            set_by_person.system.mechanisms, self.netlink, self.procfs, manage, self.way_to_acs.not_to_be_cut, Ethtool()
        )
        self.other_managers = OtherManagers()
        self.home_links = HomeLinks()
        given, proof = set_by_person.identity, set_by_person.ieee8021x
        services, links = self.settings.services_directory(), TunnelLinks()
        basic = Mechanisms(
            netlink=self.netlink,
            addresses=Addresses(self.netlink, installed_netifaces()),
            procfs=self.procfs,
            sysfs=self.sysfs,
            system=self.system,
            network=self.network,
            own=self.own,
            identity=Identity(given.manufacturer, given.oui, given.product_class, given.serial_number),
            credentials=Credentials(proof.client_certificate, proof.client_key, proof.ca_file),
            may_change_system=set_by_person.system.manage,
            links=Links(self.network),
            directory=services,
            state_directory=self.settings.state.directory,
            management_path=self.way_to_acs.not_to_be_cut,
            peek=self._peek,
            path_of=lambda target: self.model.instances.path_of(target.table, target.keys),
            gateway_told=self._gateway_told,
            own_ports=lambda: [(socket.IPPROTO_TCP, self.settings.connection_request.port)],
            module_rules=self._module_rules(),
            omci=set_by_person.omci if set_by_person.omci.device else None,
            installer=installer_of(set_by_person),
            firmware_told=told_by(lambda: self.upgrade),
            kernel_lacks=lacking(lambda kind: links.may_make() and links.has(kind)),
            history_file=self.history.path,
            backup_version=lambda: self.vendor.version(),  # noqa: PLW0108 - it is built later
            page=Page(
                lambda: self.settings.web.enable,
                lambda: self.page.port(),  # noqa: PLW0108 - it is built later
                lambda: not self.page.where()[1],
                lambda: self.page.where()[1],
            ),
        )
        self._take_preset(basic)
        self.machine = Machine(basic, builds)
        self.mechanisms = self.machine.mechanisms
        self.management_way = management_way(self.mechanisms, self.way_to_acs.interface, self._routers)
        self.faults = faults_of(self.mechanisms)
        if self.history.is_new():
            self.history.remember(self.faults.kept())
        self.faults.heard_by(self.history.noted)

    def _module_rules(self) -> ModuleRules | None:
        chosen = self.settings.modules
        if not chosen.enable:
            return None
        from backends.trusted_keys import TrustedKeys

        keys = TrustedKeys(self.settings.firmware.public_keys)
        return ModuleRules(None if chosen.unsigned else keys.verify, VERSION)

    def _take_preset(self, basic: Mechanisms) -> None:
        """What the firmware gives its devices; the settings file, then whoever sets a value, is stronger."""
        places = presets.directories(self._started_from, str(self.settings.preset.directory or ""))
        self.preset = PresetService(presets.find(places, lambda: who(basic)), lambda: presets.contents(places))
        self.settings = self.preset.settings(self.settings)
        self.preset.lay_under(self.own)

    def _peek(self, paths: Sequence[str]) -> dict[str, str]:
        """What parameters read as, for whoever is built before the model."""
        return self.model.peek(paths)

    def _build_model(self) -> None:
        self.schema = shipped_schema()
        objects = [
            *tr181.objects(self.mechanisms),
            *ms.management_server(self.schema.root, self.own, self.schema, self.connection_requests.url),
            *supported_data_model(lambda: self.model.tree, self.settings.services_directory()),
        ]
        extended = extensions.load(self.settings.extensions.directory, self.schema, objects, self.mechanisms)
        self.schema = extended.schema
        self._vendor_types = extended.file_types
        self.boot_id = self.procfs.boot_id()
        self.model = DataModel(
            self.schema,
            [*objects, *extended.objects],
            self.own,
            [self.network, *self.machine.backends],
            self._kept_secrets.seen_in(self.store),
            lambda: loop.moment().monotonic,
            forget=[
                self.netlink.forget,
                self.procfs.forget,
                self.sysfs.forget,
                self.system.forget,
                *self.machine.forget,
            ],
            addressing=Addressing(
                lambda: self.own.get("ManagementServer.InstanceMode") == "InstanceAlias",
                lambda: bool(self.own.get("ManagementServer.AutoCreateInstances")),
            ),
            boot_id=self.boot_id,
            committed=self._note_change,
        )
        self.model.settle = self.machine.settle
        self.discovery = Discovery(
            self.model,
            self.own,
            lambda: self.settings.discovery,
            self._ways_out,
            self._contact,
            loop.moment,
            LeaseEvents(str(self.settings.control_socket().parent), self.boot_id),
            self._acs_was_found,
            lambda: self.delivery.events.awaits_reboot,
            self._lease_changed,
            self._own_hosts,
            index_of,
        )

    def _build_core(self, boot: bool) -> None:
        now = loop.moment()
        before = self.store.read(STARTS)
        starts = Starts.read(before, self.boot_id).started(now.monotonic)
        self._save_quietly(STARTS, starts.document())
        if starts.are_too_many:
            self.model.read_only_reason = (
                "off: the agent has crashed repeatedly; stop it cleanly and start it again once the log has said why"
            )
            log.error("the agent has crashed repeatedly: it leaves the system as it is until a clean end")
        self._starts = starts
        self._bring_state_back()
        self.preset.begin(self.model, self.own)
        self._file_says()
        self.discovery.said(Source.PRESET, self.preset.offer())
        self.discovery.begin()
        self.management_way.apply()
        self._note_first_use(now)
        self.delivery = Delivery(self.store, self.boot_id, now)
        self._build_transfers()
        self.upgrade = self._firmware_upgrade()
        is_boot = self.delivery.started(boot, ms.acs_identity(self.own))
        if is_boot:
            self.going_down.came_up(was_clean=isinstance(before, dict) and not before.get("unclean"))
        if self.upgrade:
            self.upgrade.begin(is_boot=is_boot)
        who = device_identity(self.mechanisms)
        self.device_id = DeviceIdStruct(who.manufacturer, who.oui, who.product_class, who.serial_number)
        self.features = features(self)
        for feature in self.features:
            self.streams.update(feature.streams)
            feature.started(is_boot)
        self.lease_watches = LeaseWatches(
            self.mechanisms,
            Neighbour(who.oui, who.serial_number, who.product_class),
            lambda: self.discovery.asks,
            lambda: self.settings.discovery.interface or self.way_to_acs.interface(),
            lambda event: self.inbox.put(LeaseHeard(event)),
            self._stop_watching,
        )
        self.rpc = Rpc(
            self.model,
            self.delivery.events,
            self.delivery.scheduled,
            self.delivery.notifications,
            self.delivery.save,
            self.redactor.known_masked,
            transfers=self.transfers.requests,
            units=units_of(self.features),
        )
        self.refused_logins = RefusedLogins(
            lambda source, text: self.faults.happened("refused", source, text),
            FAULT,
            lambda: self.inbox.put(InTurn(lambda _now: None)),
        )
        self.workers = Workers(
            self.inbox,
            self._connect,
            self.connection_requests.listening,
            self.connection_requests.credentials,
            self.going_down.reboot,
            self.going_down.factory_reset,
            self._reload,
            self._session_ended,
            self.refused_logins.refused,
        )
        self.page = PageService(
            self.store,
            PageSurroundings(
                self._web,
                lambda: filter(None, [self.settings.network.management_interface]),
                lambda: filter(None, [self.settings.discovery.interface]),
                self.leased_links,
                self._served,
                self._home,
                self.netlink,
                str(self.settings.control_socket()),
                lambda source, text: self.faults.happened("refused", source, text),
                self._device_facts,
                self._page_asks,
            ),
        )
        self.workers.perform(Listen())  # the first Inform says where
        self.parts = self._parts()
        self.core = Core(self.parts, now)

    def save_all(self) -> None:
        """Make durable what the ACS is to be told, then the model."""
        self._save()
        self._save_model()

    def _build_transfers(self) -> None:
        """Before the delivery is started: it asks what became of transfers."""
        self.transfers = TransferService(
            self.delivery,
            TransferSurroundings(
                self.own,
                self.url_policy,
                self.way_to_acs.of_files,
                self._octets,
                loop.moment,
                self.faults.happened,
                self.redactor.text,
            ),
        )
        self._transfer_secrets = lambda: self.transfers.secrets
        self._build_vendor_files()

    def _build_vendor_files(self) -> None:
        """The configuration and logs as files, and what extensions have of their own."""
        place, settings_of = self.settings.state.directory, self.settings.system.mechanisms
        self.vendor = VendorConfiguration(
            VendorGiven(
                lambda: self.model,
                place,
                lambda name: self.redactor.is_secret(f"{self.model.root}{name}"),
                shapes(self._own_defaults, ACS_VALUES)["model"],
                lambda: (self.settings.backup.secrets, self.settings.backup.passphrase),
                self._device_facts,
                "openwrt" if is_openwrt(settings_of, Path("/")) else "linux",
                lambda: loop.moment().wall,
                self._acs_was_found,
                left_alone=lambda: () if self.settings.system.manage else ("system",),
            )
        )
        parts = VendorParts(
            self.vendor.file,
            lambda work: self.inbox.ask(lambda _now: work(), PUT_IN_FORCE_WITHIN),
            self.settings.services_directory().parent / "downloads",
            self.history.content,
            str(self.history.path),
            self.redactor.text,
            self._row_of,
            note=lambda text: self.faults.happened("configured", "", text),
        )
        register_types(self.transfers.types, parts)
        self.extensions_refused = register_vendors(self.transfers.types, self._vendor_types)

    def _row_of(self, table: str, number: int) -> str:
        """The key of a row by its number, "" where there is none."""
        self.model.present([table], Caller.LOCAL)
        return self.model.instances.key_of(table, number) or ""

    def _parts(self) -> Parts:
        chance = random.SystemRandom().random
        device = Device(
            self._device_facts,
            self.connection_requests.facts,
            lambda: self.transfers.status(self.faults.events(HISTORY)),
        )
        self.model_verbs = ModelVerbs(
            self.model,
            self._changed_by_person,
            Profiles(GATEWAY_PROFILES, Reasons(reasons(self.mechanisms)).of),
            self.discovery.for_its_host_only,
        )
        verbs = Verbs(
            lambda: self.parts,
            self.model_verbs,
            device,
            self._examination,
            self.redactor,
            {
                **late_verbs(self),
                **self.page.table,
                **self.preset.table,
                **{name: verb for feature in self.features for name, verb in feature.verbs.items()},
            },
        )
        owners = [one for feature in self.features for one in feature.outbox]
        return Parts(
            model=self.model,
            events=self.delivery.events,
            notifications=self.delivery.notifications,
            retries=Retries(),
            calendar=Calendar(
                lambda: ms.periodic_inform(self.own),
                lambda: ms.heartbeat_policy(self.own),
                self.delivery.scheduled,
                Recurring(chance()),
                Heartbeat(chance()),
            ),
            commit_confirm=CommitConfirm(
                self.model, self.settings.network.confirm_within, self.system_changes.nothing_waits
            ),
            policy=self._policy,
            inform=self._inform,
            answer=self._answer,
            save=self._save,
            control=verbs.answer,
            oui=lambda: self.device_id.oui,
            chance=chance,
            acs_met=self.reach.met,
            way=self.way_to_acs.stamp,
            system_changed=self.system_changes.heard,
            lease_heard=self.discovery.heard,
            housekeeping=Housekeeping(
                [
                    *self.machine.chores,
                    *([self.upgrade] if self.upgrade else []),
                    self.refused_logins,
                    *(one for feature in self.features for one in feature.chores),
                    self.discovery,
                    self.page,
                    self.connection_requests.door(),
                    ListenAgain(lambda: self.workers.problem, lambda: self.workers.perform(Listen())),
                ],
                self._save_model,
                self.model.forget,
            ),
            planned_reboot=PlannedReboot(
                lambda: int(self.own.get(DELAY_REBOOT)), lambda: str(self.own.get(SCHEDULE_REBOOT))
            ),
            outbox=Outbox([self.transfers.requests, *owners], self.delivery.events),
            operations=[self.transfers.operation, *(one for each in self.features for one in each.operations)],
            boot_delay=self.settings.inform.boot_delay * chance(),
            last_session=self.traces.last_number(),
        )

    def _bring_state_back(self) -> None:
        """The saved document, or what every version can read of it; then the system as it was configured."""
        if not self.model.load(self._apply_what_was_configured):
            if self.store.read(DELIVERY) is not None:
                with contextlib.suppress(OSError):  # the store has said so in the log
                    self.store.remove(DELIVERY)  # to the ACS it is a new device, whatever it was told before
            self.begin_anew()
        last_good = self.store.read(LAST_GOOD_ACS) or {}
        if last_good.get(ms.URL) == self.own.get(ms.URL):
            self.reach.met(str(last_good.get(ACS_ADDRESS, "")))

    def _apply_what_was_configured(self) -> None:
        if self.model.read_only_reason or self.leaves:
            return
        begun = loop.moment().monotonic
        self.machine.apply_at_start(self.network.apply_at_start)
        log.debug("what was configured holds after %.3f s", loop.moment().monotonic - begun)

    def _note_first_use(self, now: Moment) -> None:
        """TR-181, FirstUseDate: the network is there and the time is known, for the first time."""
        if self.own.get(FIRST_USE_DATE) or now.wall is None or self.reach.route() is None:
            return
        self.own.begin()
        self.own.stage(FIRST_USE_DATE, iso(now.wall))
        self.own.commit()
        self._save_model()

    def begin_anew(self) -> None:
        """A new device, or one whose document cannot be used: credentials of its own, the ACS that it had."""
        begin_anew(self.own, self.store.read(LAST_GOOD_ACS) or {})
        self._save_model()

    # -- what the core asks for -------------------------------------------------------------------------------------

    def _policy(self) -> Policy:
        get = self.own.get
        return Policy(
            acs=ms.acs_identity(self.own),
            retry_minimum_wait=get("ManagementServer.CWMPRetryMinimumWaitInterval"),
            retry_multiplier=get("ManagementServer.CWMPRetryIntervalMultiplier"),
            throttle=get("ManagementServer.DefaultActiveNotificationThrottle"),
            is_enabled=get(ms.ENABLE_CWMP),
        )

    def _inform(self, events: tuple[Event, ...], retry_count: int, now: Moment) -> Inform:
        return inform(
            self.model,
            self.device_id,
            events,
            changed=self.delivery.events.changed_paths,
            chosen=ms.inform_parameters(self.own),
            retry_count=retry_count,
            current_time=local_time(now),
        )

    def _answer(self, request: Request, now: Moment) -> Response | Fault:
        return self.rpc.answer(request, Clocks(now.monotonic, now.wall))

    def _save(self) -> None:
        try:
            self.delivery.save()
            acs = {name: self.own.get(name) for name in ACS_VALUES}
            if by := self.own.set_by(ms.URL):
                acs[SET_BY] = by
            self.store.write(LAST_GOOD_ACS, {"version": 1, **acs, ACS_ADDRESS: self.reach.acs_address})
        except OSError as failure:
            log.debug("what the ACS still has to hear could not be saved: %s", failure)

    def _save_model(self) -> None:
        try:
            self.model.save()
        except OSError as failure:
            log.debug("the data model's state could not be saved: %s", failure)

    def _note_change(self, caller: str, done: Sequence[str]) -> None:
        """A change of the configuration is part of the history of faults, without values and diagnostics."""
        done = [one for one in done if not one.endswith(".DiagnosticsState")]
        if not done:
            return
        more = f" and {len(done) - 1} more" if len(done) > 1 else ""
        edits = "; ".join(done[:MOST_TOLD]) if more else ""
        text = f"by {caller}: {done[0]}{more}"
        self.faults.happened("configured", "", text, caller=caller, changes=len(done), edits=edits)
        if any(ENABLE.partition(".")[0] in one for one in done):
            self._page_as_the_acs_wants()
        elif any(f".{part}" in one for one in done for part in PAGE_ASKS_OF):
            self.page.follow()
        self.preset.changed(caller, done)

    def _web(self) -> settings.Web:
        web = self.settings.web
        return web if self.own.get(ENABLE) else replace(web, enable=False)

    def _page_as_the_acs_wants(self) -> None:
        """UserInterface: whether it is served, and that its password is to be another one."""
        if self.own.get(PASSWORD_RESET) and not self.model.awaits_application:
            self.page.access.forget()
            self.own.begin()
            self.own.stage(PASSWORD_RESET, False)
            self.own.commit()
            self._save_model()
        self.page.follow()

    def _save_quietly(self, name: str, document: Any) -> None:
        try:
            self.store.write(name, document)
        except OSError as failure:
            log.debug("%s could not be saved: %s", name, failure)

    # -- workers ----------------------------------------------------------------------------------------------------

    def _connect(self, number: int, events: tuple[str, ...]) -> AcsSession:
        endpoint = self.way_to_acs.endpoint()
        trace = self.traces.open(number, shown_url(endpoint.url), events)
        self.strip.begun(number, events)
        return AcsSession(
            number,
            endpoint,
            self.inbox.put,
            trace,
            describe=lambda envelope: describe(envelope, self.redactor.is_secret),
            resolve=self.way_to_acs.resolver(),
            wall_clock_trusted=loop.moment().wall is not None,
        )

    def url_policy(self) -> UrlPolicy:
        """With which file servers files may be exchanged."""
        allowed = self.settings.transfers
        return UrlPolicy(allowed.schemes, allowed.hosts, allowed.laboratory, tuple(homes(self.mechanisms)))

    def _octets(self) -> int:
        """What all links have carried so far."""
        self.netlink.forget()
        return sum(one.counters.rx_bytes + one.counters.tx_bytes for one in self.netlink.links() if not one.loopback)

    # -- firmware and settings ----------------------------------------------------------------------------------------

    def _firmware_upgrade(self) -> "Upgrade | None":
        if self.mechanisms.installer is None:
            return None
        from agent.firmware import build  # a machine where nothing installs images does not load it

        return build.upgrade(
            self.mechanisms,
            self.settings,
            self.store,
            self.transfers,
            build.Daemon(
                lambda work: self.inbox.ask(lambda _now: work()),
                self.going_down.restart_between_sessions,
                lambda: loop.moment().monotonic,
                self.faults.happened,
            ),
        )

    def _session_ended(self, number: int, outcome: str) -> None:
        self.strip.ended(number, outcome)
        if self.upgrade and outcome == "complete":
            self.upgrade.session_finished()

    def _restart_as_booted(self) -> None:
        self.restarts_as_booted = True
        self.inbox.put(Stop("it is to start again as if booted"))

    def _reload(self) -> None:
        try:
            loaded = self._load()
        except settings.SettingsError as wrong:
            log.error("the settings stay as they are: %s", wrong)
            return
        for warning in loaded.warnings:
            log.warning("%s", warning)
        if waiting := settings.waiting_for_a_start(self._started_with, loaded.settings):
            log.warning("these settings are taken over by the next start of the agent: %s", ", ".join(waiting))
        if waiting := self.preset.changed_files():
            log.warning("these presets are taken over by the next start of the agent: %s", ", ".join(waiting))
        self.settings = self.preset.settings(loaded.settings)
        self.parts.commit_confirm.seconds = self.settings.network.confirm_within
        logging.getLogger().setLevel(self.settings.log.level.upper())
        before = str(self.own.get(ms.URL)), str(self.own.get(ms.PASSWORD))
        self.own.reload(from_file(self.settings))
        if self.discovery.file_was_read(*before):
            log.warning("another host is the ACS: the password kept for the one before is forgotten")
            self._save_model()
        self._file_says()
        self.network.manage_only(self.settings.network.manage)
        self._watch_leases()
        self.system_changes.heard(frozenset({"everything"}))
        self.core.settings_changed()
        self.inbox.put(Changed(frozenset({"own"})))  # the core's turn: another ACS, another listener
        log.info("the settings were read again")

    def _changed_by_person(self) -> None:
        self.core.settings_changed()

    # -- where the ACS comes from -----------------------------------------------------------------------------------

    def _routers(self, link: str) -> list[str]:
        return self.discovery.leases.routers(link)

    def leased_links(self) -> set[str]:
        """The links on which this machine is somebody's DHCP client."""
        return self.discovery.leases.links()

    def _home(self) -> Collection[str]:
        """The links that look like the home's."""
        netlink = self.netlink
        return self.home_links.now(netlink.links(), netlink.routes(), netlink.addresses(), self._served())

    def _served(self) -> Collection[str]:
        """The links on which this machine gives addresses to others."""
        return self.mechanisms.lan.links_served() if self.mechanisms.lan else ()

    def _lease_changed(self, link: str) -> None:
        if link == self.way_to_acs.interface():
            self.netlink.forget()
            self.management_way.apply()
            self.inbox.put(Changed(frozenset({"lease"})))  # the core's turn: it may name other servers

    def _ways_out(self) -> dict[int, tuple[str, ...]]:
        """The links whose leases may name the ACS, by family."""
        chosen = self.settings.discovery.interface or self.way_to_acs.interface()
        try:
            return ways_out(self.netlink.routes(), chosen, self._home())
        except MechanismError as silent:
            log.debug("which way leads out is not known now: %s", silent)
            return {}

    def _contact(self) -> Contact:
        return Contact(self.parts.retries.count, self.core.failing_since, self.core.has_answered)

    def _file_says(self) -> None:
        url = self.settings.acs.url
        self.discovery.said(Source.FILE, Offer(Source.FILE, self._started_from, url=url) if url else None)

    def _watch_leases(self) -> None:
        if self.discovery.has_a_say:
            self.lease_watches.begin()

    def _acs_was_found(self) -> None:
        self.core.settings_changed()
        self.inbox.put(Changed(frozenset({"own"})))  # the core's turn: another ACS, another listener

    def _gateway_told(self) -> Named | None:
        told = self.discovery.neighbour()
        return Named(told.oui, told.serial_number, told.product_class) if told else None

    # -- what people see --------------------------------------------------------------------------------------------

    def _device_facts(self) -> dict[str, str]:
        one = self.device_id
        return {
            "manufacturer": one.manufacturer,
            "oui": one.oui,
            "product_class": one.product_class,
            "serial_number": one.serial_number,
            "agent": VERSION,
            "address": self.reach.own_address(),
            **({"advice": self.discovery.advice} if self.discovery.advice else {}),
        }

    def _examination(self, status: dict[str, Any]) -> dict[str, Any]:
        from agent.self_examination import self_examination  # only when somebody asks

        return self_examination(self, status)

    def _is_secret(self, path: str) -> bool:
        return self.schema.is_secret(path)

    def _own_hosts(self) -> Iterator[str]:
        """This machine's names and addresses."""
        name = socket.gethostname().lower()
        yield from filter(None, (name, name.partition(".")[0]))
        with contextlib.suppress(MechanismError):
            yield from (one.address.partition("%")[0] for one in self.netlink.addresses())

    def _known_secrets(self) -> list[str]:
        own = [str(self.own.get(f"ManagementServer.{name}")) for name in ("Password", "ConnectionRequestPassword")]
        own.append(self.settings.backup.passphrase)
        return [
            *own,
            *self._kept_secrets.texts,
            *self._transfer_secrets(),
            *(text for feature in self.features for text in feature.secrets()),
        ]

    def _page_asks(self) -> tuple[Mapping[str, Verb], Live]:
        from agent import page_asks  # only when somebody looks

        wifi = self.mechanisms.wifi
        return page_asks.asks(
            page_asks.Parts(
                self.model,
                self.model_verbs,
                self.log_lines,
                self.strip,
                self.netlink,
                self.procfs,
                wifi.nl80211 if wifi else None,
                lambda: Path(self._started_from),
                lambda: self.inbox.put(Reload()),
                lambda name: bool(self.own.get(name)),
            )
        )

    # -- running ----------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Serve until stopped; the exit code. A restart asked for by Reboot or FactoryReset does not return."""
        for name, watch in {"netlink": self.netlink.watch, **self.machine.watches, **self._bus()}.items():
            threading.Thread(target=self._watch, args=(watch,), name=name, daemon=True).start()
        self._watch_leases()
        slim_data_classes()  # those that were loaded since
        give_back()
        gc.enable()
        gc.freeze()  # what is there now stays: collecting after each session need not look at it
        log.info("cpe-agent %s runs; ACS %s", VERSION, shown_url(self.own.get(ms.URL)) or "not configured")
        self._page_as_the_acs_wants()
        self.notifier.ready()
        try:
            watched = self.notifier.watchdog_seconds / 2 or loop.LONGEST_WAIT
            longest_wait = min(watched, loop.LONGEST_WAIT)
            loop.run(self.core, self.inbox, self.workers.perform, self.notifier.watchdog, longest_wait)
        finally:
            self.notifier.stopping()
            self._stop_watching.set()
            self.page.stop()
            self.control.stop()
            self.workers.close()
            self.refused_logins.act(inf)
            self._save()
        self._save_quietly(STARTS, self._starts.ended().document())  # an exception is a crash: it counts
        if self.restarts_as_booted:
            _start_again()
        return 0

    def _bus(self) -> dict[str, Watch]:
        """The agent's object on OpenWrt's bus; nothing of it is loaded where there is no bus."""
        place = self.settings.bus_socket()
        if place is None:
            return {}
        from agent.ubus_object import UbusObject

        ask = self.inbox.put
        return {"ubus": UbusObject(place, lambda *asked: ask(ControlAsked(*asked)), self.streams["sessions"]).watch}

    def leave(self) -> int:
        """Take back what was made; the exit code."""
        try:
            self.model.forget_everything()
        finally:
            self.page.stop()
            self.control.stop()
            self.workers.close()
        return 0

    def _watch(self, watch: Watch) -> None:
        while not self._stop_watching.is_set():
            try:
                watch(lambda topics: self.inbox.put(Changed(topics)), self._stop_watching)
            except Exception:
                log.exception("the system's changes are not seen for a moment")
                self._stop_watching.wait(5.0)
                self.inbox.put(Changed(frozenset({"everything"})))


def _hear_signals(inbox: loop.Inbox) -> None:
    """Signals become events at once: a handler would run late when its signal comes just before the owner waits."""
    events: dict[int, Stop | Reload] = {one: Stop(one.name) for one in (signal.SIGTERM, signal.SIGINT)}
    events[signal.SIGHUP] = Reload()
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    for number in events:
        signal.signal(number, lambda *_: None)

    def listen() -> None:
        while number := os.read(told, 1):
            if number[0] in events:
                inbox.put(events[number[0]])

    threading.Thread(target=listen, name="signals", daemon=True).start()


def _start_again() -> None:
    """Replace this process by a new run of the agent that reports as after a boot."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--boot"]
    os.execv(sys.executable, [sys.executable, "-m", "agent", *arguments, "--boot"])  # noqa: S606 - no shell is what is wanted
